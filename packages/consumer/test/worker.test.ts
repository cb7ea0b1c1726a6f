import { describe, expect, it } from "vitest";
import { Killable, World } from "./support/world.ts";

describe("Worker", () => {
  it("delivers every record once, in order, and gives everything back on stop", async () => {
    const world = new World({ shards: 4 });
    await world.put(100);
    const { worker, done } = world.start("w1");
    await world.until(() => world.delivered.length === 100, 3_000);
    expect(new Set(world.texts()).size).toBe(100);
    for (const shardId of new Set(world.delivered.map((d) => d.shardId))) {
      const mine = world.delivered
        .filter((d) => d.shardId === shardId)
        .map((d) => d.sequenceNumber);
      expect(mine).toEqual([...mine].sort());
    }
    const stopping = worker.stop();
    await world.clock.advance(2_000);
    await stopping;
    expect(await done).toBeUndefined();
    expect(Object.keys(world.owners())).toEqual(["nobody"]);
    for (const shardId of new Set(world.delivered.map((d) => d.shardId))) {
      const last = world.delivered.filter((d) => d.shardId === shardId).at(-1);
      expect(world.row(shardId)?.checkpoint.sequenceNumber).toBe(last?.sequenceNumber);
    }
    expect(world.clock.pendingTimers).toBe(0);
  });

  it("two workers share the shards, moved by hand-off without a duplicate (L3)", async () => {
    const world = new World({ shards: 4 });
    world.start("w1");
    await world.clock.advance(5_000);
    expect(world.owners()).toEqual({ w1: expect.any(Array) });
    world.start("w2");
    for (let i = 0; i < 20; i++) {
      await world.put(40, `p${i}-`);
      await world.clock.advance(1_000);
    }
    const owners = world.owners();
    expect(owners["w1"]).toHaveLength(2);
    expect(owners["w2"]).toHaveLength(2);
    expect(world.delivered).toHaveLength(800);
    expect(new Set(world.texts()).size).toBe(800);
  });

  it("L2: a killed worker's shards deliver elsewhere within the failover time and 3 s", async () => {
    const world = new World({ shards: 4 });
    const killable = new Killable(world);
    world.start("w1", killable.ports());
    world.start("w2");
    await world.clock.advance(15_000);
    expect(world.owners()["w1"]).toHaveLength(2);
    killable.kill();
    await world.put(100);
    const tookMs = await world.until(() => world.delivered.length >= 100);
    expect(tookMs).toBeLessThan(13_000);
    expect(new Set(world.texts()).size).toBe(100);
  });

  it("L2: after a graceful stop the shards deliver elsewhere within 1.5 s, without a duplicate", async () => {
    const world = new World({ shards: 4 });
    const first = world.start("w1");
    world.start("w2");
    await world.put(100, "a");
    await world.clock.advance(15_000);
    await world.put(100, "b");
    void first.worker.stop();
    await world.put(100, "c");
    const tookMs = await world.until(() => world.delivered.length >= 300);
    expect(tookMs).toBeLessThan(1_500);
    expect(new Set(world.texts()).size).toBe(300);
    expect(world.delivered).toHaveLength(300);
  });

  it("S5: a split and a merge: parents before children, SHARD_END, children within 1 s + p", async () => {
    const world = new World({ shards: 1 });
    world.start("w1");
    await world.put(50, "a");
    world.kinesis.call("SplitShard", {
      StreamName: "orders",
      ShardToSplit: "shardId-000000000000",
      NewStartingHashKey: (2n ** 127n).toString(),
    });
    await world.put(50, "b");
    world.kinesis.call("MergeShards", {
      StreamName: "orders",
      ShardToMerge: "shardId-000000000001",
      AdjacentShardToMerge: "shardId-000000000002",
    });
    await world.put(50, "c");
    await world.until(() => world.delivered.length === 150, 10_000);
    const order = world.delivered.map(({ text }) => text[0]).join("");
    expect(order).toBe("a".repeat(50) + "b".repeat(50) + "c".repeat(50));
    for (const id of ["shardId-000000000000", "shardId-000000000001", "shardId-000000000002"]) {
      expect(world.row(id)).toMatchObject({
        checkpoint: { sequenceNumber: "SHARD_END" },
        owner: undefined,
      });
    }
    expect(world.row("shardId-000000000000")?.childShardIds).toHaveLength(2);
  });
});
