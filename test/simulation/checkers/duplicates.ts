/** Section 1.3: how often a record may be processed twice. */

import { isShardEnd } from "@shardline/model";
import type { History } from "../history/history.ts";
import type { Tenure } from "../history/tenures.ts";
import type { Violation } from "./violation.ts";

/** Of each tenure: how many records it processed that an earlier tenure had processed. */
export function repeatedByTenure(history: History): Map<Tenure, number> {
  const repeated = new Map<Tenure, number>();
  const done = new Set<string>();
  const finished = history.deliveries
    .filter((delivery) => delivery.outcome === "ok")
    .sort((a, b) => (a.endStep ?? 0) - (b.endStep ?? 0));
  for (const delivery of finished) {
    const { shardId, records } = delivery;
    const tenure = history.tenures.of(delivery);
    for (const record of records) {
      const key = `${shardId}/${record.sequenceNumber}/${record.subSequenceNumber}`;
      if (done.has(key) && tenure !== undefined) {
        repeated.set(tenure, (repeated.get(tenure) ?? 0) + 1);
      }
      done.add(key);
    }
  }
  return repeated;
}

/** Graceful ends, hand-offs and reshards repeat nothing; other ends at most what was not yet durable. */
export function boundedRepeats(history: History): Violation[] {
  const violations: Violation[] = [];
  const previous = new Map<string, Tenure>();
  const repeats = repeatedByTenure(history);
  for (const tenure of history.tenures.all) {
    const before = previous.get(tenure.leaseKey);
    previous.set(tenure.leaseKey, tenure);
    const repeated = repeats.get(tenure) ?? 0;
    if (repeated === 0) continue;
    const graceful = before?.end?.verb === "release" && history.onlyGracefulFaults;
    const bound = graceful
      ? 0
      : history.scenario.consumer.maxUncheckpointed + history.scenario.consumer.maxRecordsPerBatch;
    if (repeated <= bound) continue;
    const how = before === undefined ? "nothing" : endOf(before);
    const message = `${tenure.incarnation} processed ${repeated} records of ${tenure.leaseKey} again after ${how}; at most ${bound} allowed`;
    violations.push({ property: "D-read", atMs: tenure.take.atMs, message });
  }
  return violations;
}

function endOf({ incarnation, end }: Tenure): string {
  if (end === undefined) return `${incarnation}, which still holds it`;
  const ended = end.after !== undefined && isShardEnd(end.after.checkpoint);
  return `${incarnation}'s ${ended ? "SHARD_END" : end.verb}`;
}
