/** S4d: a lease is given up as taken, or its row as gone, only if the row says so (rule R4). */

import type { History, RowWrite, WorldEvent } from "../history/history.ts";
import type { Violation } from "./violation.ts";

/** What a worker says that the row told it; `expired` and `stopped` are its own doing. */
const TOLD_BY_THE_ROW: ReadonlySet<unknown> = new Set(["taken", "row-gone"]);

export function s4dHonestLosses(history: History): Violation[] {
  const violations: Violation[] = [];
  for (const event of history.events) {
    const { incarnation, payload, atMs } = event;
    if (event.name !== "lease-lost" || !TOLD_BY_THE_ROW.has(payload["reason"])) continue;
    if (hasCause(history, event)) continue;
    const message = `${incarnation} gave ${String(payload["shardId"])} up as ${String(payload["reason"])}, but nobody else wrote its row`;
    violations.push({ property: "S4d", atMs, message });
  }
  return violations;
}

/** Since this process last took it the row was written by another, or deleted. */
function hasCause(history: History, { incarnation, payload, step }: WorldEvent): boolean {
  const of = (write: RowWrite): boolean =>
    write.leaseKey === payload["shardId"] && write.step < step;
  const isOurs = (write: RowWrite): boolean => write.incarnation === incarnation;
  const take = history.rowWrites.findLast(
    (write) => of(write) && isOurs(write) && write.verb === "take",
  );
  return history.rowWrites.some(
    (write) =>
      of(write) &&
      write.step > (take?.step ?? 0) &&
      // A wish for a hand-off takes nothing from the holder.
      write.verb !== "requestHandOff" &&
      (!isOurs(write) || write.after === undefined),
  );
}
