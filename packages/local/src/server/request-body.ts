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
  | { readonly kind: "whole"; readonly bytes: Buffer }
  | { readonly kind: "too large" }
  /** The client went away before the end, or took too long. */
  | { readonly kind: "broken" };

/** A client that hears 413 only after sending everything is listened to for this many times the bound. */
const DISCARD_FACTOR = 4;

/** Reads the whole body, or stops at the bound. Never rejects. */
export function readBody(request: WireRequest, maxBytes: number = MAX_BODY_BYTES): Promise<Body> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const settle = (body: Body): void => {
      clearTimeout(timeout);
      request.off("data", onData).off("end", onEnd).off("close", onClose);
      resolve(body);
    };
    const onData = (chunk: Buffer): void => {
      length += chunk.length;
      if (length > maxBytes) {
        settle({ kind: "too large" });
        discard(request, DISCARD_FACTOR * maxBytes);
      } else {
        chunks.push(chunk);
      }
    };
    const onEnd = (): void => {
      const [only] = chunks;
      const bytes = chunks.length === 1 && only ? only : Buffer.concat(chunks, length);
      settle({ kind: "whole", bytes });
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

function discard(request: WireRequest, maxBytes: number): void {
  let length = 0;
  request.on("data", (chunk: Buffer) => {
    length += chunk.length;
    if (length > maxBytes) request.destroy();
  });
}
