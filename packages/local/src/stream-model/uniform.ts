/** Cutting the key space into equal parts, and the splits and merges that lead there. */

import {
  type HashKey,
  hashKeyFromDecimal,
  type HashKeyRange,
  MAX_HASH_KEY,
} from "@shardline/model";
import { lowerBound } from "./record-log.ts";

const KEYS = 1n << 128n;

/** Start of part `i` of `count` equal parts; the service rounds down. */
function startOf(i: number, count: number): bigint {
  return (KEYS / BigInt(count)) * BigInt(i);
}

export function uniformRanges(count: number): readonly HashKeyRange[] {
  return Array.from({ length: count }, (_, i) => ({
    start: toHashKey(startOf(i, count)),
    end: i === count - 1 ? MAX_HASH_KEY : toHashKey(startOf(i + 1, count) - 1n),
  }));
}

export type Reshard =
  | { readonly kind: "split"; readonly range: HashKeyRange; readonly at: HashKey }
  | { readonly kind: "merge"; readonly left: HashKeyRange; readonly right: HashKeyRange };

/**
 * Boundaries nearer than this are one: those of 1,000 and of 2,000 equal parts differ by rounding,
 * by fewer keys than there are parts, and doubling is to split each shard once.
 */
const SAME_BOUNDARY_KEYS = 1n << 16n;

/** The starts of `count` equal parts, each at a boundary that is there already if one is so near. */
function wantedStarts(ranges: readonly HashKeyRange[], count: number): readonly HashKey[] {
  const present = ranges.map((range) => BigInt(`0x${range.start}`));
  return Array.from({ length: count }, (_, i) => {
    const at = startOf(i, count);
    const next = lowerBound(present.length, (j) => (present[j] as bigint) >= at);
    const near = [present[next - 1], present[next]].find(
      (start) =>
        start !== undefined && start - at < SAME_BOUNDARY_KEYS && at - start < SAME_BOUNDARY_KEYS,
    );
    return toHashKey(near ?? at);
  });
}

/**
 * The steps from these ranges (which cover the key space in order) to `count` equal ones: first
 * every missing boundary is cut, then every boundary that is not wanted is joined away.
 */
export function uniformSteps(ranges: readonly HashKeyRange[], count: number): readonly Reshard[] {
  const wanted = wantedStarts(ranges, count);
  const steps: Reshard[] = [];
  const cut: HashKeyRange[] = [];
  let next = 0;
  for (const range of ranges) {
    let rest = range;
    for (; next < wanted.length && (wanted[next] as HashKey) <= range.end; next++) {
      const at = wanted[next] as HashKey;
      if (at === rest.start) continue;
      steps.push({ kind: "split", range: rest, at });
      cut.push({ start: rest.start, end: before(at) });
      rest = { start: at, end: rest.end };
    }
    cut.push(rest);
  }
  return [...steps, ...joins(cut, new Set(wanted))];
}

function joins(ranges: readonly HashKeyRange[], starts: ReadonlySet<HashKey>): Reshard[] {
  const steps: Reshard[] = [];
  let left: HashKeyRange | undefined;
  for (const right of ranges) {
    if (left === undefined || starts.has(right.start)) {
      left = right;
      continue;
    }
    steps.push({ kind: "merge", left, right });
    left = { start: left.start, end: right.end };
  }
  return steps;
}

function before(hashKey: HashKey): HashKey {
  return toHashKey(BigInt(`0x${hashKey}`) - 1n);
}

function toHashKey(value: bigint): HashKey {
  return hashKeyFromDecimal(value.toString());
}

/** The two halves of a range cut before `at`. */
export function splitRange(
  range: HashKeyRange,
  at: HashKey,
): readonly [HashKeyRange, HashKeyRange] {
  return [
    { start: range.start, end: before(at) },
    { start: at, end: range.end },
  ];
}

/** Do the ranges touch, in this order? */
export function areAdjacent(left: HashKeyRange, right: HashKeyRange): boolean {
  return left.end !== MAX_HASH_KEY && before(right.start) === left.end;
}
