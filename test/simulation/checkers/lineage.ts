/** S5 parents first, S5c no child is forgotten. */

import { isShardEnd } from "@shardline/model";
import type { History } from "../history/history.ts";
import type { Violation } from "./violation.ts";

export function s5ParentsFirst(history: History): Violation[] {
  const endStep = new Map<string, number>();
  for (const { leaseKey, after, verb, step } of history.rowWrites) {
    const over = (after !== undefined && isShardEnd(after.checkpoint)) || verb === "operator";
    if (over && !endStep.has(leaseKey)) endStep.set(leaseKey, step);
  }
  const violations: Violation[] = [];
  const seen = new Set<string>();
  for (const delivery of history.deliveries) {
    if (seen.has(delivery.shardId)) continue;
    seen.add(delivery.shardId);
    for (const parent of history.shards.get(delivery.shardId)?.shard.parentShardIds ?? []) {
      const trimmed = history.shards.get(parent)?.goneMs !== undefined;
      if (trimmed || (endStep.get(parent) ?? Infinity) < delivery.beginStep) continue;
      const message = `${delivery.incarnation} was given records of ${delivery.shardId} before its parent ${parent} was at SHARD_END`;
      violations.push({ property: "S5", atMs: delivery.beginMs, message });
    }
  }
  return violations;
}

export function s5cNoLostChildren(history: History): Violation[] {
  const everHadRow = new Set(history.rowWrites.map(({ leaseKey }) => leaseKey));
  const violations: Violation[] = [];
  for (const { shard } of history.shards.values()) {
    if (everHadRow.has(shard.shardId)) continue;
    if (!shard.parentShardIds.every((parent) => history.endedShards.has(parent))) continue;
    const message = `${shard.shardId} has no lease though its parents are at SHARD_END`;
    violations.push({ property: "S5c", atMs: history.endMs, message });
  }
  return violations;
}
