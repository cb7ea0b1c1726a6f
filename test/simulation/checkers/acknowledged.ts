/** S1 no acknowledged loss, S1b failures are honest, and no more copies than doubts. */

import { hashKeyOf, rangeContains } from "@shardline/model";
import type { History, Put } from "../history/history.ts";
import type { Violation } from "./violation.ts";

export function s1NoAcknowledgedLoss(history: History): Violation[] {
  const violations: Violation[] = [];
  for (const put of history.puts.values()) {
    const problem = lossOf(history, put);
    if (problem !== undefined) {
      violations.push({
        property: "S1",
        atMs: put.settledAtMs ?? put.atMs,
        message: `${put.id} was acknowledged but ${problem}`,
      });
    }
  }
  return violations;
}

function lossOf(history: History, put: Put): string | undefined {
  const { result } = put;
  if (result?.kind !== "ok") return undefined;
  const where = `${result.shardId} ${result.sequenceNumber}/${result.subSequenceNumber}`;
  const stored = history.truth.at(result.shardId, result);
  if (stored === undefined) return `there is nothing at ${where}`;
  if (stored.putId !== put.id) return `${where} holds ${stored.putId}`;
  if (stored.data !== put.data) return `${where} holds other bytes`;
  if (stored.partitionKey !== put.partitionKey) return `${where} has another partition key`;
  const range = history.shards.get(result.shardId)?.shard.hashKeyRange;
  const hashKey = hashKeyOf(put.partitionKey, put.explicitHashKey);
  if (range !== undefined && !rangeContains(range, hashKey)) return `${where} is not its shard`;
  if (!stored.kept) return `a KCL reader throws the envelope at ${where} away`;
  return undefined;
}

export function s1bFailedIsHonest(history: History): Violation[] {
  const violations: Violation[] = [];
  for (const put of history.puts.values()) {
    if (put.result?.kind !== "rejected") continue;
    const copy = history.truth.byPut.get(put.id)?.[0];
    if (copy === undefined) continue;
    violations.push({
      property: "S1b",
      atMs: put.settledAtMs ?? put.atMs,
      message: `${put.id} was reported rejected (${put.result.code}) but is in ${copy.shardId}`,
    });
  }
  return violations;
}

/** Section 1.3: a record is in the stream at most once for its success and once for each doubt. */
export function duplicatePuts(history: History): Violation[] {
  const violations: Violation[] = [];
  for (const put of history.puts.values()) {
    if (put.result === undefined) continue;
    const copies = history.truth.byPut.get(put.id)?.filter((copy) => copy.kept) ?? [];
    // An unknown one may have been on its way when it was given up.
    const allowed = put.ambiguousAttempts + (put.result.kind === "rejected" ? 0 : 1);
    if (copies.length <= allowed) continue;
    violations.push({
      property: "D-put",
      atMs: put.settledAtMs ?? put.atMs,
      message: `${put.id} (${put.result.kind}) is in the stream ${copies.length} times, ${allowed} explained`,
    });
  }
  return violations;
}
