import { failure, type KinesisApi, type LeaseTable } from "@shardline/model";
import { describe, expect, it } from "vitest";
import { intercepted, World } from "./support/world.ts";

const never = new Promise<never>(() => {});

describe("time", () => {
  it("L6: a batch that runs beyond maxProcessingTimeMs is aborted and its lease given up", async () => {
    const world = new World({ shards: 1 });
    await world.put(5);
    let signal: AbortSignal | undefined;
    world.start("w1", {
      maxProcessingTimeMs: 20_000,
      processRecords: (context) => {
        signal = context.signal;
        return never;
      },
    });
    await world.until(() => signal !== undefined);
    world.start("w2");
    await world.until(() => world.delivered.length === 5, 30_000);
    expect(signal?.aborted).toBe(true);
    expect(world.delivered[0]?.workerId).toBe("w2");
  });

  it("a hand-off waits for the batch, but not for ever: then it goes without it", async () => {
    const world = new World({ shards: 2 });
    const stuck: string[] = [];
    world.start("w1", {
      handOffTimeoutMs: 5_000,
      processRecords: ({ shardId }) => {
        stuck.push(shardId);
        return never;
      },
    });
    await world.clock.advance(2_000);
    await world.put(20);
    await world.until(() => stuck.length === 2);
    world.start("w2");
    await world.until(() => world.delivered.length > 0, 15_000);
    expect(world.owners()["w1"]).toHaveLength(1);
  });

  it("L5: stop ends by its deadline, whatever hangs", async () => {
    const world = new World({ shards: 2 });
    let cut = false;
    const hang = (_: string, call: () => Promise<unknown>): Promise<unknown> =>
      cut ? never : call();
    const { worker, done } = world.start("w", {
      kinesis: intercepted(world.kinesis as KinesisApi, hang),
      leases: intercepted(world.leases as LeaseTable, hang),
      processRecords: () => never,
    });
    await world.put(10);
    await world.clock.advance(3_000);
    cut = true;
    let stopped = false;
    void worker.stop({ timeoutMs: 5_000 }).then(() => {
      stopped = true;
    });
    await world.clock.advance(5_000 + 1_000 + 7_000);
    expect(stopped).toBe(true);
    expect(await done).toBeUndefined();
  });

  it("regression 4: a first describe, table and listing that fail are tried again", async () => {
    const world = new World({ shards: 1 });
    await world.put(5);
    const refused = new Set(["describeStream", "ensure", "listShards", "list"]);
    const once = async (method: string, call: () => Promise<unknown>): Promise<unknown> =>
      refused.delete(method) ? failure("unavailable", "ECONNRESET", "reset") : call();
    world.start("w", {
      kinesis: intercepted(world.kinesis as KinesisApi, once),
      leases: intercepted(world.leases as LeaseTable, once),
    });
    await world.until(() => world.delivered.length === 5, 10_000);
    expect(refused.size).toBe(0);
  });

  it("a stream that does not exist is one clear error at once", async () => {
    const world = new World();
    const { done } = world.start("w", { streamName: "nowhere" });
    await world.clock.advance(10);
    expect(await done).toMatchObject({
      code: "STREAM_NOT_FOUND",
      message: "stream nowhere does not exist: check its name, the region and the endpoint",
    });
    expect(world.clock.pendingTimers).toBe(0);
  });

  it("a table of another stream is one clear error", async () => {
    const world = new World({ shards: 1 });
    const first = world.start("w");
    await world.clock.advance(2_000);
    void first.worker.stop();
    await world.clock.advance(2_000);
    world.kinesis.call("CreateStream", { StreamName: "other", ShardCount: 1 });
    const { done } = world.start("v", { streamName: "other" });
    await world.clock.advance(2_000);
    expect(await done).toMatchObject({ code: "TABLE_MISMATCH" });
    expect(((await done) as Error).message).toContain("use another applicationName");
  });
});
