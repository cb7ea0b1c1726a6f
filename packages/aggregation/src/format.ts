/**
 * The KPL's aggregated record: many user records in the data of one Kinesis record.
 *
 *   aggregate      = magic message checksum
 *   magic          = F3 89 9A C2
 *   message        = the protocol buffer `AggregatedRecord` of aggregation.proto
 *   checksum       = MD5 of message, 16 bytes
 *
 *   message        = { 0A length key } { 12 length hash-key } { 1A length record }
 *   record         = 08 key-index [ 10 hash-key-index ] 1A length data
 *
 * The tables hold each string once, in the order of first use; indices count from 0. Lengths and
 * indices are minimal varints. A hash key is the decimal text that the caller gave; the MD5 of a
 * partition key is never written. Data is written even when it is empty.
 * https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md
 */

export const MAGIC: Uint8Array = Uint8Array.of(0xf3, 0x89, 0x9a, 0xc2);
export const CHECKSUM_BYTES = 16;
/** Magic and checksum: what an aggregate costs before its first record. */
export const ENVELOPE_BYTES: number = MAGIC.length + CHECKSUM_BYTES;

/** Field number and wire type of each field that a writer emits. */
export const TAG_PARTITION_KEY = 0x0a;
export const TAG_EXPLICIT_HASH_KEY = 0x12;
export const TAG_RECORD = 0x1a;
export const TAG_PARTITION_KEY_INDEX = 0x08;
export const TAG_EXPLICIT_HASH_KEY_INDEX = 0x10;
export const TAG_DATA = 0x1a;

/** Bytes of `value` as a varint; `value` is in 0 … 2^32-1. */
export function varintBytes(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x200000) return 3;
  return value < 0x10000000 ? 4 : 5;
}

/** Writes `value` and returns the offset after it. */
export function writeVarint(target: Uint8Array, offset: number, value: number): number {
  let rest = value;
  let at = offset;
  while (rest >= 0x80) {
    target[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  target[at++] = rest;
  return at;
}

/** A field of `length` bytes with a one-byte header. */
export function lengthDelimitedBytes(length: number): number {
  return 1 + varintBytes(length) + length;
}
