/**
 * HTTP/2 over a fixed set of sessions to each host. A session that failed, was told to go away or
 * left a request without an answer gets no new streams; it ends with its last stream.
 */

import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from "node:http2";
import {
  AnswerTooLarge,
  type Progress,
  type Wire,
  type WireAnswer,
  type WireRequest,
} from "./wire.ts";

export interface Http2WireOptions {
  /** To one host at most. */
  readonly maxSessions: number;
}

/**
 * What Node.js may buffer for one session. Its default of 10 MB ends streams with ENHANCE_YOUR_CALM
 * as soon as two large requests share a session.
 */
const MAX_SESSION_MEMORY_MB = 128;

/**
 * What a peer may send before we say more: by Node.js' default of 64 KiB an answer of 14 MB would take
 * more than 200 round trips.
 */
const WINDOW_BYTES = 4 * 1024 * 1024;

interface Session {
  readonly http2: ClientHttp2Session;
  streams: number;
  retired: boolean;
}

export function http2Wire(options: Http2WireOptions): Wire {
  return new Http2Wire(options);
}

class Http2Wire implements Wire {
  readonly #maxSessions: number;
  readonly #pools = new Map<string, Set<Session>>();

  constructor({ maxSessions }: Http2WireOptions) {
    this.#maxSessions = maxSessions;
  }

  async send(request: WireRequest, signal: AbortSignal, progress: Progress): Promise<WireAnswer> {
    signal.throwIfAborted();
    const session = this.#pick(request);
    const { host: authority, ...headers } = request.headers;
    if (session.streams++ === 0) session.http2.ref();
    try {
      const stream = session.http2.request({
        ...headers,
        ":method": "POST",
        ":path": request.path,
        ":scheme": request.protocol.slice(0, -1),
        ":authority": authority,
      });
      watchSent(session, progress);
      if (request.onWritten !== undefined) stream.once("finish", request.onWritten);
      stream.end(request.body);
      return await collect(stream, request, signal);
    } catch (error) {
      // It may be half dead: others' streams go on, new ones are opened elsewhere.
      this.#retire(request, session);
      throw error;
    } finally {
      if (--session.streams === 0) {
        session.http2.unref();
        // No stream is left to lose; a graceful close could wait for a peer that is gone.
        if (session.retired) session.http2.destroy();
      }
    }
  }

  close(): void {
    for (const pool of this.#pools.values()) {
      for (const { http2 } of pool) http2.destroy();
    }
    this.#pools.clear();
  }

  /** An idle session, else a new one while there may be more, else the least busy. */
  #pick(request: WireRequest): Session {
    const origin = originOf(request);
    let pool = this.#pools.get(origin);
    if (pool === undefined) {
      pool = new Set();
      this.#pools.set(origin, pool);
    }
    let least: Session | undefined;
    for (const session of pool) {
      if (least === undefined || session.streams < least.streams) least = session;
    }
    if (least !== undefined && (least.streams === 0 || pool.size >= this.#maxSessions))
      return least;
    const session: Session = {
      http2: connect(origin, {
        maxSessionMemory: MAX_SESSION_MEMORY_MB,
        settings: { initialWindowSize: WINDOW_BYTES, enablePush: false },
      }),
      streams: 0,
      retired: false,
    };
    const retire = (): void => this.#retire(request, session);
    // Of all its streams together.
    session.http2.once("connect", () => session.http2.setLocalWindowSize(WINDOW_BYTES));
    session.http2.once("goaway", retire);
    session.http2.once("close", retire);
    // The streams get the error too; without a listener it would be uncaught.
    session.http2.on("error", retire);
    pool.add(session);
    return session;
  }

  #retire(request: WireRequest, session: Session): void {
    session.retired = true;
    this.#pools.get(originOf(request))?.delete(session);
  }
}

function originOf({ protocol, hostname, port }: WireRequest): string {
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  return `${protocol}//${host}${port === undefined ? "" : `:${port}`}`;
}

/** Streams wait for the connection: until then nothing was sent. */
function watchSent({ http2 }: Session, progress: Progress): void {
  if (!http2.connecting) progress.sent = true;
  else {
    http2.once("connect", () => {
      progress.sent = true;
    });
  }
}

function collect(
  stream: ClientHttp2Stream,
  { maxAnswerBytes: maxBytes, onWritten }: WireRequest,
  signal: AbortSignal,
): Promise<WireAnswer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    let status = 0;
    let headers: WireAnswer["headers"] = {};
    let ended = false;
    const fail = (error: unknown): void => {
      signal.removeEventListener("abort", onAbort);
      reject(error);
      // Node.js says of a cancelled stream too that it finished.
      if (onWritten !== undefined) stream.off("finish", onWritten);
      stream.close(constants.NGHTTP2_CANCEL);
    };
    const onAbort = (): void => fail(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    stream.once("response", (received) => {
      status = received[":status"] ?? 0;
      headers = received;
    });
    stream.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) fail(new AnswerTooLarge(maxBytes));
      else chunks.push(chunk);
    });
    stream.on("error", fail);
    stream.once("end", () => {
      ended = true;
    });
    stream.once("close", () => {
      if (!ended || status === 0 || stream.rstCode !== constants.NGHTTP2_NO_ERROR) {
        fail(new StreamClosed(stream.rstCode));
        return;
      }
      signal.removeEventListener("abort", onAbort);
      resolve({ status, headers, body: Buffer.concat(chunks, bytes) });
    });
  });
}

class StreamClosed extends Error {
  readonly code: string;

  constructor(rstCode: number | undefined) {
    super("the HTTP/2 stream was closed before its answer");
    const refused = rstCode === constants.NGHTTP2_REFUSED_STREAM;
    this.code = refused ? "NGHTTP2_REFUSED_STREAM" : "ECONNRESET";
  }
}
