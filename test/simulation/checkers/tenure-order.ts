/** S4c: every call carries its tenure's fence. S2c: within a tenure deliveries are in order, without a hole, from the checkpoint of the take on. */

import type { Delivery, History } from "../history/history.ts";
import type { Tenure } from "../history/tenures.ts";
import type { Violation } from "./violation.ts";

export function s2cOrderInTenure(history: History): Violation[] {
  const byTenure = new Map<Tenure, Delivery[]>();
  const violations: Violation[] = [];
  for (const delivery of history.deliveries) {
    const { incarnation, shardId, fence, beginMs } = delivery;
    const tenure = history.tenures.of(delivery);
    const deliveries = tenure === undefined ? [] : (byTenure.get(tenure) ?? []);
    if (tenure === undefined || (deliveries[0]?.fence ?? fence) !== fence) {
      const message = `${incarnation} was given records of ${shardId} under fence ${fence}, which is not its tenure's`;
      violations.push({ property: "S4c", atMs: beginMs, message });
    }
    if (tenure !== undefined) byTenure.set(tenure, [...deliveries, delivery]);
  }
  for (const [tenure, deliveries] of byTenure) {
    violations.push(...judge(history, tenure, deliveries));
  }
  return violations;
}

function judge(history: History, tenure: Tenure, deliveries: readonly Delivery[]): Violation[] {
  const { leaseKey } = tenure;
  const records = history.truth.shard(leaseKey);
  const skipped = new Set(
    history.skips.flatMap((skip) => (skip.shardId === leaseKey ? skip.indexes : [])),
  );
  const from = tenure.take.after?.checkpoint;
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
        const message = `${tenure.incarnation} was given ${one.putId} of ${leaseKey} where ${expected?.putId ?? "nothing"} comes next`;
        return [{ property: "S2c", atMs: delivery.beginMs, message }];
      }
      next++;
    }
    again = delivery.outcome === "threw" ? begin : undefined;
  }
  return [];
}
