/**
 * Record data as a request has it: base64 text from JSON, bytes from CBOR or from memory. It is
 * stored, and given back, as bytes.
 */
export type Payload = string | Uint8Array | ByteRange;

/** Bytes from `begin` until `end` of a memory that they share: a fraction of what a view of it costs. */
export class ByteRange {
  readonly memory: Buffer;
  readonly begin: number;
  readonly end: number;

  constructor(memory: Buffer, begin: number, end: number) {
    this.memory = memory;
    this.begin = begin;
    this.end = end;
  }

  get length(): number {
    return this.end - this.begin;
  }

  view(): Uint8Array {
    return this.memory.subarray(this.begin, this.end);
  }
}

export function isBytes(value: unknown): value is Uint8Array | ByteRange {
  return value instanceof ByteRange || value instanceof Uint8Array;
}

/** Length of the bytes that the payload stands for. */
export function payloadLength(payload: Payload): number {
  if (typeof payload !== "string") return payload.length;
  const { length } = payload;
  if (length === 0) return 0;
  const padding =
    payload.charCodeAt(length - 1) !== EQUALS
      ? 0
      : payload.charCodeAt(length - 2) !== EQUALS
        ? 1
        : 2;
  return (length * 3) / 4 - padding;
}

export function payloadBytes(payload: Payload): Uint8Array {
  if (typeof payload === "string") return Buffer.from(payload, "base64");
  return payload instanceof ByteRange ? payload.view() : payload;
}

/** Writes the bytes at `at`, where there must be room for them; returns how many. */
export function writePayload(payload: Payload, target: Buffer, at: number): number {
  if (typeof payload === "string") return target.write(payload, at, "base64");
  if (payload instanceof ByteRange) {
    return payload.memory.copy(target, at, payload.begin, payload.end);
  }
  target.set(payload, at);
  return payload.length;
}

export function payloadBase64(payload: Payload): string {
  if (typeof payload === "string") return payload;
  if (payload instanceof ByteRange) {
    return payload.memory.toString("base64", payload.begin, payload.end);
  }
  return Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString("base64");
}

/**
 * Padded base64 of the standard alphabet, as the JSON protocol asks for. Decoding into a scratch
 * buffer is several times faster than a regular expression: the decoder skips what is not base64, so
 * its count is short; it takes the URL alphabet too, which is looked for apart.
 */
export function isBase64(text: string): boolean {
  if (text.length % 4 !== 0) return false;
  if (scratch.length < text.length) scratch = Buffer.allocUnsafe(text.length * 2);
  return (
    scratch.write(text, 0, "base64") === payloadLength(text) &&
    !text.includes("-") &&
    !text.includes("_")
  );
}

let scratch: Buffer = Buffer.allocUnsafe(64 * 1024);

const EQUALS = 0x3d;
