/**
 * Which leases should exist. Children are made at the end of their parents by whoever finishes them
 * (`shard-end.ts`); this is for the first start and for repair. Nothing here deletes.
 *
 * Y1 idempotent: what has a lease is left alone; Y2 no gap: every open shard has a lease or an
 * ancestor whose end will make one; Y3 no replay of a finished parent whose row was cleaned up.
 */

import {
  AT_TIMESTAMP,
  type Checkpoint,
  type InitialPosition,
  isOpen,
  LATEST,
  type Lease,
  newLease,
  type Shard,
  type StreamIdentity,
  TRIM_HORIZON,
} from "@shardline/model";
import { isFinished } from "./lease-book.ts";

export interface FirstPosition {
  readonly checkpoint: Checkpoint;
  readonly startTimestampMs: number | undefined;
}

/**
 * Where the first leases begin. LATEST is fixed to the instant of creation, so that no restart and
 * no expired iterator moves it: the row says LATEST, as the KCL's does, and keeps the instant beside.
 */
export function firstPosition(initial: InitialPosition, wallMs: number): FirstPosition {
  switch (initial.kind) {
    case "trim-horizon":
      return { checkpoint: TRIM_HORIZON, startTimestampMs: undefined };
    case "latest":
      return { checkpoint: LATEST, startTimestampMs: wallMs };
    case "at-timestamp":
      return { checkpoint: AT_TIMESTAMP, startTimestampMs: initial.timestampMs };
  }
}

/** The leases of an empty table: one for each shard of the listing at the initial position. */
export function firstLeases(
  shards: readonly Shard[],
  position: FirstPosition,
  stream: StreamIdentity,
): readonly Lease[] {
  return shards.map((shard) => leaseAt(shard, position, stream));
}

export interface RepairFacts {
  /** All shards, closed ones too. */
  readonly shards: readonly Shard[];
  readonly leaseOf: (shardId: string) => Lease | undefined;
  /** What this worker last saw of a lease whose row is gone. */
  readonly lastKnown: (shardId: string) => Lease | undefined;
  /** For shards of which the table knows no relative. */
  readonly orphanPosition: FirstPosition;
  readonly stream: StreamIdentity;
}

export interface Repair {
  readonly lease: Lease;
  readonly why: "row-lost" | "parent-finished" | "orphan";
}

/** Leases that are missing for open shards, directly or in their ancestry. */
export function missingLeases(facts: RepairFacts): readonly Repair[] {
  const shards = new Map(facts.shards.map((shard) => [shard.shardId, shard]));
  const parentsWithHeirs = new Set<string>();
  for (const shard of facts.shards) {
    if (facts.leaseOf(shard.shardId) === undefined) continue;
    for (const parentId of shard.parentShardIds) parentsWithHeirs.add(parentId);
  }
  const repairs = new Map<string, Repair>();
  const add = (shard: Shard, position: FirstPosition, why: Repair["why"]): void => {
    repairs.set(shard.shardId, { lease: leaseAt(shard, position, facts.stream), why });
  };
  const visited = new Set<string>();
  const visit = (shard: Shard): void => {
    if (visited.has(shard.shardId)) return;
    visited.add(shard.shardId);
    if (facts.leaseOf(shard.shardId) !== undefined) return;
    const known = facts.lastKnown(shard.shardId);
    if (known !== undefined) {
      repairs.set(shard.shardId, { lease: revived(known), why: "row-lost" });
      return;
    }
    const parents = shard.parentShardIds
      .map((id) => shards.get(id))
      .filter((parent) => parent !== undefined);
    const isDone = (parent: Shard): boolean => {
      const lease = facts.leaseOf(parent.shardId) ?? facts.lastKnown(parent.shardId);
      // A parent without a row whose other child has one was finished, and its row cleaned up.
      return lease === undefined ? parentsWithHeirs.has(parent.shardId) : isFinished(lease);
    };
    if (parents.length === 0) {
      // Its parents had rows and were trimmed, or it never had any.
      const wasChild = shard.parentShardIds.some((id) => facts.leaseOf(id) !== undefined);
      add(
        shard,
        wasChild ? AT_HORIZON : facts.orphanPosition,
        wasChild ? "parent-finished" : "orphan",
      );
    } else if (parents.every(isDone)) {
      add(shard, AT_HORIZON, "parent-finished");
    } else {
      for (const parent of parents) if (!isDone(parent)) visit(parent);
    }
  };
  for (const shard of facts.shards) if (isOpen(shard)) visit(shard);
  return [...repairs.values()];
}

/** The row of a lease that was deleted behind our back, as it was; the fence goes on growing. */
export function revived(last: Lease): Lease {
  return { ...last, owner: undefined, checkpointOwner: undefined, counter: last.counter + 1 };
}

const AT_HORIZON: FirstPosition = { checkpoint: TRIM_HORIZON, startTimestampMs: undefined };

function leaseAt(shard: Shard, position: FirstPosition, stream: StreamIdentity): Lease {
  const lease = newLease(shard.shardId, position.checkpoint, shard, stream);
  const { startTimestampMs } = position;
  return startTimestampMs === undefined ? lease : { ...lease, startTimestampMs };
}

/** The instant at which the application began on LATEST or AT_TIMESTAMP, out of the rows it left. */
export function applicationStartMs(leases: Iterable<Lease>): number | undefined {
  let earliestMs: number | undefined;
  for (const { startTimestampMs } of leases) {
    if (startTimestampMs === undefined) continue;
    earliestMs = Math.min(earliestMs ?? startTimestampMs, startTimestampMs);
  }
  return earliestMs;
}

/** Keeps the latest sight of each lease, for the repair of rows that are lost. */
export function remember(known: Map<string, Lease>, lease: Lease): void {
  const before = known.get(lease.leaseKey);
  if (before === undefined || lease.counter >= before.counter) known.set(lease.leaseKey, lease);
}
