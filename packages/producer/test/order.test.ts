/** What becomes of the records behind one that fails, in the modes that keep an order. */

import { type Failure, failure } from "@shardline/model";
import { describe, expect, it } from "vitest";
import type { Order } from "../src/index.ts";
import { newWorld, until, watch, type World } from "./world.ts";

const record = (i: number) => ({ partitionKey: "k", data: `${i}` });
const texts = ({ kinesis }: World): string[] => kinesis.read().map(({ text }) => text);

/** A world where every request with record 1 in it fails. */
function failing(order: Order, failed: Failure): World {
  const world = newWorld({ order, aggregation: false, recordTtlMs: 10_000 });
  world.kinesis.script = ({ entries }) =>
    entries.some(({ data }) => Buffer.from(data).toString() === "1") ? failed : undefined;
  return world;
}

describe.each<Order>(["ordered", "strict"])("order %s", (order) => {
  it("a record that is refused for good leaves a hole, and its put() tells", async () => {
    const world = failing(order, failure("kms", "KMSDisabledException", "the key is disabled"));
    const puts = [0, 1, 2, 3].map((i) => watch(world.producer.put(record(i))));
    await until(world.clock, world.producer.flush());
    expect(texts(world)).toEqual(["0", "2", "3"]);
    expect(puts[1]?.ended).toMatchObject({
      error: { code: "RECORD_REJECTED", reason: "KMSDisabledException" },
    });
  });

  it.each([
    ["certainly not stored", false, "RECORD_REJECTED"],
    ["possibly stored", true, "RECORD_OUTCOME_UNKNOWN"],
  ])("none overtakes one that is tried, %s, until its time is over", async (_, ambiguous, code) => {
    const failed = failure("unavailable", "InternalFailure", "…", ambiguous);
    const world = failing(order, failed);
    const { clock, producer } = world;
    const first = [0, 1].map((i) => watch(producer.put(record(i))));
    await clock.advance(5000);
    const behind = [2, 3].map((i) => watch(producer.put(record(i))));
    await clock.advance(4999);
    expect(first[1]?.ended).toBeUndefined();
    expect(texts(world)).toEqual(["0"]);
    await clock.advance(3000);
    expect(first[1]?.ended).toMatchObject({ error: { code, reason: "Expired" } });
    for (const { ended } of behind) expect(ended).toHaveProperty("ok");
    expect(texts(world)).toEqual(["0", "2", "3"]);
  });
});
