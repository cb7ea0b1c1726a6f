/**
 * Hash keys: 128-bit positions in the key space of a stream.
 *
 * A hash key is held as 32 lower-case hexadecimal digits: string order is then numeric order, an
 * MD5 digest needs no conversion, and the hot path needs no BigInt. The service and the lease table
 * speak decimal; the two conversions live here.
 */

import { hash } from "node:crypto";

/** 32 lower-case hexadecimal digits. */
export type HashKey = string;

/** Both ends inclusive, as in the service. */
export interface HashKeyRange {
  readonly start: HashKey;
  readonly end: HashKey;
}

export const MIN_HASH_KEY: HashKey = "0".repeat(32);
export const MAX_HASH_KEY: HashKey = "f".repeat(32);
/** 2^128 - 1 */
export const MAX_HASH_KEY_DECIMAL = "340282366920938463463374607431768211455";

export const FULL_HASH_KEY_RANGE: HashKeyRange = { start: MIN_HASH_KEY, end: MAX_HASH_KEY };

/** MD5 of the UTF-8 partition key, as the service hashes it. */
export function hashKeyOfPartitionKey(partitionKey: string): HashKey {
  return hash("md5", partitionKey, "hex");
}

/** The hash key that decides a record's shard: the explicit one wins. */
export function hashKeyOf(partitionKey: string, explicitHashKey: string | undefined): HashKey {
  return explicitHashKey === undefined
    ? hashKeyOfPartitionKey(partitionKey)
    : hashKeyFromDecimal(explicitHashKey);
}

/** `decimal` must be digits in 0 … 2^128-1 (see `checkExplicitHashKey`). */
export function hashKeyFromDecimal(decimal: string): HashKey {
  return BigInt(decimal).toString(16).padStart(32, "0");
}

export function hashKeyToDecimal(hashKey: HashKey): string {
  return BigInt(`0x${hashKey}`).toString(10);
}

export function rangeContains(range: HashKeyRange, hashKey: HashKey): boolean {
  return range.start <= hashKey && hashKey <= range.end;
}
