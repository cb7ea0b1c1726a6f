import { failure, type KinesisApi } from "@shardline/model";
import { describe, expect, it } from "vitest";
import { type ConsumerEvents, consumerEvents } from "../src/index.ts";
import { intercepted, Killable, STREAM, World } from "./support/world.ts";

const ONE = "shardId-000000000000";
const never = new Promise<never>(() => {});

function listen<Name extends keyof ConsumerEvents>(name: Name): ConsumerEvents[Name][] {
  const events: ConsumerEvents[Name][] = [];
  consumerEvents.subscribe(name, (event) => void events.push(event));
  return events;
}

describe("reading", () => {
  it("F45: an iterator that expires before and after the first record loses and repeats nothing", async () => {
    const world = new World({ shards: 1 });
    await world.put(10, "a");
    let expire = 3;
    const kinesis = intercepted(world.kinesis as KinesisApi, async (method, call) =>
      method === "getRecords" && expire-- > 0
        ? failure("expired-iterator", "ExpiredIteratorException", "expired")
        : call(),
    );
    world.start("w", { kinesis });
    await world.until(() => world.delivered.length === 10);
    expire = 2;
    await world.put(10, "b");
    await world.until(() => world.delivered.length === 20);
    expect(new Set(world.texts()).size).toBe(20);
  });

  it("LATEST is fixed when the lease is made: a restart and an expired iterator do not move it", async () => {
    const world = new World({ shards: 1 });
    await world.put(5, "before");
    await world.clock.advance(1_000);
    const killable = new Killable(world);
    const dead = intercepted(world.kinesis as KinesisApi, (method, call) =>
      method === "getRecords" ? never : call(),
    );
    world.start("w1", { ...killable.ports(), initialPosition: "latest", kinesis: dead });
    await world.until(() => world.row(ONE)?.owner === "w1");
    expect(world.row(ONE)?.checkpoint.sequenceNumber).toBe("LATEST");
    await world.clock.advance(1_000);
    await world.put(5, "after");
    killable.kill();
    await world.clock.advance(5_000);
    world.start("w2", { initialPosition: "latest" });
    await world.until(() => world.delivered.length >= 5, 30_000);
    await world.clock.advance(5_000);
    expect(world.texts()).toEqual(["after0", "after1", "after2", "after3", "after4"]);
  });

  it("R11: ResourceNotFound is looked into: the stream gone is STREAM_NOT_FOUND, never SHARD_END", async () => {
    const world = new World({ shards: 1 });
    await world.put(3);
    const { done } = world.start("w");
    await world.until(() => world.delivered.length === 3);
    world.kinesis.call("DeleteStream", { StreamName: STREAM });
    await world.clock.advance(10_000);
    expect(await done).toMatchObject({ code: "STREAM_NOT_FOUND" });
    expect(world.row(ONE)?.checkpoint.sequenceNumber).toBe(world.delivered[2]?.sequenceNumber);
  });

  it("F50 R10: the stream deleted and made anew is STREAM_REPLACED, at work and at the next start", async () => {
    const world = new World({ shards: 1 });
    await world.put(3);
    const { done } = world.start("w");
    await world.until(() => world.delivered.length === 3);
    await world.clock.advance(3_000);
    world.kinesis.call("DeleteStream", { StreamName: STREAM });
    world.kinesis.call("CreateStream", { StreamName: STREAM, ShardCount: 1 });
    await world.put(3, "new");
    await world.clock.advance(90_000);
    expect(await done).toMatchObject({ code: "STREAM_REPLACED" });
    const again = world.start("w2");
    await world.clock.advance(5_000);
    expect(await again.done).toMatchObject({ code: "STREAM_REPLACED" });
    expect(world.texts()).toEqual(["r0", "r1", "r2"]);
  });

  it("S5b: an end without children is not believed while the listing shows the shard open (F47)", async () => {
    const world = new World({ shards: 1 });
    await world.put(5, "a");
    let lie = true;
    const kinesis = intercepted(world.kinesis as KinesisApi, async (method, call) => {
      const answer = (await call()) as { kind: string; records?: unknown[] };
      if (method !== "getRecords" || !lie || (answer.records?.length ?? 0) > 0) return answer;
      lie = false;
      return { ...answer, nextShardIterator: undefined, childShards: [] };
    });
    world.start("w", { kinesis });
    await world.until(() => !lie);
    await world.put(5, "b");
    await world.until(() => world.delivered.length === 10);
    expect(new Set(world.texts()).size).toBe(10);
    expect(world.row(ONE)?.checkpoint.sequenceNumber).not.toBe("SHARD_END");
  });

  it("F21: cut off from Kinesis it gives the lease to a worker that is not", async () => {
    const world = new World({ shards: 1 });
    let cut = false;
    const kinesis = intercepted(world.kinesis as KinesisApi, async (_, call) =>
      cut ? failure("unavailable", "ECONNREFUSED", "refused") : call(),
    );
    const stalled = listen("stalled");
    world.start("w1", { kinesis, noProgressTimeoutMs: 5_000 });
    await world.until(() => world.row(ONE)?.owner === "w1");
    world.start("w2");
    cut = true;
    await world.put(10);
    await world.until(() => world.delivered.length === 10, 15_000);
    expect(world.row(ONE)?.owner).toBe("w2");
    await world.clock.advance(60_000);
    expect(world.row(ONE)?.owner).toBe("w2");
    expect(stalled).toMatchObject([{ workerId: "w1", shardId: ONE, phase: "reading" }]);
  });

  it("F21: after an outage for all it is not left to workers that left it themselves", async () => {
    const world = new World({ shards: 1 });
    let cut = false;
    const kinesis = intercepted(world.kinesis as KinesisApi, async (_, call) =>
      cut ? failure("unavailable", "ECONNREFUSED", "refused") : call(),
    );
    const options = { kinesis, noProgressTimeoutMs: 1_000, failoverTimeMs: 300_000 };
    world.start("w1", options);
    world.start("w2", options);
    await world.until(() => world.row(ONE)?.owner !== undefined);
    cut = true;
    await world.clock.advance(90_000);
    cut = false;
    await world.put(10);
    await world.until(() => world.delivered.length === 10, 8_000);
    expect(new Set(world.texts()).size).toBe(10);
  });

  it("F46: records trimmed before they were read are an event, and an error if the options say so", async () => {
    const world = new World({ shards: 1 });
    await world.put(5, "a");
    const first = world.start("w1");
    await world.until(() => world.delivered.length === 5);
    void first.worker.stop();
    await world.clock.advance(2_000);
    await world.put(10, "b");
    const trimmed = listen("records-trimmed");
    const kinesis = intercepted(world.kinesis as KinesisApi, async (method, call) => {
      const answer = (await call()) as { records?: { data: Uint8Array }[] };
      if (method !== "getRecords") return answer;
      const gone = (data: Uint8Array): boolean => /^a|^b[0-4]/.test(Buffer.from(data).toString());
      return { ...answer, records: answer.records?.filter(({ data }) => !gone(data)) };
    });
    const strict = world.start("w2", { kinesis, gapPolicy: "halt" });
    await world.clock.advance(3_000);
    expect(await strict.done).toMatchObject({ code: "SERVICE_FAILED" });
    expect(((await strict.done) as Error).message).toContain("trimmed before they were read");
    world.start("w3", { kinesis });
    await world.until(() => world.delivered.length === 10);
    const after = { sequenceNumber: world.delivered[4]?.sequenceNumber };
    expect(trimmed).toMatchObject([
      { workerId: "w2", after },
      { workerId: "w3", after },
    ]);
  });
});
