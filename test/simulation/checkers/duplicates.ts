/** Section 1.3: how often a record may be processed twice. */

import { isShardEnd } from "@shardline/model";
import type { History } from "../history/history.ts";
import type { LivedTenure } from "../history/tenures.ts";
import type { Violation } from "./violation.ts";

/** Of each tenure: how many records it processed that an earlier one had processed. */
function repeatedByTenure(history: History): Map<LivedTenure, number> {
  const finished = history.lived.flatMap((lived) =>
    lived.deliveries.flatMap(({ endStep, outcome, records }) =>
      outcome === "ok" && endStep !== undefined ? [{ lived, endStep, records }] : [],
    ),
  );
  finished.sort((a, b) => a.endStep - b.endStep);
  const done = new Map<string, LivedTenure>();
  const repeated = new Map<LivedTenure, number>();
  for (const { lived, records } of finished) {
    for (const { sequenceNumber, subSequenceNumber } of records) {
      const key = `${lived.leaseKey}/${sequenceNumber}/${subSequenceNumber}`;
      const earlier = done.get(key);
      if (earlier !== undefined && earlier !== lived) {
        repeated.set(lived, (repeated.get(lived) ?? 0) + 1);
      }
      done.set(key, lived);
    }
  }
  return repeated;
}

/** Graceful ends, hand-offs and reshards repeat nothing; other ends at most what was not yet durable. */
export function boundedRepeats(history: History): Violation[] {
  const { maxUncheckpointed, maxRecordsPerBatch } = history.scenario.consumer;
  const { tampered } = history;
  const violations: Violation[] = [];
  const previous = new Map<string, LivedTenure>();
  const repeats = repeatedByTenure(history);
  for (const lived of history.lived) {
    const before = previous.get(lived.leaseKey);
    previous.set(lived.leaseKey, lived);
    const repeated = repeats.get(lived) ?? 0;
    if (repeated === 0 || tampered.has(lived.leaseKey)) continue;
    const graceful = before?.tenure?.end?.verb === "release" && history.onlyGracefulFaults;
    const bound = graceful ? 0 : maxUncheckpointed + maxRecordsPerBatch;
    if (repeated <= bound) continue;
    const message = `${lived.incarnation} processed ${repeated} records of ${lived.leaseKey} again after ${endOf(before)}; at most ${bound} allowed`;
    violations.push({ property: "D-read", atMs: lived.deliveries[0]?.beginMs ?? 0, message });
  }
  return violations;
}

function endOf(lived: LivedTenure | undefined): string {
  if (lived === undefined) return "nobody";
  const { incarnation, tenure } = lived;
  if (tenure?.end === undefined) return `${incarnation}, which still holds it`;
  const { after, verb } = tenure.end;
  const ended = after !== undefined && isShardEnd(after.checkpoint);
  return `${incarnation}, ended by ${ended ? "SHARD_END" : verb}`;
}
