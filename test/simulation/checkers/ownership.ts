/** L1 every lease finds a living owner after the world healed; L2 soon after a death or a farewell. */

import { isShardEnd } from "@shardline/model";
import { endMs, type Fault, type FaultKind } from "../faults/fault.ts";
import type { Delivery, History, ProcessLife } from "../history/history.ts";
import type { Tenure } from "../history/tenures.ts";
import type { Scenario } from "../scenario/scenario.ts";
import type { Violation } from "./violation.ts";

/** D + 2 s of section 1.2, with a second for the calls themselves. */
function takeoverBoundMs({ consumer: { failoverTimeMs, scanIntervalMs } }: Scenario): number {
  return (failoverTimeMs + 2 * scanIntervalMs + 1000) * 1.02;
}

/** How long after the world healed every lease has an owner: a call sent before may hang until its own deadline. */
export function ownedBoundMs(scenario: Scenario): number {
  const { kinesisCallTimeoutMs, failoverTimeMs } = scenario.consumer;
  return kinesisCallTimeoutMs + failoverTimeMs / 4 + takeoverBoundMs(scenario);
}

/** Survivors notice at their next scan. */
function gracefulBoundMs({ consumer }: Scenario): number {
  return consumer.scanIntervalMs * 1.02 + 1000;
}

/** Three scans in which others could have taken it, and the one at which whoever gave it up does. */
function forsakenBoundMs({ consumer }: Scenario): number {
  return consumer.scanIntervalMs * 1.1 * 4 + 1000;
}

export function l1OwnedAfterHeal(history: History): Violation[] {
  // Somebody must be there to take them: from then on it counts.
  const stayed = [...history.lives.values()].filter(
    (life) =>
      life.role === "worker" && (life.stopAskedMs ?? life.endMs ?? Infinity) >= history.closeMs,
  );
  const thereMs = Math.min(...stayed.map(({ startMs }) => startMs));
  const atMs = Math.max(history.healMs, thereMs) + ownedBoundMs(history.scenario);
  if (!(atMs <= history.closeMs)) return [];
  const violations: Violation[] = [];
  for (const leaseKey of unfinishedAt(history, atMs)) {
    if (ownedAt(history, leaseKey, atMs) || leftAt(history, leaseKey, atMs)) continue;
    const message = `${leaseKey} has no living owner ${Math.round(atMs - history.healMs)} ms after the last fault`;
    violations.push({ property: "L1", atMs, message });
  }
  return violations;
}

/**
 * Leases that could be processed ever since the world healed: not ended, no unfinished parent then, and
 * of a shard that the stream still has: one that went with its last record is nobody's to read (F46),
 * and its row stays as it is, because only a shard that was read is ended (rule R11).
 */
function unfinishedAt(history: History, atMs: number): string[] {
  const ended = new Map<string, number>();
  const rows = new Map<string, number>();
  for (const write of history.rowWrites) {
    if (!rows.has(write.leaseKey)) rows.set(write.leaseKey, write.atMs);
    if (write.after !== undefined && isShardEnd(write.after.checkpoint)) {
      if (!ended.has(write.leaseKey)) ended.set(write.leaseKey, write.atMs);
    }
  }
  return [...rows.keys()].filter((leaseKey) => {
    if ((ended.get(leaseKey) ?? Infinity) <= atMs) return false;
    if ((rows.get(leaseKey) ?? Infinity) > history.healMs) return false;
    const truth = history.shards.get(leaseKey);
    if ((truth?.goneMs ?? Infinity) <= atMs) return false;
    const parents = truth?.shard.parentShardIds ?? [];
    return parents.every((parent) => (ended.get(parent) ?? Infinity) <= history.healMs);
  });
}

function ownedAt(history: History, leaseKey: string, atMs: number): boolean {
  return history.tenures.all.some(
    (tenure) =>
      tenure.leaseKey === leaseKey &&
      tenure.take.atMs <= atMs &&
      ((tenure.end?.atMs ?? Infinity) > atMs
        ? livesAt(history, tenure.incarnation, atMs)
        : // Just let go of: somebody may still be on the way to it.
          tenure.end?.verb === "release" &&
          tenure.end.atMs > atMs - gracefulBoundMs(history.scenario)),
  );
}

/**
 * Given up a moment ago by a worker that could not read it (F21), or that is at work on it still in a
 * call that does not heed its signal (S8).
 */
function leftAt(history: History, leaseKey: string, atMs: number): boolean {
  const fromMs = atMs - forsakenBoundMs(history.scenario);
  const surrendered = history.events.some(
    ({ name, payload, atMs: releasedMs }) =>
      name === "lease-released" &&
      payload["shardId"] === leaseKey &&
      payload["why"] === "surrendered" &&
      releasedMs > fromMs &&
      releasedMs <= atMs,
  );
  const isRunning = ({ shardId, incarnation, beginMs, endMs: doneMs }: Delivery): boolean =>
    shardId === leaseKey &&
    beginMs <= atMs &&
    (doneMs ?? Infinity) > fromMs &&
    livesAt(history, incarnation, atMs);
  return surrendered || history.deliveries.some(isRunning);
}

