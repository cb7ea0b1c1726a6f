/**
 * S2 at least once, S2b honest checkpoints, S3 monotone checkpoints, S5b honest ends.
 *
 * The history is walked once in its own order, with the set of processed records kept for each shard,
 * so the prefix form of S2 is asked at every checkpoint that became durable.
 */

import { compareCheckpoints, isSentinel, isShardEnd } from "@shardline/model";
import type { DeliveredRecord, History, RowWrite } from "../history/history.ts";
import type { Violation } from "./violation.ts";

/** What is processed of one shard: which of its user records, and how many from the start on. */
class Progress {
  readonly #history: History;
  readonly #shardId: string;
  readonly #done = new Set<number>();
  #prefix = 0;

  constructor(history: History, shardId: string) {
    this.#history = history;
    this.#shardId = shardId;
  }

  mark(index: number): void {
    this.#done.add(index);
  }

  /** The first record at or after `from` and before `until` that nobody has processed. */
  firstHole(until: number): number | undefined {
    const records = this.#history.truth.shard(this.#shardId);
    while (this.#prefix < until) {
      const record = records[this.#prefix];
      if (record === undefined) return undefined;
      if (record.kept && !this.#done.has(this.#prefix)) return this.#prefix;
      this.#prefix++;
    }
    return undefined;
  }
}

type Step =
  | {
      readonly step: number;
      readonly kind: "processed";
      readonly shardId: string;
      readonly records: readonly DeliveredRecord[];
    }
  | { readonly step: number; readonly kind: "write"; readonly write: RowWrite }
  | {
      readonly step: number;
      readonly kind: "skipped";
      readonly shardId: string;
      readonly indexes: readonly number[];
    };

export function s2AndCheckpoints(history: History): Violation[] {
  const violations: Violation[] = [];
  const progress = new Map<string, Progress>();
  const of = (shardId: string): Progress => {
    const known = progress.get(shardId) ?? new Progress(history, shardId);
    progress.set(shardId, known);
    return known;
  };
  for (const step of steps(history)) {
    if (step.kind === "write") {
      violations.push(...judgeWrite(history, step.write, of(step.write.leaseKey)));
    } else if (step.kind === "skipped") {
      for (const index of step.indexes) of(step.shardId).mark(index);
    } else {
      const { shardId, records } = step;
      for (const record of records) {
        const stored = history.truth.at(shardId, record);
        if (stored !== undefined) of(shardId).mark(stored.index);
      }
    }
  }
  return [...violations, ...s2Holes(history, of)];
}

function s2Holes(history: History, of: (shardId: string) => Progress): Violation[] {
  const violations: Violation[] = [];
  for (const [shardId, { closedMs, goneMs }] of history.shards) {
    const hole = of(shardId).firstHole(history.truth.shard(shardId).length);
    if (hole !== undefined) {
      const record = history.truth.shard(shardId)[hole];
      violations.push({
        property: "S2",
        atMs: history.endMs,
        message: `${record?.putId} at ${shardId} ${record?.sequenceNumber}/${record?.subSequenceNumber} was never processed`,
      });
    }
    if (closedMs !== undefined && goneMs === undefined && !history.endedShards.has(shardId)) {
      const message = `${shardId} is closed and read, but its lease did not come to SHARD_END`;
      violations.push({ property: "S2", atMs: history.endMs, message });
    }
  }
  return violations;
}

function judgeWrite(history: History, write: RowWrite, progress: Progress): Violation[] {
  const { before, after, leaseKey, atMs } = write;
  if (after === undefined || write.verb === "operator") return [];
  const violations: Violation[] = [];
  const { checkpoint } = after;
  if (before !== undefined) {
    if (compareCheckpoints(before.checkpoint, checkpoint) === 0) return [];
    if (compareCheckpoints(before.checkpoint, checkpoint) > 0) {
      const message = `${leaseKey} went back from ${before.checkpoint.sequenceNumber} to ${checkpoint.sequenceNumber}`;
      violations.push({ property: "S3", atMs, message });
    }
  }
  const shard = history.shards.get(leaseKey);
  if (isShardEnd(checkpoint) && (shard?.closedMs === undefined || shard.closedMs > atMs)) {
    const message = `${leaseKey} was marked SHARD_END while the shard was open`;
    violations.push({ property: "S5b", atMs, message });
  }
  if (isSentinel(checkpoint.sequenceNumber) && !isShardEnd(checkpoint)) return violations;
  const hole = progress.firstHole(history.truth.countThrough(leaseKey, checkpoint));
  if (hole !== undefined) {
    const record = history.truth.shard(leaseKey)[hole];
    const message = `${leaseKey} was checkpointed at ${checkpoint.sequenceNumber}/${checkpoint.subSequenceNumber} but ${record?.putId} before it is not processed`;
    violations.push({ property: "S2b", atMs, message });
  }
  return violations;
}

function steps(history: History): Step[] {
  const all: Step[] = history.rowWrites.map((write) => ({
    step: write.step,
    kind: "write",
    write,
  }));
  const calls = [...history.deliveries, ...history.letters];
  for (const { shardId, records, vouched, outcome, endStep } of calls) {
    for (const vouch of vouched) all.push({ ...vouch, kind: "processed", shardId });
    if (outcome !== "ok" || endStep === undefined) continue;
    all.push({ step: endStep, kind: "processed", shardId, records });
  }
  for (const { shardId, indexes, step } of history.skips) {
    all.push({ step, kind: "skipped", shardId, indexes });
  }
  return all.sort((a, b) => a.step - b.step);
}
