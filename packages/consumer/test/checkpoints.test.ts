import { encodeAggregate } from "@shardline/aggregation";
import { type LeaseTable, type ReceivedRecord, type RecordPosition } from "@shardline/model";
import { describe, expect, it } from "vitest";
import type { ProcessRecordsContext } from "../src/index.ts";
import { CALL, intercepted, Killable, STREAM, World } from "./support/world.ts";

const ONE = "shardId-000000000000";
const never = new Promise<never>(() => {});

describe("checkpoints", () => {
  it("resume inside an aggregate: nothing again, nothing lost", async () => {
    const world = new World({ shards: 1 });
    const data = encodeAggregate(
      Array.from({ length: 10 }, (_, i) => ({ partitionKey: "k", data: Buffer.from(`m${i}`) })),
    );
    const entries = [{ partitionKey: "k", data }];
    await world.kinesis.putRecords({ stream: { streamName: STREAM }, entries }, CALL);
    const seen: string[] = [];
    const first = new Killable(world);
    world.start("w1", {
      ...first.ports(),
      autoCheckpoint: false,
      processRecords: async ({ records, checkpoint }) => {
        await checkpoint(records[3] as RecordPosition);
        seen.push(...records.slice(0, 4).map((r) => Buffer.from(r.data).toString()));
        first.kill();
      },
    });
    await world.until(() => seen.length > 0);
    expect(world.row(ONE)?.checkpoint.subSequenceNumber).toBe(3);
    world.start("w2");
    await world.until(() => world.delivered.length > 0);
    expect([...seen, ...world.texts()]).toEqual(Array.from({ length: 10 }, (_, i) => `m${i}`));
  });

  it("out of order, one by one: only the gap-free prefix is written; out of range is refused", async () => {
    const world = new World({ shards: 1 });
    await world.put(6);
    let context: ProcessRecordsContext | undefined;
    world.start("w", { autoCheckpoint: false, processRecords: (given) => void (context = given) });
    await world.until(() => context !== undefined);
    const { records, acknowledge, checkpoint } = context as ProcessRecordsContext;
    const at = (i: number): ReceivedRecord => records[i] as ReceivedRecord;
    const durable = (): string | undefined => world.row(ONE)?.checkpoint.sequenceNumber;
    acknowledge(at(0));
    acknowledge(at(2));
    await world.clock.advance(5_000);
    expect(durable()).toBe(at(0).sequenceNumber);
    acknowledge(at(1));
    await world.clock.advance(5_000);
    expect(durable()).toBe(at(2).sequenceNumber);
    const later = checkpoint(at(4));
    await checkpoint(at(3));
    await later;
    expect(durable()).toBe(at(4).sequenceNumber);
    const beyond = { sequenceNumber: `9${at(5).sequenceNumber}`, subSequenceNumber: 0 };
    await expect(checkpoint(beyond)).rejects.toMatchObject({ code: "CHECKPOINT_OUT_OF_RANGE" });
    expect(() => acknowledge(beyond)).toThrow(/beyond|last record delivered/);
    const nonsense = { sequenceNumber: "TRIM_HORIZON", subSequenceNumber: 0 };
    await expect(checkpoint(nonsense)).rejects.toMatchObject({ code: "CHECKPOINT_OUT_OF_RANGE" });
    await checkpoint();
    expect(durable()).toBe(at(5).sequenceNumber);
  });

  it("prepare and commit: the next owner is given what was announced and not committed", async () => {
    const world = new World({ shards: 1 });
    await world.put(4);
    const first = new Killable(world);
    let prepared = 0;
    world.start("w1", {
      ...first.ports(),
      maxRecordsPerBatch: 2,
      processRecords: async ({ records, checkpoint }) => {
        const last = records.at(-1) as RecordPosition;
        const announced = await checkpoint.prepare(last, Buffer.from(`step ${++prepared}`));
        if (prepared === 2) first.kill();
        await announced.commit();
      },
    });
    await world.until(() => prepared === 2);
    await world.clock.advance(1_000);
    let pending: unknown;
    world.start("w2", {
      onShardStart: (context) => void (pending = context.pending),
    });
    await world.until(() => world.delivered.length === 2, 20_000);
    expect(pending).toMatchObject({ state: new Uint8Array(Buffer.from("step 2")) });
    await world.clock.advance(10_000);
    expect(world.row(ONE)).toMatchObject({ pending: undefined });
    expect(world.row(ONE)?.checkpoint.sequenceNumber).toBe(world.delivered[1]?.sequenceNumber);
  });

  it("1.3: what a crash repeats is bounded by maxUncheckpointedRecords and one batch", async () => {
    const world = new World({ shards: 1 });
    await world.put(2_000);
    const killable = new Killable(world);
    const ports = killable.ports();
    let frozen = false;
    const leases = intercepted(ports.leases as LeaseTable, (method, call) =>
      frozen && method === "checkpoint" ? never : call(),
    );
    world.start("w1", {
      ...ports,
      leases,
      maxRecordsPerBatch: 10,
      maxUncheckpointedRecords: 50,
      checkpointIntervalMs: 3_600_000,
    });
    frozen = true;
    await world.clock.advance(8_000);
    killable.kill();
    const before = world.delivered.length;
    expect(before).toBeGreaterThan(0);
    world.start("w2");
    await world.until(() => new Set(world.texts()).size === 2_000);
    expect(world.delivered.length - 2_000).toBeLessThanOrEqual(60);
  });
});
