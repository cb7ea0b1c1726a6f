/** S4a fenced writes, S4b no two tenures start to deliver at once. */

import { isShardEnd } from "@shardline/model";
import type { History, RowWrite } from "../history/history.ts";
import { type Tenure, Tenures } from "../history/tenures.ts";
import type { Violation } from "./violation.ts";

const BY_HOLDER: ReadonlySet<string> = new Set(["renew", "checkpoint", "setChildren", "release"]);

export function s4aFencedWrites(history: History): Violation[] {
  const violations: Violation[] = [];
  const last = new Map<string, Tenure>();
  void new Tenures(history.rowWrites, (write, current) => {
    if (current !== undefined) last.set(write.leaseKey, current);
    const problem = intrusion(write, current, last.get(write.leaseKey));
    if (problem === undefined) return;
    const message = `${write.incarnation} did ${write.verb} on ${write.leaseKey}: ${problem}`;
    violations.push({ property: "S4a", atMs: write.atMs, message });
  });
  return violations;
}

function intrusion(
  write: RowWrite,
  current: Tenure | undefined,
  last: Tenure | undefined,
): string | undefined {
  const ended = write.before !== undefined && isShardEnd(write.before.checkpoint);
  if (write.verb === "delete") return ended ? undefined : "the lease was not finished";
  if (!BY_HOLDER.has(write.verb)) return undefined;
  if (current === undefined) {
    // The one that brought the lease to its end may still tidy up.
    return ended && last?.incarnation === write.incarnation ? undefined : "nobody holds it";
  }
  if (current.incarnation === write.incarnation) return undefined;
  return `it is held by ${current.incarnation} under fence ${current.fence}`;
}

export function s4bNoStaleDelivery(history: History): Violation[] {
  const violations: Violation[] = [];
  for (const delivery of history.deliveries) {
    const { incarnation, shardId, fence, beginStep } = delivery;
    const end = history.tenures.of(delivery)?.end;
    if (end === undefined || end.step > beginStep || end.verb === "operator") continue;
    const message = `${incarnation} was given records of ${shardId} under fence ${fence} after ${end.verb} by ${end.incarnation} had ended it`;
    violations.push({ property: "S4b", atMs: delivery.beginMs, message });
  }
  return violations;
}
