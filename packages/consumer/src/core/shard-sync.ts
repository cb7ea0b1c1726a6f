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
  readonly leases: ReadonlyMap<string, Lease>;
  /** What this worker last saw of a lease whose row is gone. */
  readonly lastKnown: (shardId: string) => Lease | undefined;
  /** For shards of which the table knows no relative. */
  readonly orphanPosition: FirstPosition;
  readonly stream: StreamIdentity;
  readonly wallMs: number;
}

export interface Repair {
  readonly lease: Lease;
  readonly why: "row-lost" | "parent-finished" | "orphan";
}

/** Leases that are missing for open shards, directly or in their ancestry. */
export function missingLeases(facts: RepairFacts): readonly Repair[] {
  const shards = new Map(facts.shards.map((shard) => [shard.shardId, shard]));
  const { leases, lastKnown } = facts;
  const ancestors = ancestorsOf(leases, shards);
  const repairs = new Map<string, Repair>();
  const visited = new Set<string>();
  /**
   * A shard without a row that has descendants at work was finished, and its row cleaned up: also if
   * this worker last saw it unfinished, because it slept through the rest.
   */
  const isDone = (shardId: string): boolean => {
    const row = leases.get(shardId);
    if (row !== undefined) return isFinished(row);
    const known = lastKnown(shardId);
    return ancestors.has(shardId) || (known !== undefined && isFinished(known));
  };
  const visit = (shard: Shard): void => {
    const { shardId, parentShardIds } = shard;
    if (visited.has(shardId) || leases.has(shardId) || isDone(shardId)) return;
    visited.add(shardId);
    const known = lastKnown(shardId);
    if (known !== undefined) {
      repairs.set(shardId, { lease: revived(known), why: "row-lost" });
      return;
    }
    const listed = parentShardIds.map((id) => shards.get(id)).filter((p) => p !== undefined);
    const undone = listed.filter((parent) => !isDone(parent.shardId));
    if (undone.length > 0) {
      for (const parent of undone) visit(parent);
      return;
    }
    const hasFamily = listed.length > 0 || parentShardIds.some((id) => leases.has(id));
    const why = hasFamily ? "parent-finished" : "orphan";
    const position = hasFamily ? AT_HORIZON : facts.orphanPosition;
    // It may have had a row that was deleted: a counter that no earlier one can have reached keeps
    // the fence growing.
    const counter = facts.wallMs;
    repairs.set(shardId, { lease: { ...leaseAt(shard, position, facts.stream), counter }, why });
  };
  for (const shard of facts.shards) if (isOpen(shard)) visit(shard);
  // A row is cleaned up only when its children have begun. One that has not, and whose parent has
  // no row, waits for a row that was lost.
  const suspects = new Set(repairs.keys());
  for (const [shardId, lease] of leases) {
    if (hasBegun(lease)) continue;
    for (const parentId of shards.get(shardId)?.parentShardIds ?? []) {
      const parent = shards.get(parentId);
      if (parent !== undefined) visit(parent);
    }
  }
  for (const [shardId, { lease }] of repairs) {
    if (!suspects.has(shardId)) repairs.set(shardId, { lease, why: "row-lost" });
  }
  return [...repairs.values()];
}

/**
 * Is there a row of a shard younger than all that are listed? Then the listing is behind, and what it
 * shows open may have been finished long ago. Shard ids count up.
 */
export function isBehind(shards: readonly Shard[], leases: Iterable<Lease>): boolean {
  const isYounger = (a: string, b: string): boolean =>
    a.length === b.length ? a > b : a.length > b.length;
  let youngest = "";
  for (const { shardId } of shards) if (isYounger(shardId, youngest)) youngest = shardId;
  for (const { leaseKey } of leases) if (isYounger(leaseKey, youngest)) return true;
  return false;
}

/** Only a lease at TRIM_HORIZON waits for its parents: see `parents.ts`. */
export function hasBegun({ checkpoint }: Lease): boolean {
  return checkpoint.sequenceNumber !== TRIM_HORIZON.sequenceNumber;
}

/** Every shard from which one that has begun descends, as far as rows and listing know. */
function ancestorsOf(
  leases: ReadonlyMap<string, Lease>,
  shards: ReadonlyMap<string, Shard>,
): ReadonlySet<string> {
  const ancestors = new Set<string>();
  const parentsOf = (shardId: string): readonly string[] => [
    ...(leases.get(shardId)?.parentShardIds ?? []),
    ...(shards.get(shardId)?.parentShardIds ?? []),
  ];
  const pending = [...leases.values()].filter(hasBegun).map(({ leaseKey }) => leaseKey);
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    for (const parentId of parentsOf(id)) {
      if (ancestors.has(parentId)) continue;
      ancestors.add(parentId);
      pending.push(parentId);
    }
  }
  return ancestors;
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
