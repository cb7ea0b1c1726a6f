/**
 * Positions in a shard and their order.
 *
 * A checkpoint in the KCL's lease table is either a sentinel or a sequence number with a
 * sub-sequence number, ordered
 *   AT_TIMESTAMP < TRIM_HORIZON < LATEST < any number (numeric, then sub-sequence) < SHARD_END
 * (KCL counterpart: `ExtendedSequenceNumber`).
 */

import type { RecordPosition } from "./record.ts";

export type Sentinel = "AT_TIMESTAMP" | "TRIM_HORIZON" | "LATEST" | "SHARD_END";

/** A checkpoint as the lease table stores it. For a sentinel the sub-sequence number is 0. */
export interface Checkpoint {
  /** A sentinel, or the decimal digits of a sequence number. */
  readonly sequenceNumber: string;
  readonly subSequenceNumber: number;
}

export const TRIM_HORIZON: Checkpoint = { sequenceNumber: "TRIM_HORIZON", subSequenceNumber: 0 };
export const LATEST: Checkpoint = { sequenceNumber: "LATEST", subSequenceNumber: 0 };
export const AT_TIMESTAMP: Checkpoint = { sequenceNumber: "AT_TIMESTAMP", subSequenceNumber: 0 };
export const SHARD_END: Checkpoint = { sequenceNumber: "SHARD_END", subSequenceNumber: 0 };

const SENTINEL_RANK: Readonly<Record<string, number>> = {
  AT_TIMESTAMP: -3,
  TRIM_HORIZON: -2,
  LATEST: -1,
  SHARD_END: 1,
};

/** Where an application begins on shards that have no checkpoint yet. */
export type InitialPosition =
  | { readonly kind: "trim-horizon" }
  | { readonly kind: "latest" }
  | { readonly kind: "at-timestamp"; readonly timestampMs: number };

export function isSentinel(sequenceNumber: string): sequenceNumber is Sentinel {
  return Object.hasOwn(SENTINEL_RANK, sequenceNumber);
}

export function isSequenceNumber(text: string): boolean {
  return /^(0|[1-9][0-9]{0,128})$/.test(text);
}

export function isShardEnd(checkpoint: Checkpoint): boolean {
  return checkpoint.sequenceNumber === "SHARD_END";
}

/** Numeric order of canonical decimal digits without BigInt: the longer is the greater. */
export function compareSequenceNumbers(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Negative if `a` is before `b`. Sentinels and numbers mix. */
export function compareCheckpoints(
  a: Checkpoint | RecordPosition,
  b: Checkpoint | RecordPosition,
): number {
  const rankA = rankOf(a.sequenceNumber);
  const rankB = rankOf(b.sequenceNumber);
  if (rankA !== rankB) return rankA - rankB;
  if (rankA !== 0) return 0;
  return (
    compareSequenceNumbers(a.sequenceNumber, b.sequenceNumber) ||
    a.subSequenceNumber - b.subSequenceNumber
  );
}

export function sameCheckpoint(a: Checkpoint, b: Checkpoint): boolean {
  return compareCheckpoints(a, b) === 0;
}

function rankOf(sequenceNumber: string): number {
  return Object.hasOwn(SENTINEL_RANK, sequenceNumber) ? (SENTINEL_RANK[sequenceNumber] ?? 0) : 0;
}
