/** L9: a child finds an owner soon after the last of its parents has ended. */

import { isShardEnd } from "@shardline/model";
import type { History } from "../history/history.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { isQuiet } from "./ownership.ts";
import type { Violation } from "./violation.ts";

/** Whoever it is dealt to takes it at the next scan; whoever sees it later than that, at the one after. */
function birthBoundMs({ consumer }: Scenario): number {
  return (consumer.scanIntervalMs * (1.5 + 1.1) + 1000) * 1.02;
}

export interface Birth {
  readonly leaseKey: string;
  /** When the last parent ended. */
  readonly dueMs: number;
  readonly boundMs: number;
}

/** The children whose last parent ended while nothing else was wrong. */
export function quietBirths(history: History): Birth[] {
  const endedMs = new Map<string, number>();
  for (const { leaseKey, after, atMs } of history.rowWrites) {
    if (after === undefined || !isShardEnd(after.checkpoint) || endedMs.has(leaseKey)) continue;
    endedMs.set(leaseKey, atMs);
  }
  const boundMs = birthBoundMs(history.scenario);
  const { failoverTimeMs } = history.scenario.consumer;
  return [...history.shards.values()].flatMap(({ shard, goneMs }) => {
    const { shardId: leaseKey, parentShardIds } = shard;
    if (parentShardIds.length === 0 || goneMs !== undefined) return [];
    const dueMs = Math.max(...parentShardIds.map((id) => endedMs.get(id) ?? Infinity));
    if (history.tampered.has(leaseKey) || dueMs + boundMs > history.closeMs) return [];
    const quiet = isQuiet(history, dueMs - failoverTimeMs, dueMs + boundMs);
    return quiet ? [{ leaseKey, dueMs, boundMs }] : [];
  });
}

export function l9ChildrenStart(history: History): Violation[] {
  return quietBirths(history).flatMap(({ leaseKey, dueMs, boundMs }) => {
    const take = history.tenures.all.find((tenure) => tenure.leaseKey === leaseKey)?.take;
    if (take !== undefined && take.atMs <= dueMs + boundMs) return [];
    const when = take === undefined ? "never" : `after ${Math.round(take.atMs - dueMs)} ms`;
    const message = `${leaseKey} was begun ${when} when its parents had ended, bound ${Math.round(boundMs)} ms`;
    return [{ property: "L9", atMs: dueMs, message }];
  });
}