function livesAt(history: History, incarnation: string, atMs: number): boolean {
  const life = history.lives.get(incarnation);
  return life !== undefined && life.startMs <= atMs && (life.endMs ?? Infinity) > atMs;
}

/** A death or a farewell of a worker around which nothing else was wrong: L2 is judged for these. */
export interface LoneEnd {
  readonly life: ProcessLife;
  readonly endMs: number;
  readonly boundMs: number;
  readonly held: readonly Tenure[];
}

export function loneEnds(history: History): LoneEnd[] {
  return [...history.lives.values()].flatMap((life) => {
    const { role, end, endMs } = life;
    if (role !== "worker" || endMs === undefined || end === "failed") return [];
    const boundMs =
      end === "killed" ? takeoverBoundMs(history.scenario) : gracefulBoundMs(history.scenario);
    if (!undisturbed(history, life, endMs + boundMs)) return [];
    return [{ life, endMs, boundMs, held: heldAtEnd(history, life) }];
  });
}

export function l2TakenOver(history: History): Violation[] {
  const violations: Violation[] = [];
  for (const { life, endMs, boundMs, held } of loneEnds(history)) {
    for (const tenure of held) {
      const next = history.tenures.all.find(
        (other) => other.leaseKey === tenure.leaseKey && other.take.step > tenure.take.step,
      );
      if (next !== undefined && next.take.atMs <= endMs + boundMs) continue;
      const when = next === undefined ? "never" : `after ${Math.round(next.take.atMs - endMs)} ms`;
      const message = `${tenure.leaseKey} of ${life.incarnation} (${life.end}) was taken over ${when}, bound ${Math.round(boundMs)} ms`;
      violations.push({ property: "L2", atMs: endMs, message });
    }
  }
  return violations;
}

/** What was held when it died, or let go while it stopped. */
function heldAtEnd(history: History, life: ProcessLife): Tenure[] {
  const fromMs = life.stopAskedMs ?? life.endMs ?? 0;
  return history.tenures.all.filter(
    ({ incarnation, end }) =>
      incarnation === life.incarnation &&
      (end === undefined || end.atMs >= fromMs) &&
      !(end?.after !== undefined && isShardEnd(end.after.checkpoint)),
  );
}

/** Nothing but this end happened from a lease's life before it until the bound after it. */
function undisturbed(history: History, life: ProcessLife, untilMs: number): boolean {
  const fromMs = (life.stopAskedMs ?? life.endMs ?? 0) - history.scenario.consumer.failoverTimeMs;
  if (untilMs >= history.healMs) return false;
  const others = history.schedule.filter(
    (fault) => concernsLeases(fault) && endMs(fault) >= fromMs && fault.atMs <= untilMs,
  );
  const survivors = [...history.lives.values()].filter(
    (one) =>
      one.role === "worker" &&
      one.startMs <= fromMs &&
      (one.stopAskedMs ?? Infinity) > untilMs &&
      (one.endMs ?? Infinity) > untilMs,
  );
  return others.length <= 1 && survivors.length > 0;
}

/** From one time to the other no worker came or went, one was there, and no fault but a reshard concerned leases. */
export function isQuiet(history: History, fromMs: number, untilMs: number): boolean {
  const isWithin = (atMs: number | undefined): boolean =>
    atMs !== undefined && atMs >= fromMs && atMs <= untilMs;
  const workers = [...history.lives.values()].filter(({ role }) => role === "worker");
  const faults = history.schedule.filter(
    (fault) =>
      concernsLeases(fault) &&
      fault.kind !== "split" &&
      fault.kind !== "merge" &&
      endMs(fault) >= fromMs &&
      fault.atMs <= untilMs,
  );
  const there = workers.filter(
    (life) => life.startMs < fromMs && (life.stopAskedMs ?? life.endMs ?? Infinity) > untilMs,
  );
  const moves = workers.filter(
    (life) => isWithin(life.startMs) || isWithin(life.stopAskedMs) || isWithin(life.endMs),
  );
  return faults.length === 0 && moves.length === 0 && there.length > 0;
}

/** Kinds that neither stop a worker nor come between it and the table. */
const HARMLESS: ReadonlySet<FaultKind> = new Set([
  "clock-jump",
  "partial-put",
  "count-mismatch",
  "expired-iterator",
  "empty-read",
  "processor-fails",
  "processor-hangs",
  "processor-slow",
]);

function concernsLeases(fault: Fault): boolean {
  if (HARMLESS.has(fault.kind)) return false;
  return !("place" in fault) || !fault.place.startsWith("producer");
}
