/**
 * The JSON body of PutRecords, written into one buffer of exact size: every byte of a record is
 * touched once, and no object is made for a record but, for a key that JSON must escape, its text.
 */

import type { PutRecordsEntry, PutRecordsRequest } from "@shardline/model";

/**
 * Below this length our loop encodes base64 faster than a call into Node.js, above it slower
 * (measured: see docs/design/put-path.md).
 */
const NATIVE_BASE64_FROM_BYTES = 192;

/** In pieces whose text lives and dies in the young generation: whole, it is garbage that costs. */
const NATIVE_BASE64_PIECE_BYTES = 3 * 2048;

const HEAD_RECORDS = ',"Records":[{"Data":"';
const PARTITION_KEY = '","PartitionKey":"';
const EXPLICIT_HASH_KEY = '","ExplicitHashKey":"';
const BETWEEN = '"},{"Data":"';
const END = '"}]}';

/** For each 12 bits the two base64 characters, the first in the low byte. */
const PAIRS: Uint16Array = pairs();

/**
 * `request` must have at least one entry, and all must be such as `model` found valid.
 * @param allocate gives a buffer of exactly so many bytes.
 */
export function putRecordsBody(
  { stream, entries }: PutRecordsRequest,
  allocate: (sizeBytes: number) => Buffer,
): Buffer {
  const head = streamHead(stream) + HEAD_RECORDS;
  // Keys that are not plain ASCII, by index, already escaped and in UTF-8.
  const escaped = new Map<number, Buffer>();
  const body = allocate(sizeOf(head, entries, escaped));
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  let at = body.write(head, 0);
  const last = entries.length - 1;
  for (let i = 0; i <= last; i++) {
    const { data, partitionKey, explicitHashKey } = entries[i] as PutRecordsEntry;
    at = writeBase64(data, body, view, at);
    let afterKey = explicitHashKey === undefined ? "" : EXPLICIT_HASH_KEY + explicitHashKey;
    afterKey += i === last ? END : BETWEEN;
    const key = escaped.get(i);
    if (key === undefined) {
      at += body.write(PARTITION_KEY + partitionKey + afterKey, at, "latin1");
    } else {
      at += body.write(PARTITION_KEY, at, "latin1");
      at += key.copy(body, at);
      at += body.write(afterKey, at, "latin1");
    }
  }
  if (at !== body.length) throw new Error(`PutRecords body: ${at} bytes written of ${body.length}`);
  return body;
}

function streamHead(stream: PutRecordsRequest["stream"]): string {
  return "streamArn" in stream
    ? `{"StreamARN":${JSON.stringify(stream.streamArn)}`
    : `{"StreamName":${JSON.stringify(stream.streamName)}`;
}

function sizeOf(
  head: string,
  entries: readonly PutRecordsEntry[],
  escaped: Map<number, Buffer>,
): number {
  let size = Buffer.byteLength(head) + END.length - BETWEEN.length;
  for (let i = 0; i < entries.length; i++) {
    const { data, partitionKey, explicitHashKey } = entries[i] as PutRecordsEntry;
    size += Math.ceil(data.length / 3) * 4 + PARTITION_KEY.length + BETWEEN.length;
    if (explicitHashKey !== undefined) size += EXPLICIT_HASH_KEY.length + explicitHashKey.length;
    if (isPlain(partitionKey)) {
      size += partitionKey.length;
    } else {
      const key = Buffer.from(JSON.stringify(partitionKey).slice(1, -1), "utf8");
      escaped.set(i, key);
      size += key.length;
    }
  }
  return size;
}

/** Printable ASCII that JSON takes as it is. */
function isPlain(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x20 || unit > 0x7e || unit === 0x22 || unit === 0x5c) return false;
  }
  return true;
}

/** Returns the position after what it wrote. */
export function writeBase64(data: Uint8Array, body: Buffer, view: DataView, start: number): number {
  const { length } = data;
  if (length >= NATIVE_BASE64_FROM_BYTES) {
    // A view of it costs a sixth of encoding 1 KB.
    const bytes = Buffer.isBuffer(data) ? data : Buffer.from(data.buffer, data.byteOffset, length);
    return writeNativeBase64(bytes, body, start);
  }
  const whole = length - (length % 3);
  let at = start;
  for (let i = 0; i < whole; i += 3, at += 4) {
    const a = data[i] as number;
    const b = data[i + 1] as number;
    const c = data[i + 2] as number;
    const first = PAIRS[(a << 4) | (b >> 4)] as number;
    const second = PAIRS[((b & 15) << 8) | c] as number;
    view.setUint32(at, first | (second << 16), true);
  }
  if (whole === length) return at;
  const a = data[whole] as number;
  const b = data[whole + 1] ?? 0;
  const first = PAIRS[(a << 4) | (b >> 4)] as number;
  const second = (PAIRS[(b & 15) << 8] as number) & 0xff;
  view.setUint16(at, first, true);
  view.setUint8(at + 2, length - whole === 2 ? second : PADDING);
  view.setUint8(at + 3, PADDING);
  return at + 4;
}

function writeNativeBase64(data: Buffer, body: Buffer, start: number): number {
  let at = start;
  for (let from = 0; from < data.length; from += NATIVE_BASE64_PIECE_BYTES) {
    const to = Math.min(data.length, from + NATIVE_BASE64_PIECE_BYTES);
    at += body.write(data.toString("base64", from, to), at, "latin1");
  }
  return at;
}

const PADDING = 0x3d;

function pairs(): Uint16Array {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  return Uint16Array.from(
    { length: 4096 },
    (_, bits) => alphabet.charCodeAt(bits >> 6) | (alphabet.charCodeAt(bits & 63) << 8),
  );
}
