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

/** Padded base64 of the standard alphabet, as the JSON protocol asks for. */
export function isBase64(text: string): boolean {
  return text.length % 4 === 0 && BASE64.test(text);
}

const EQUALS = 0x3d;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
