/**
 * Record data as it came: base64 text from JSON, raw bytes from CBOR or from memory. It is stored in
 * that form and converted only where the other form is asked for, so a JSON reader of what a JSON
 * writer put costs no decoding.
 */
export type Payload = string | Uint8Array;

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
  return typeof payload === "string" ? Buffer.from(payload, "base64") : payload;
}

export function payloadBase64(payload: Payload): string {
  if (typeof payload === "string") return payload;
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
