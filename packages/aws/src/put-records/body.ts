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

const HEAD_RECORDS = ',"Records":[';
const DATA = '{"Data":"';
const PARTITION_KEY = '","PartitionKey":"';
const EXPLICIT_HASH_KEY = '","ExplicitHashKey":"';
const END = '"}';
const TAIL = "]}";

/** For each 12 bits the two base64 characters, the first in the low byte. */
const PAIRS: Uint16Array = pairs();

/** `request` must have entries that `model` found valid. */
export function putRecordsBody({ stream, entries }: PutRecordsRequest): Buffer {
  const head = streamHead(stream) + HEAD_RECORDS;
  // Keys that are not plain ASCII, by index, already escaped and in UTF-8.
  const escaped = new Map<number, Buffer>();
  const body = Buffer.allocUnsafe(sizeOf(head, entries, escaped));
  let at = body.write(head, 0);
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i] as PutRecordsEntry;
    at += body.write(i === 0 ? DATA : `,${DATA}`, at, "latin1");
    at = writeBase64(entry.data, body, view, at);
    const key = escaped.get(i);
    if (key === undefined) {
      at += body.write(tailOf(entry.partitionKey, entry.explicitHashKey), at, "latin1");
      continue;
    }
    at += body.write(PARTITION_KEY, at, "latin1");
    at += key.copy(body, at);
    at += body.write(tailOf("", entry.explicitHashKey).slice(PARTITION_KEY.length), at, "latin1");
  }
  at += body.write(TAIL, at, "latin1");
  if (at !== body.length) throw new Error(`PutRecords body: ${at} bytes written of ${body.length}`);
  return body;
}

function streamHead(stream: PutRecordsRequest["stream"]): string {
  return "streamArn" in stream
    ? `{"StreamARN":${JSON.stringify(stream.streamArn)}`
    : `{"StreamName":${JSON.stringify(stream.streamName)}`;
}

function tailOf(partitionKey: string, explicitHashKey: string | undefined): string {
  return explicitHashKey === undefined
    ? `${PARTITION_KEY}${partitionKey}${END}`
    : `${PARTITION_KEY}${partitionKey}${EXPLICIT_HASH_KEY}${explicitHashKey}${END}`;
}

function sizeOf(
  head: string,
  entries: readonly PutRecordsEntry[],
  escaped: Map<number, Buffer>,
): number {
  const separators = Math.max(0, entries.length - 1);
  const each = DATA.length + PARTITION_KEY.length + END.length;
  let size = Buffer.byteLength(head) + TAIL.length + separators + entries.length * each;
  for (let i = 0; i < entries.length; i++) {
    const { data, partitionKey, explicitHashKey } = entries[i] as PutRecordsEntry;
    size += Math.ceil(data.length / 3) * 4;
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
    const bytes = Buffer.from(data.buffer, data.byteOffset, length);
    return start + body.write(bytes.toString("base64"), start, "latin1");
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

const PADDING = 0x3d;

function pairs(): Uint16Array {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  return Uint16Array.from(
    { length: 4096 },
    (_, bits) => alphabet.charCodeAt(bits >> 6) | (alphabet.charCodeAt(bits & 63) << 8),
  );
}
