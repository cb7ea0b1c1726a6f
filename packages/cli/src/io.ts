/** What a command may touch of its process. Tests give their own. */

import type { Readable, Writable } from "node:stream";
import { type Clock, deferred, type Random, systemClock, systemRandom } from "@shardline/model";
import type { Environment } from "./args/parse.ts";
import { StoppedError } from "./errors.ts";

export interface Io {
  readonly env: Environment;
  readonly stdin: Readable;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly clock: Clock;
  readonly random: Random;
  /** Calls `listener` for each SIGINT or SIGTERM until the returned function is called. */
  onStopSignal(listener: (signal: NodeJS.Signals) => void): () => void;
}

/** A stream of text that knows back-pressure and outlives its reader (`| head`) in peace. */
export class Output {
  readonly #stream: Writable;
  readonly #gone = new AbortController();
  /** For all writes that wait. */
  #drained: Promise<void> | undefined;
  readonly isTty: boolean;

  constructor(stream: Writable, isTty: boolean) {
    this.#stream = stream;
    this.isTty = isTty;
    // EPIPE and the like: nobody reads any more, which is no failure of ours.
    stream.on("error", () => this.#gone.abort());
  }

  /** Aborts when the reader has gone. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /** Resolves when more may be written; at once if the reader has gone. */
  async write(text: string): Promise<void> {
    if (this.#gone.signal.aborted || this.#stream.write(text)) return;
    this.#drained ??= new Promise<void>((resolve) => {
      const done = (): void => {
        this.#drained = undefined;
        this.#stream.off("drain", done);
        this.#gone.signal.removeEventListener("abort", done);
        resolve();
      };
      this.#stream.once("drain", done);
      this.#gone.signal.addEventListener("abort", done, { once: true });
    });
    await this.#drained;
  }

  line(text: string): Promise<void> {
    return this.write(`${text}\n`);
  }

  /** Resolves when all is handed to the system: a process may then end without cutting it off. */
  async flush(): Promise<void> {
    if (this.#gone.signal.aborted) return;
    await new Promise<void>((resolve) => {
      this.#gone.signal.addEventListener("abort", () => resolve(), { once: true });
      this.#stream.write("", () => resolve());
    });
  }
}

export function processIo(): Io {
  return {
    env: process.env,
    stdin: process.stdin,
    stdout: new Output(process.stdout, process.stdout.isTTY === true),
    stderr: new Output(process.stderr, process.stderr.isTTY === true),
    clock: systemClock,
    random: systemRandom,
    onStopSignal(listener): () => void {
      process.on("SIGINT", listener);
      process.on("SIGTERM", listener);
      return () => {
        process.off("SIGINT", listener);
        process.off("SIGTERM", listener);
      };
    },
  };
}

export interface Stop {
  /** Aborts at the first SIGINT or SIGTERM, or when the reader of stdout has gone. */
  readonly signal: AbortSignal;
  /** Resolves at the next one. */
  readonly again: Promise<void>;
  dispose(): void;
}

export function stopSignal(io: Io): Stop {
  const controller = new AbortController();
  const again = deferred<void>();
  const stop = (): void => {
    if (controller.signal.aborted) again.resolve();
    else controller.abort();
  };
  const off = io.onStopSignal(stop);
  io.stdout.gone.addEventListener("abort", stop, { once: true });
  if (io.stdout.gone.aborted) stop();
  return {
    signal: controller.signal,
    again: again.promise,
    dispose(): void {
      off();
      io.stdout.gone.removeEventListener("abort", stop);
    },
  };
}

/**
 * For what comes before a command's work: as `preparing` settles, unless it is stopped first.
 * @throws StoppedError
 */
export function unlessStopped<T>(signal: AbortSignal, preparing: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(new StoppedError("stopped"));
    signal.addEventListener("abort", onAbort, { once: true });
    preparing.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
    if (signal.aborted) onAbort();
  });
}
