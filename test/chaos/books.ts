/** From acknowledgements, deliveries and looks at the lease table to a verdict. Pure. */

import { type Checkpoint, compareCheckpoints } from "@shardline/model";
import type { Delivery } from "./journal.ts";

/** What was seen of a run. */
export interface Books {
  /** Indexes of acknowledged records. */
  readonly acknowledged: ReadonlySet<number>;
  /** Of all workers, each worker's in the order in which it wrote them. */
  readonly deliveries: readonly Delivery[];
  /** Where each tenure began, by `tenureOf`. */
  readonly begins: ReadonlyMap<string, Checkpoint>;
  /** Times that a checkpoint in the lease table went back. */
  readonly checkpointsBack: number;
}

export interface Verdict {
  readonly acknowledged: number;
  readonly processed: number;
  /** Acknowledged and never processed. */
  readonly lost: number;
  /** Deliveries beyond each record's first, by restarts or because it is in the stream twice. */
  readonly repeated: number;
  /** Of those, records that a retried put left in the stream twice. */
  readonly copies: number;
  /** Deliveries whose position does not rise within a tenure. */
  readonly tenureViolations: number;
  /** Records of a key that were first delivered after a later one. */
  readonly keyViolations: number;
  /** Deliveries that the checkpoint with which their tenure began rules out. */
  readonly belowCheckpoint: number;
  /** Batches that a tenure began after the next one had, beyond the one that a stopped process had in hand. */
  readonly staleBatches: number;
  readonly checkpointsBack: number;
  readonly ok: boolean;
}

export function tenureOf(shardId: string, fence: number): string {
  return `${shardId} ${fence}`;
}

export function judge(books: Books): Verdict {
  const deliveries = books.deliveries.toSorted((a, b) => a.atUs - b.atUs);
  const processed = new Set(deliveries.map(({ index }) => index));
  const places = new Set(deliveries.map(placeOf));
  const lost = [...books.acknowledged].filter((index) => !processed.has(index)).length;
  const broken = {
    lost,
    tenureViolations: countTenureViolations(deliveries),
    keyViolations: countKeyViolations(deliveries),
    belowCheckpoint: countBelowCheckpoint(deliveries, books.begins),
    staleBatches: countStaleBatches(deliveries),
    checkpointsBack: books.checkpointsBack,
  };
  return {
    acknowledged: books.acknowledged.size,
    processed: processed.size,
    repeated: deliveries.length - processed.size,
    copies: places.size - processed.size,
    ...broken,
    ok: books.acknowledged.size > 0 && Object.values(broken).every((count) => count === 0),
  };
}

function placeOf(delivery: Delivery): string {
  return `${delivery.shardId} ${delivery.sequenceNumber} ${delivery.subSequenceNumber}`;
}

function countTenureViolations(deliveries: readonly Delivery[]): number {
  const last = new Map<string, Delivery>();
  let violations = 0;
  for (const delivery of deliveries) {
    const tenure = tenureOf(delivery.shardId, delivery.fence);
    const before = last.get(tenure);
    if (before !== undefined && compareCheckpoints(delivery, before) <= 0) violations++;
    last.set(tenure, delivery);
  }
  return violations;
}

function countKeyViolations(deliveries: readonly Delivery[]): number {
  const seen = new Set<number>();
  const last = new Map<string, number>();
  let violations = 0;
  for (const { key, index } of deliveries) {
    if (seen.has(index)) continue;
    seen.add(index);
    if (index < (last.get(key) ?? -1)) violations++;
    else last.set(key, index);
  }
  return violations;
}

function countBelowCheckpoint(
  deliveries: readonly Delivery[],
  begins: ReadonlyMap<string, Checkpoint>,
): number {
  return deliveries.filter((delivery) => {
    const begin = begins.get(tenureOf(delivery.shardId, delivery.fence));
    return begin !== undefined && compareCheckpoints(delivery, begin) <= 0;
  }).length;
}

/** All records of a batch have one time. */
function countStaleBatches(deliveries: readonly Delivery[]): number {
  const newest = new Map<string, number>();
  const stale = new Map<string, Set<number>>();
  for (const { shardId, fence, atUs } of deliveries) {
    if (fence >= (newest.get(shardId) ?? 0)) {
      newest.set(shardId, fence);
      continue;
    }
    const tenure = tenureOf(shardId, fence);
    stale.set(tenure, (stale.get(tenure) ?? new Set()).add(atUs));
  }
  return [...stale.values()].reduce((sum, batches) => sum + batches.size - 1, 0);
}

/**
 * How long each shard of a worker that was stopped hard went unprocessed: from `atUs` to the next
 * tenure's first delivery. Shards with nothing more to deliver are left out.
 */
export function takeoversMs(
  deliveries: readonly Delivery[],
  held: ReadonlyMap<string, number>,
  atUs: number,
): number[] {
  const times: number[] = [];
  for (const [shardId, fence] of held) {
    const after = deliveries
      .filter((each) => each.shardId === shardId && each.fence > fence && each.atUs > atUs)
      .map((each) => each.atUs - atUs);
    if (after.length > 0) times.push(Math.round(after.reduce((a, b) => Math.min(a, b)) / 1000));
  }
  return times;
}
