/** What the fast path needs of a transport. Implemented over HTTP/1.1 and over HTTP/2. */

export interface WireRequest {
  readonly protocol: "http:" | "https:";
  readonly hostname: string;
  readonly port: number | undefined;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /**
   * Called at most once, when every byte of the body is with the kernel: its memory may be used
   * again. Never called for a request that was given up before.
   */
  readonly onWritten?: (() => void) | undefined;
  /** A longer answer is none of the service's. */
  readonly maxAnswerBytes: number;
}

export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** Whether bytes of the request may have left this machine. */
export interface Progress {
  sent: boolean;
}

export interface Wire {
  /**
   * Sends once. Rejects on every network error and when `signal` aborts; by then the request holds
   * no socket, timer or listener any more.
   */
  send(request: WireRequest, signal: AbortSignal, progress: Progress): Promise<WireAnswer>;
  close(): void;
}

export class AnswerTooLarge extends Error {
  override readonly name = "AnswerTooLarge";

  constructor(maxBytes: number) {
    super(`more than ${maxBytes} bytes`);
  }
}
