/** What users put and what they read. */

import { InvalidRecordError } from "./errors.ts";
import { DEFAULT_MAX_RECORD_BYTES, MAX_PARTITION_KEY_CHARACTERS } from "./limits.ts";
import { MAX_HASH_KEY_DECIMAL } from "./hash-key.ts";

/** A record as a user puts it. KPL counterpart: `UserRecord`. */
export interface UserRecord {
  /** 1 to 256 Unicode characters. Its MD5 decides the shard unless `explicitHashKey` is given. */
  readonly partitionKey: string;
  /** Decimal text of an integer in 0 … 2^128-1; decides the shard in place of the partition key. */
  readonly explicitHashKey?: string | undefined;
  /** The payload. A string is sent as its UTF-8 bytes. May be empty. */
  readonly data: Uint8Array | string;
}

/** A Kinesis record as the service returns it; `data` may be an aggregate of user records. */
export interface KinesisRecord {
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  readonly data: Uint8Array;
  /** When the service received it, in milliseconds since the epoch. */
  readonly approximateArrivalTimestampMs: number;
  readonly encryptionType?: string | undefined;
}

/** Where a user record stands in its shard. Aggregated records share a sequence number. */
export interface RecordPosition {
  readonly sequenceNumber: string;
  /** 0-based index inside an aggregate; 0 for a record that was put alone. */
  readonly subSequenceNumber: number;
}

/** A user record as a processor receives it. KCL counterpart: `KinesisClientRecord`. */
export interface ReceivedRecord extends RecordPosition {
  readonly shardId: string;
  readonly partitionKey: string;
  readonly explicitHashKey: string | undefined;
  readonly data: Uint8Array;
  readonly approximateArrivalTimestampMs: number;
  /** True if it came out of an aggregate. */
  readonly aggregated: boolean;
}

const encoder = new TextEncoder();

/** UTF-8 length of a well-formed string without encoding it. */
export function utf8ByteLength(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    // A surrogate pair is two units and four bytes, so each half counts for two.
    bytes += unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 1 : 2;
  }
  return bytes;
}

export function dataBytes(data: Uint8Array | string): Uint8Array {
  return typeof data === "string" ? encoder.encode(data) : data;
}

/**
 * Refuses a partition key that the service would refuse, or that other languages would hash
 * differently (lone surrogates become `?` in Java and U+FFFD here).
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html
 */
export function checkPartitionKey(partitionKey: unknown): void {
  if (typeof partitionKey !== "string") {
    throw new InvalidRecordError("partitionKey", typeof partitionKey, "a string");
  }
  if (partitionKey.length === 0) {
    throw new InvalidRecordError("partitionKey", '""', "1 to 256 characters");
  }
  if (partitionKey.length > MAX_PARTITION_KEY_CHARACTERS) {
    const characters = Array.from(partitionKey).length;
    if (characters > MAX_PARTITION_KEY_CHARACTERS) {
      throw new InvalidRecordError(
        "partitionKey",
        `${characters} characters`,
        `1 to ${MAX_PARTITION_KEY_CHARACTERS} characters`,
      );
    }
  }
  if (!isWellFormed(partitionKey)) {
    throw new InvalidRecordError("partitionKey", "a lone surrogate", "well-formed Unicode");
  }
}

function isWellFormed(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0xd800 || unit > 0xdfff) continue;
    const next = text.charCodeAt(i + 1);
    if (unit > 0xdbff || !(next >= 0xdc00 && next <= 0xdfff)) return false;
    i++;
  }
  return true;
}

/** Returns the canonical decimal text ("007" becomes "7", as the KPL does) or throws. */
export function checkExplicitHashKey(explicitHashKey: unknown): string {
  const expected = `decimal digits in 0 … ${MAX_HASH_KEY_DECIMAL}`;
  if (typeof explicitHashKey !== "string") {
    throw new InvalidRecordError("explicitHashKey", typeof explicitHashKey, expected);
  }
  const digits = explicitHashKey.trim();
  if (!/^[0-9]{1,100}$/.test(digits)) {
    throw new InvalidRecordError(
      "explicitHashKey",
      JSON.stringify(explicitHashKey.slice(0, 60)),
      expected,
    );
  }
  const canonical = digits.replace(/^0+(?=[0-9])/, "");
  const tooLarge =
    canonical.length > MAX_HASH_KEY_DECIMAL.length ||
    (canonical.length === MAX_HASH_KEY_DECIMAL.length && canonical > MAX_HASH_KEY_DECIMAL);
  if (tooLarge) throw new InvalidRecordError("explicitHashKey", canonical, expected);
  return canonical;
}

/** The service counts data and partition key together. */
export function checkRecordSize(
  dataLengthBytes: number,
  partitionKeyBytes: number,
  maxRecordBytes: number = DEFAULT_MAX_RECORD_BYTES,
): void {
  const total = dataLengthBytes + partitionKeyBytes;
  if (total > maxRecordBytes) {
    throw new InvalidRecordError(
      "data",
      `${total} bytes with its partition key`,
      `at most ${maxRecordBytes} bytes with its partition key`,
    );
  }
}
