import { type Lent, SpareBuffers } from "./spare-buffers.ts";
import type { WireRequest } from "./wire-port.ts";

/**
 * The largest body that a valid request can have: 10 MiB of data in base64 (PutRecords), and room
 * for 500 partition keys and the JSON around them.
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
 */
export const MAX_BODY_BYTES: number = Math.ceil((10 * 1024 * 1024 * 4) / 3) + 2 * 1024 * 1024;

/** 10 MiB in two minutes is 85 KiB/s. node:http has such a bound of its own, node:http2 has not. */
const BODY_TIMEOUT_MS = 120_000;

export type Body =
  /** To be released when nothing refers to the bytes any more, or never. */
  | { readonly kind: "whole"; readonly bytes: Buffer; release(): void }
  | { readonly kind: "too large" }
  /** The client went away before the end, or took too long. */
  | { readonly kind: "broken" };

/** A client that hears 413 only after sending everything is listened to for this many times the bound. */
const DISCARD_FACTOR = 4;

/** Reads the whole body, or stops at the bound. Never rejects. */
export function readBody(request: WireRequest, maxBytes: number = MAX_BODY_BYTES): Promise<Body> {
  return new Promise((resolve) => {
    const received = new Received(Math.min(announcedBytes(request), maxBytes));
    const settle = (body: Body): void => {
      clearTimeout(timeout);
      request.off("data", onData).off("end", onEnd).off("close", onClose);
      if (body.kind !== "whole") received.release();
      resolve(body);
    };
    const onData = (chunk: Buffer): void => {
      if (received.length + chunk.length > maxBytes) {
        settle({ kind: "too large" });
        discard(request, DISCARD_FACTOR * maxBytes);
      } else {
        received.add(chunk);
      }
    };
    const onEnd = (): void => {
      settle({ kind: "whole", bytes: received.bytes(), release: () => received.release() });
    };
    const onClose = (): void => settle({ kind: "broken" });
    const timeout = setTimeout(() => {
      settle({ kind: "broken" });
      request.destroy();
    }, BODY_TIMEOUT_MS);
    timeout.unref();
    request.on("data", onData).on("end", onEnd).on("close", onClose);
    request.on("error", () => {});
  });
}

function announcedBytes(request: WireRequest): number {
  const length = Number(request.headers["content-length"] ?? 0);
  return Number.isSafeInteger(length) && length > 0 ? length : 0;
}

const spares: SpareBuffers = new SpareBuffers();

/** What came so far, in one buffer from the start. */
class Received {
  length = 0;
  #lent: Lent | undefined;
  readonly #announcedBytes: number;

  constructor(announcedBytes: number) {
    this.#announcedBytes = announcedBytes;
  }

  add(chunk: Buffer): void {
    const needed = this.length + chunk.length;
    if (this.#lent === undefined || this.#lent.buffer.length < needed) {
      const larger = spares.lend(Math.max(needed, this.#announcedBytes, 2 * this.length));
      this.#lent?.buffer.copy(larger.buffer, 0, 0, this.length);
      this.release();
      this.#lent = larger;
    }
    chunk.copy(this.#lent.buffer, this.length);
    this.length = needed;
  }

  bytes(): Buffer {
    return this.#lent?.buffer.subarray(0, this.length) ?? Buffer.alloc(0);
  }

  release(): void {
    this.#lent?.giveBack();
    this.#lent = undefined;
  }
}

function discard(request: WireRequest, maxBytes: number): void {
  let length = 0;
  request.on("data", (chunk: Buffer) => {
    length += chunk.length;
    if (length > maxBytes) request.destroy();
  });
}
