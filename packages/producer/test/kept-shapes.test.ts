import { setFlagsFromString } from "node:v8";
import { runInThisContext } from "node:vm";
import { expect, it } from "vitest";
import { Entry } from "../src/core/entry.ts";
import type { Lane } from "../src/core/lane.ts";
import { AttemptHistory } from "../src/result.ts";
import { BatchTicket, Moment, PromiseTicket } from "../src/ticket.ts";

setFlagsFromString("--allow-natives-syntax");
const haveSameShape = runInThisContext("(a, b) => %HaveSameMap(a, b)") as (
  a: object,
  b: object,
) => boolean;

const ignore = (): void => {};
const moment = new Moment(1, 1.5);

function usedEntry(): Entry {
  const wire = {
    data: Buffer.alloc(8),
    partitionKey: "a",
    partitionKeyBytes: 1,
    explicitHashKey: "1",
    aggregated: true,
    userBytes: 4,
  };
  const entry = new Entry(wire, [{ acceptedAtMs: 1.5 }], {} as Lane, 30_001.5);
  entry.stagedAtMs = 1.5;
  entry.readyAtMs = 2.5;
  return entry;
}

it.each<[string, object, () => object]>([
  ["Moment", Moment.KEPT, () => moment],
  ["PromiseTicket", PromiseTicket.KEPT, () => new PromiseTicket(moment, ignore, ignore)],
  ["BatchTicket", BatchTicket.KEPT, () => new BatchTicket(moment, { settled: ignore }, 7)],
  ["Entry", Entry.KEPT, usedEntry],
  ["AttemptHistory", AttemptHistory.KEPT, () => used(new AttemptHistory(usedEntry()))],
])("the kept %s has the shape of those in use", (_name, kept, inUse) => {
  expect(haveSameShape(kept, inUse())).toBe(true);
});

function used(history: AttemptHistory): AttemptHistory {
  history.since(1.5);
  return history;
}
