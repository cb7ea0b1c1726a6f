/** From the books to the verdict. Pure: tests feed it wrong books and it must say so. */

import { compareCheckpoints, type Checkpoint } from "@shardline/model";
import { recordId } from "./journal.ts";
import type { Ledger, WorkerDelivery } from "./ledger.ts";

/** What was known of the killed worker right after its death. */
export interface Kill {
  readonly worker: string;
  readonly atUs: number;
  /** The shards it held, with the checkpoints that the lease table shows. */
  readonly held: ReadonlyMap<string, Checkpoint>;
}

export interface Verdict {
  readonly ok: boolean;
  readonly records: number;
  readonly acknowledged: number;
  /** Distinct records. */
  readonly processed: number;
  readonly duplicates: number;
  readonly duplicateBound: number;
  /** Acknowledged, never processed. */
  readonly lost: number;
  /** Processed with another payload than the one that was put. */
  readonly corrupt: number;
  /** Deliveries that break an order: positions in a tenure, or first deliveries of a key. */
  readonly outOfOrder: number;
  /** Keys that more than one record has: those of which an order can be checked. */
  readonly keysChecked: number;
  /**
   * From the kill to the first delivery elsewhere, of the dead worker's shard that waited longest.
   * Null if none of its shards had anything more to deliver; what is lost says if that is so.
   */
  readonly takeoverMs: number | null;
  readonly shardsTakenOver: number;
}

export function judge(ledger: Ledger, kill: Kill | undefined): Verdict {
  const deliveries = ledger.deliveries.toSorted((a, b) => a.atUs - b.atUs);
  const content = checkContent(ledger, deliveries);
  const duplicates = deliveries.length - ledger.processedCount + content.copies;
  const duplicateBound = boundOf(deliveries, kill) + ledger.retries;
  const order = checkKeyOrder(ledger, deliveries);
  const outOfOrder = order.violations + checkTenureOrder(deliveries);
  const lost = ledger.outstanding();
  const takeovers = takeoverTimes(deliveries, kill);
  const ok =
    ledger.acknowledged.size === ledger.put.length &&
    lost === 0 &&
    content.corrupt === 0 &&
    outOfOrder === 0 &&
    duplicates <= duplicateBound;
  return {
    ok,
    records: ledger.put.length,
    acknowledged: ledger.acknowledged.size,
    processed: ledger.processedCount - content.copies,
    duplicates,
    duplicateBound,
    lost,
    corrupt: content.corrupt,
    outOfOrder,
    keysChecked: order.keys,
    takeoverMs: takeovers.length === 0 ? null : Math.round(Math.max(...takeovers) / 1000),
    shardsTakenOver: takeovers.length,
  };
}

/** Records in the stream that no acknowledgement names are copies of lines, or they are corrupt. */
function checkContent(
  ledger: Ledger,
  deliveries: readonly WorkerDelivery[],
): { readonly corrupt: number; readonly copies: number } {
  const known = indexById(ledger);
  const digests = new Set(ledger.put.map(({ digest }) => digest));
  const copies = new Set<string>();
  let corrupt = 0;
  for (const delivery of deliveries) {
    const index = known.get(recordId(delivery));
    if (index === undefined) {
      if (digests.has(delivery.digest)) copies.add(recordId(delivery));
      else corrupt++;
    } else if (ledger.put[index]?.digest !== delivery.digest) corrupt++;
  }
  return { corrupt, copies: copies.size };
}

/**
 * A worker that dies repeats, elsewhere, at most what it had processed since the checkpoint that
 * the lease table holds of each of its shards.
 */
function boundOf(deliveries: readonly WorkerDelivery[], kill: Kill | undefined): number {
  if (kill === undefined) return 0;
  return deliveries.filter(({ worker, ...position }) => {
    const checkpoint = kill.held.get(position.shardId);
    return (
      worker === kill.worker &&
      checkpoint !== undefined &&
      compareCheckpoints(position, checkpoint) > 0
    );
  }).length;
}

/** For each key, the first deliveries of its records are in the order in which they were put. */
function checkKeyOrder(
  ledger: Ledger,
  deliveries: readonly WorkerDelivery[],
): { readonly violations: number; readonly keys: number } {
  const known = indexById(ledger);
  const seen = new Set<number>();
  const lastOfKey = new Map<string, number>();
  const ordered = new Set<string>();
  let violations = 0;
  for (const delivery of deliveries) {
    const index = known.get(recordId(delivery));
    const key = index === undefined ? undefined : ledger.put[index]?.partitionKey;
    if (index === undefined || key === undefined || seen.has(index)) continue;
    seen.add(index);
    const last = lastOfKey.get(key);
    if (last !== undefined) ordered.add(key);
    if (last !== undefined && index < last) violations++;
    else lastOfKey.set(key, index);
  }
  return { violations, keys: ordered.size };
}

/** Within a tenure of a shard positions rise. */
function checkTenureOrder(deliveries: readonly WorkerDelivery[]): number {
  const lastOf = new Map<string, WorkerDelivery>();
  let violations = 0;
  for (const delivery of deliveries) {
    const tenure = `${delivery.worker} ${delivery.shardId} ${delivery.fence}`;
    const last = lastOf.get(tenure);
    if (last !== undefined && compareCheckpoints(delivery, last) <= 0) violations++;
    lastOf.set(tenure, delivery);
  }
  return violations;
}

function takeoverTimes(deliveries: readonly WorkerDelivery[], kill: Kill | undefined): number[] {
  if (kill === undefined) return [];
  const first = new Map<string, number>();
  for (const { worker, shardId, atUs } of deliveries) {
    const elsewhere = worker !== kill.worker && atUs >= kill.atUs && kill.held.has(shardId);
    if (elsewhere && !first.has(shardId)) first.set(shardId, atUs - kill.atUs);
  }
  return [...first.values()];
}

function indexById(ledger: Ledger): ReadonlyMap<string, number> {
  return new Map([...ledger.acknowledged.values()].map((ack) => [recordId(ack), ack.index]));
}
