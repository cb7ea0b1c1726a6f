import { hash } from "node:crypto";
import { CHECKSUM_BYTES, MAGIC } from "./format.ts";
import { LENGTH_DELIMITED, MessageReader, VARINT } from "./message-reader.ts";

/**
 * More than this many user records in one aggregate is no aggregate: 10 MiB, the largest record of
 * the service, holds that many only if they are all but empty.
 */
export const MAX_SUB_RECORDS = 500_000;

/** Why bytes are not an aggregate. All of them are then one plain record. */
export type PlainReason = "no-magic" | "checksum" | "unparsable" | "too-many-records";

/** A parsed aggregate: offsets into the bytes it was read from. */
export interface Envelope {
  readonly bytes: Uint8Array;
  /** Start and end of each partition key. */
  readonly keys: readonly number[];
  readonly explicitHashKeys: readonly number[];
  /** Four numbers a record: key index, hash key index or `NO_INDEX`, start and end of the data. */
  readonly records: readonly number[];
}

/** No index is given. A given one that is negative is none that a table has; it is stored as `BAD_INDEX`. */
export const NO_INDEX: number = -1;
const BAD_INDEX = -2;
export const RECORD_STRIDE = 4;

const PARTITION_KEY = (1 << 3) | LENGTH_DELIMITED;
const EXPLICIT_HASH_KEY = (2 << 3) | LENGTH_DELIMITED;
const RECORD = (3 << 3) | LENGTH_DELIMITED;
const PARTITION_KEY_INDEX = (1 << 3) | VARINT;
const EXPLICIT_HASH_KEY_INDEX = (2 << 3) | VARINT;
const DATA = (3 << 3) | LENGTH_DELIMITED;
const TAGS = (4 << 3) | LENGTH_DELIMITED;
const TAG_KEY = (1 << 3) | LENGTH_DELIMITED;

/** Could these bytes be an aggregate? Cheap; the checksum is not looked at. */
export function hasMagic(bytes: Uint8Array): boolean {
  return (
    bytes.length > MAGIC.length + CHECKSUM_BYTES &&
    bytes[0] === MAGIC[0] &&
    bytes[1] === MAGIC[1] &&
    bytes[2] === MAGIC[2] &&
    bytes[3] === MAGIC[3]
  );
}

/** Reads an aggregate, or says why it is none. In time linear in the bytes; never throws. */
export function parseEnvelope(bytes: Uint8Array): Envelope | PlainReason {
  if (!hasMagic(bytes)) return "no-magic";
  const end = bytes.length - CHECKSUM_BYTES;
  const sum = hash("md5", bytes.subarray(MAGIC.length, end), "buffer");
  for (let i = 0; i < CHECKSUM_BYTES; i++) if (sum[i] !== bytes[end + i]) return "checksum";
  return parseMessage(new MessageReader(bytes, MAGIC.length, end));
}

function parseMessage(reader: MessageReader): Envelope | PlainReason {
  const keys: number[] = [];
  const explicitHashKeys: number[] = [];
  const records: number[] = [];
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    switch (tag) {
      case RECORD: {
        const length = reader.length();
        if (reader.failed || !parseRecord(reader, reader.offset + length, records)) {
          return "unparsable";
        }
        if (records.length > MAX_SUB_RECORDS * RECORD_STRIDE) return "too-many-records";
        break;
      }
      case PARTITION_KEY:
        pushSpan(reader, keys);
        break;
      case EXPLICIT_HASH_KEY:
        pushSpan(reader, explicitHashKeys);
        break;
      default:
        reader.skip(tag);
    }
    if (reader.failed) return "unparsable";
  }
  return reader.failed ? "unparsable" : { bytes: reader.bytes, keys, explicitHashKeys, records };
}

function parseRecord(outer: MessageReader, end: number, records: number[]): boolean {
  const { bytes, offset } = outer;
  outer.offset = end;
  return (
    parseWritten(bytes, offset, end, records) ||
    parseAny(new MessageReader(bytes, offset, end), records)
  );
}

/** A record as every known writer writes it: short indices, the fields in order and nothing else. */
function parseWritten(bytes: Uint8Array, start: number, end: number, records: number[]): boolean {
  let at = start;
  if (bytes[at++] !== PARTITION_KEY_INDEX) return false;
  let keyIndex = bytes[at++] as number;
  if (keyIndex >= 0x80) {
    const high = bytes[at++] as number;
    if (high >= 0x80) return false;
    keyIndex = (keyIndex & 0x7f) | (high << 7);
  }
  let hashKeyIndex = NO_INDEX;
  if (bytes[at] === EXPLICIT_HASH_KEY_INDEX) {
    hashKeyIndex = bytes[at + 1] as number;
    at += 2;
    if (hashKeyIndex >= 0x80) return false;
  }
  if (bytes[at++] !== DATA) return false;
  let length = bytes[at++] as number;
  if (length >= 0x80) {
    const high = bytes[at++] as number;
    if (high >= 0x80) return false;
    length = (length & 0x7f) | (high << 7);
  }
  // Anything that ran over the end of the record does not end where it should.
  if (at + length !== end) return false;
  records.push(keyIndex, hashKeyIndex, at, end);
  return true;
}

/** Both required fields must be there; of a repeated field the last one counts. */
function parseAny(reader: MessageReader, records: number[]): boolean {
  let keyIndex = NO_INDEX;
  let hashKeyIndex = NO_INDEX;
  let start = -1;
  let dataEnd = -1;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    switch (tag) {
      case PARTITION_KEY_INDEX:
        keyIndex = indexOf(reader);
        break;
      case EXPLICIT_HASH_KEY_INDEX:
        hashKeyIndex = indexOf(reader);
        break;
      case DATA: {
        const length = reader.length();
        start = reader.offset;
        dataEnd = start + length;
        reader.offset = dataEnd;
        break;
      }
      case TAGS:
        checkTag(reader);
        break;
      default:
        reader.skip(tag);
    }
    if (reader.failed) return false;
  }
  if (reader.failed || keyIndex === NO_INDEX || start < 0) return false;
  records.push(keyIndex, hashKeyIndex, start, dataEnd);
  return true;
}

function indexOf(reader: MessageReader): number {
  const index = reader.int32();
  return index < 0 ? BAD_INDEX : index;
}

/** A tag is read for nothing but its required key: without one the official parser refuses all. */
function checkTag(outer: MessageReader): void {
  const length = outer.length();
  const reader = new MessageReader(outer.bytes, outer.offset, outer.offset + length);
  outer.offset += length;
  let keyed = false;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === TAG_KEY) keyed = true;
    reader.skip(tag);
  }
  if (reader.failed || !keyed) outer.failed = true;
}

function pushSpan(reader: MessageReader, spans: number[]): void {
  const length = reader.length();
  spans.push(reader.offset, reader.offset + length);
  reader.offset += length;
}
