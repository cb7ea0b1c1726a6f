/**
 * Parents before children (S5, rule R7): may the lease of a shard be read now?
 *
 * A missing parent row blocks unless a listing of the shards proves the parent trimmed: it shows the
 * child and not the parent. A listing that is behind misses young shards, never only old ones.
 */

import { isSentinel, type Lease } from "@shardline/model";
import { isFinished } from "./lease-book.ts";

/** Shard ids of a complete ListShards. */
export type Listing = ReadonlySet<string>;

export type Gate =
  | { readonly kind: "open" }
  /** A parent is unfinished. */
  | { readonly kind: "blocked"; readonly parentShardId: string }
  /** A parent has no row: only a fresh listing can tell. */
  | { readonly kind: "unproven"; readonly parentShardId: string };

const OPEN: Gate = { kind: "open" };

/**
 * @param rowOf the parent's lease as far as known.
 * @param hasHeirs has another child of that parent begun? Then the parent was finished.
 */
export function parentGate(
  lease: Lease,
  rowOf: (shardId: string) => Lease | undefined,
  listing: Listing | undefined,
  hasHeirs: (shardId: string) => boolean = () => false,
): Gate {
  const { sequenceNumber } = lease.checkpoint;
  // A lease that has a position was begun when its parents were done.
  if (!isSentinel(sequenceNumber) || sequenceNumber === "SHARD_END") return OPEN;
  // LATEST and AT_TIMESTAMP are given to the first shards of an application: what was before them
  // in their parents is before the initial position too, so a parent without a row is no matter.
  const isRoot = sequenceNumber !== "TRIM_HORIZON";
  let unproven: Gate | undefined;
  for (const parentShardId of lease.parentShardIds) {
    const row = rowOf(parentShardId);
    if (row !== undefined && isFinished(row)) continue;
    if (isTrimmed(lease.leaseKey, parentShardId, listing)) continue;
    if (row !== undefined) return { kind: "blocked", parentShardId };
    if (!isRoot && !hasHeirs(parentShardId)) unproven ??= { kind: "unproven", parentShardId };
  }
  return unproven ?? OPEN;
}

function isTrimmed(childId: string, parentId: string, listing: Listing | undefined): boolean {
  return listing !== undefined && listing.has(childId) && !listing.has(parentId);
}

/** Parents of leases that have a position or are finished. */
export function parentsWithHeirs(leases: Iterable<Lease>): ReadonlySet<string> {
  const parents = new Set<string>();
  for (const { checkpoint, parentShardIds } of leases) {
    const { sequenceNumber } = checkpoint;
    if (isSentinel(sequenceNumber) && sequenceNumber !== "SHARD_END") continue;
    for (const parentId of parentShardIds) parents.add(parentId);
  }
  return parents;
}

/**
 * May a finished lease be deleted? Only when it has children, each has a row and has moved on from
 * where it began, and no parent's row is left (as the KCL, but never with an empty child set).
 */
export function isDisposable(lease: Lease, rowOf: (shardId: string) => Lease | undefined): boolean {
  if (!isFinished(lease) || lease.childShardIds.length === 0) return false;
  if (lease.parentShardIds.some((id) => rowOf(id) !== undefined)) return false;
  return lease.childShardIds.every((id) => {
    const child = rowOf(id);
    if (child === undefined) return false;
    const { sequenceNumber } = child.checkpoint;
    return !isSentinel(sequenceNumber) || sequenceNumber === "SHARD_END";
  });
}
