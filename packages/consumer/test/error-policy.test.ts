import { type ReceivedRecord } from "@shardline/model";
import { describe, expect, it } from "vitest";
import { World } from "./support/world.ts";

const ONE = "shardId-000000000000";

describe("error policy (R8)", () => {
  it("retry: the same batch with the same records until it succeeds, then on", async () => {
    const world = new World({ shards: 1 });
    await world.put(30);
    const attempts: string[][] = [];
    world.start("w", {
      maxRecordsPerBatch: 10,
      processRecords: (context) => {
        attempts.push(context.records.map(({ sequenceNumber }) => sequenceNumber));
        // What a function does to its array is not done to the next attempt's.
        (context.records as ReceivedRecord[]).length = 5;
        if (attempts.length <= 4) throw new Error("sink is down");
      },
    });
    await world.until(() => attempts.length >= 7);
    expect(attempts.slice(0, 5)).toEqual(Array(5).fill(attempts[0]));
    expect(attempts[0]).toHaveLength(10);
    expect(new Set(attempts.flat()).size).toBe(30);
  });

  it("halt: after maxAttempts run() fails with PROCESSOR_FAILED, what was done is durable, leases are given back", async () => {
    const world = new World({ shards: 2 });
    await world.put(40);
    const { done } = world.start("w", {
      errorPolicy: "halt",
      maxAttempts: 2,
      maxRecordsPerBatch: 5,
      processRecords: (context) => {
        if (context.records.some(({ data }) => Buffer.from(data).toString() === "r20")) {
          throw new Error("poison");
        }
        world.record(context);
      },
    });
    await world.clock.advance(10_000);
    expect(await done).toMatchObject({ code: "PROCESSOR_FAILED", cause: { message: "poison" } });
    expect(Object.keys(world.owners())).toEqual(["nobody"]);
    for (const shardId of new Set(world.delivered.map((d) => d.shardId))) {
      const last = world.delivered.filter((d) => d.shardId === shardId).at(-1);
      expect(world.row(shardId)?.checkpoint.sequenceNumber).toBe(last?.sequenceNumber);
    }
  });

  it("skip: only the record at fault goes to onDeadLetter, its neighbours are processed, in order", async () => {
    const world = new World({ shards: 1 });
    await world.put(20);
    const letters: string[] = [];
    let refusals = 0;
    const { worker, done } = world.start("w", {
      errorPolicy: "skip",
      maxAttempts: 2,
      retryBaseMs: 1,
      processRecords: (context) => {
        if (context.records.some(({ data }) => Buffer.from(data).toString() === "r7")) {
          throw new Error("poison");
        }
        world.record(context);
      },
      onDeadLetter: ({ records }) => {
        if (refusals++ < 2) throw new Error("queue is full");
        letters.push(...records.map(({ data }) => Buffer.from(data).toString()));
      },
    });
    await world.until(() => letters.length === 1, 10_000);
    await world.until(() => world.delivered.length === 19, 5_000);
    expect(letters).toEqual(["r7"]);
    expect(new Set(world.texts()).size).toBe(19);
    const stopping = worker.stop();
    await world.clock.advance(3_000);
    await stopping;
    expect(await done).toBeUndefined();
    const last = world.delivered.at(-1)?.sequenceNumber;
    expect(world.row(ONE)?.checkpoint.sequenceNumber).toBe(last);
  });

  it("skip with acknowledgements: what went to onDeadLetter needs no acknowledgement", async () => {
    const world = new World({ shards: 1 });
    await world.put(12);
    const { worker } = world.start("w", {
      autoCheckpoint: false,
      errorPolicy: "skip",
      maxAttempts: 1,
      maxRecordsPerBatch: 4,
      maxUncheckpointedRecords: 4,
      processRecords: (context) => {
        if (context.records.some(({ data }) => Buffer.from(data).toString() === "r5")) {
          throw new Error("poison");
        }
        world.record(context);
        for (const record of context.records) context.acknowledge(record);
      },
      onDeadLetter: () => {},
    });
    await world.until(() => world.delivered.length >= 11, 20_000);
    expect(worker.shards()).toMatchObject([{ phase: "reading" }]);
  });
});
