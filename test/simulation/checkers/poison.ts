/** H11: a record that the service refuses takes nobody with it. */

import { readEnvelope } from "../oracle/read-envelope.ts";
import { putIdOf } from "../oracle/stream-truth.ts";
import type { History } from "../history/history.ts";
import type { Violation } from "./violation.ts";

/** After so many lone refusals and no success the producer takes the request itself to be wrong. */
const HOPELESS_AFTER = 8;

export function poisonStandsAlone(history: History): Violation[] {
  const refused = new Set<string>();
  const refusals = new Map<string, number>();
  for (const { data, incarnation } of history.refusedAlone) {
    refusals.set(incarnation, (refusals.get(incarnation) ?? 0) + 1);
    for (const member of readEnvelope(data) ?? [{ data }]) {
      refused.add(putIdOf(Buffer.from(member.data).toString("latin1")));
    }
  }
  const violations: Violation[] = [];
  for (const put of history.puts.values()) {
    if (put.isPoison && put.result?.kind === "ok") {
      const message = `${put.id} was acknowledged, though the service does not take it`;
      violations.push({ property: "H11", atMs: put.atMs, message });
    }
    if (put.isPoison || put.result?.kind !== "rejected") continue;
    if (put.result.code !== "ValidationException" || refused.has(put.id)) continue;
    if ((refusals.get(put.incarnation) ?? 0) >= HOPELESS_AFTER) continue;
    const message = `${put.id} was refused for another's fault`;
    violations.push({ property: "H11", atMs: put.settledAtMs ?? put.atMs, message });
  }
  return violations;
}
