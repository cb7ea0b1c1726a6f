/** O-put: in the ordered modes the records of a key stand in the stream in the order of put(). */

import { compareCheckpoints } from "@shardline/model";
import type { History, Put } from "../history/history.ts";
import type { StoredUserRecord } from "../oracle/stream-truth.ts";
import type { Violation } from "./violation.ts";

export function putOrder(history: History): Violation[] {
  if (history.scenario.producer.order === "none") return [];
  const violations: Violation[] = [];
  const last = new Map<string, { readonly put: Put; readonly copy: StoredUserRecord }>();
  for (const put of history.puts.values()) {
    if (put.result?.kind !== "ok") continue;
    const copy = firstCopy(history, put);
    if (copy === undefined) continue;
    const lane = `${put.incarnation}/${put.explicitHashKey ?? put.partitionKey}`;
    const before = last.get(lane);
    if (before !== undefined && isBefore(history, copy, before.copy)) {
      const message = `${put.id} stands before ${before.put.id} though it was put later`;
      violations.push({ property: "O-put", atMs: put.atMs, message });
    }
    last.set(lane, { put, copy });
  }
  return violations;
}

/** The first that a reader meets: parents are read before children. */
function firstCopy(history: History, put: Put): StoredUserRecord | undefined {
  const copies = (history.truth.byPut.get(put.id) ?? []).filter((copy) => copy.kept);
  return copies.sort((a, b) => (isBefore(history, a, b) ? -1 : 1))[0];
}

function isBefore(history: History, a: StoredUserRecord, b: StoredUserRecord): boolean {
  if (a.shardId === b.shardId) return compareCheckpoints(a, b) < 0;
  const createdMs = (shardId: string): number => history.shards.get(shardId)?.createdMs ?? 0;
  return createdMs(a.shardId) < createdMs(b.shardId);
}
