/** S4c: every call carries a fence that grows from tenure to tenure. S2c: within a tenure deliveries are in order, without a hole, from the checkpoint of the take on. */

import type { History } from "../history/history.ts";
import type { LivedTenure } from "../history/tenures.ts";
import type { Violation } from "./violation.ts";

export function s4cFences(history: History): Violation[] {
  const violations: Violation[] = [];
  const highest = new Map<string, number>();
  const { tampered } = history;
  for (const { leaseKey, fence, incarnation, start, tenure, deliveries } of history.lived) {
    const atMs = deliveries[0]?.beginMs ?? 0;
    const who = `${incarnation} was given records of ${leaseKey} under fence ${fence}`;
    if (start === undefined || tenure === undefined) {
      violations.push({ property: "S4c", atMs, message: `${who}, which it has never written` });
    }
    const before = highest.get(leaseKey) ?? -1;
    if (before >= fence && !tampered.has(leaseKey)) {
      violations.push({ property: "S4c", atMs, message: `${who} after fence ${before} was seen` });
    }
    highest.set(leaseKey, Math.max(before, fence));
  }
  return violations;
}

export function s2cOrderInTenure(history: History): Violation[] {
  return history.lived.flatMap((lived) => judge(history, lived));
}

function judge(
  history: History,
  { leaseKey, start, incarnation, deliveries }: LivedTenure,
): Violation[] {
  const records = history.truth.shard(leaseKey);
  const skipped = new Set(
    history.skips.flatMap((skip) => (skip.shardId === leaseKey ? skip.indexes : [])),
  );
  const from = start?.after?.checkpoint;
  let next = from === undefined ? 0 : history.truth.countThrough(leaseKey, from);
  /** Where a batch that failed began: it is given again, or what is left of it. */
  let again: number | undefined;
  for (const delivery of deliveries) {
    const first = delivery.records[0];
    const firstIndex = first === undefined ? undefined : history.truth.at(leaseKey, first)?.index;
    if (again !== undefined && firstIndex !== undefined && firstIndex < next) {
      next = Math.max(again, firstIndex);
    }
    const begin = next;
    for (const one of delivery.records) {
      const stored = history.truth.at(leaseKey, one);
      while (next < (stored?.index ?? 0) && (records[next]?.kept === false || skipped.has(next)))
        next++;
      if (stored?.index !== next) {
        const expected = records[next];
        const message = `${incarnation} was given ${one.putId} of ${leaseKey} where ${expected?.putId ?? "nothing"} comes next`;
        return [{ property: "S2c", atMs: delivery.beginMs, message }];
      }
      next++;
    }
    again = delivery.outcome === "threw" ? begin : undefined;
  }
  return [];
}
