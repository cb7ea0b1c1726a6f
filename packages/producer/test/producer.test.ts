import { failure, sleep } from "@shardline/model";
import { describe, expect, it } from "vitest";
import { RecordOutcomeUnknownError, RecordRejectedError } from "../src/index.ts";
import { throttledEntry } from "./scripted-kinesis.ts";
import { newWorld, until, watch } from "./world.ts";

const many = (count: number, key = (i: number) => `k${i % 20}`) =>
  Array.from({ length: count }, (_, i) => ({ partitionKey: key(i), data: `r${i}` }));

describe("put", () => {
  it("resolves to the position at which readers find the record", async () => {
    const { clock, kinesis, producer } = newWorld({ shards: 4 });
    const results = await until(clock, Promise.all(many(200).map((r) => producer.put(r))));
    const seen = kinesis.read();
    expect(seen).toHaveLength(200);
    for (const [i, { shardId, sequenceNumber, subSequenceNumber }] of results.entries()) {
      expect(seen).toContainEqual({
        partitionKey: `k${i % 20}`,
        text: `r${i}`,
        shardId,
        sequenceNumber,
        subSequenceNumber,
      });
    }
    expect(kinesis.requests).toHaveLength(1);
    expect(kinesis.stored).toHaveLength(4);
  });

  it("asks first what the KPL asks first", async () => {
    const { clock, kinesis, producer } = newWorld();
    await until(clock, producer.put({ partitionKey: "k", data: "x" }));
    expect(kinesis.calls).toEqual(["describeStream", "listShards", "putRecords"]);
  });

  it("sends a lone record raw, with the hash of its key as the explicit hash key", async () => {
    const { clock, kinesis, producer } = newWorld();
    await until(clock, producer.put({ partitionKey: "a", data: "x" }));
    expect(kinesis.stored[0]?.entry).toMatchObject({
      partitionKey: "a",
      explicitHashKey: "16955237001963240173058271559858726497",
      aggregated: false,
    });
  });

  it("tells of every attempt", async () => {
    const { clock, kinesis, producer } = newWorld();
    kinesis.script = (_, i) => (i === 0 ? { kind: "ok", entries: [throttledEntry] } : undefined);
    const { attempts } = await until(clock, producer.put({ partitionKey: "k", data: "x" }));
    expect(attempts).toHaveLength(2);
    expect(attempts[0]).toMatchObject({
      success: false,
      code: "ProvisionedThroughputExceededException",
      durationMs: 5,
      ambiguous: false,
    });
    expect(attempts[1]).toMatchObject({ success: true, code: undefined });
  });
});

describe("failures", () => {
  it("resends only the failed entries of a partial failure (F40)", async () => {
    const { clock, kinesis, producer } = newWorld({ shards: 4 });
    kinesis.script = ({ entries }, i) =>
      i === 0 ? kinesis.store(entries, (_, k) => k % 2 === 0) : undefined;
    await until(clock, Promise.all(many(100).map((r) => producer.put(r))));
    const [first, ...later] = kinesis.requests;
    expect(first?.entries).toHaveLength(4);
    const failed = [first?.entries[1], first?.entries[3]].map((entry) => entry?.explicitHashKey);
    const resent = later.flatMap(({ entries }) => entries.map((entry) => entry.explicitHashKey));
    expect(new Set(resent)).toEqual(new Set(failed));
    expect(resent).toHaveLength(2);
    expect(kinesis.read()).toHaveLength(100);
  });

  it("resends the same bytes after a doubtful request (F41)", async () => {
    const { clock, kinesis, producer } = newWorld();
    kinesis.script = ({ entries }, i) => {
      if (i > 0) return undefined;
      kinesis.store(entries);
      return failure("timeout", "Timeout", "no answer", true);
    };
    const results = await until(clock, Promise.all(many(10).map((r) => producer.put(r))));
    expect(results[0]?.attempts.map((a) => a.ambiguous)).toEqual([true, false]);
    expect(kinesis.stored).toHaveLength(2);
    expect(kinesis.stored[0]?.entry.data).toEqual(kinesis.stored[1]?.entry.data);
  });

  it("rejects what was certainly not stored in time, and says why", async () => {
    const { clock, kinesis, producer } = newWorld({ recordTtlMs: 1000 });
    kinesis.script = () => ({ kind: "ok", entries: [throttledEntry] });
    const put = watch(producer.put({ partitionKey: "k", data: "x" }));
    await clock.advance(1200);
    expect(put.ended).toMatchObject({ error: { code: "RECORD_REJECTED", reason: "Expired" } });
    const { error } = put.ended as { error: RecordRejectedError };
    expect(error).toBeInstanceOf(RecordRejectedError);
    expect(error.message).toContain("ProvisionedThroughputExceededException");
    expect(error.attempts.length).toBeGreaterThan(1);
  });

  it("L4: the halves of a refused request end in time, though they wait for a free request", async () => {
    const options = { recordTtlMs: 2000, maxInFlightRequests: 1, aggregation: false };
    const { clock, kinesis, producer } = newWorld(options);
    kinesis.script = async () => {
      await sleep(clock, 700);
      return failure("invalid", "ValidationException", "bad record");
    };
    const puts = many(64).map((record) => watch(producer.put(record)));
    await clock.advance(2900);
    expect(puts.filter(({ ended }) => ended === undefined)).toEqual([]);
  });

  it("does not call rejected what may be stored (S1b)", async () => {
    const { clock, kinesis, producer } = newWorld({ recordTtlMs: 1000 });
    kinesis.script = () => failure("timeout", "Timeout", "no answer", true);
    const put = watch(producer.put({ partitionKey: "k", data: "x" }));
    await clock.advance(1200);
    expect(put.ended).toMatchObject({ error: { code: "RECORD_OUTCOME_UNKNOWN" } });
    expect((put.ended as { error: Error }).error).toBeInstanceOf(RecordOutcomeUnknownError);
  });

  it("finds the entry that makes the service refuse a request; its neighbours live", async () => {
    const { clock, kinesis, producer } = newWorld({ aggregation: false });
    kinesis.script = ({ entries }) =>
      entries.some((entry) => entry.partitionKey === "poison")
        ? failure("invalid", "ValidationException", "bad record")
        : undefined;
    const puts = many(100, (i) => (i === 37 ? "poison" : `k${i}`)).map((r) =>
      watch(producer.put(r)),
    );
    await clock.advance(1000);
    const failed = puts.filter(({ ended }) => ended !== undefined && "error" in ended);
    expect(failed).toHaveLength(1);
    expect(puts[37]?.ended).toMatchObject({ error: { reason: "ValidationException" } });
    expect(puts.every(({ ended }) => ended !== undefined)).toBe(true);
  });

  it("calls everything unknown when the count of results is wrong (F43)", async () => {
    const { clock, kinesis, producer } = newWorld({ shards: 4 });
    kinesis.script = ({ entries }) => {
      const answer = kinesis.store(entries);
      return answer.kind === "ok" ? { ...answer, entries: answer.entries.slice(1) } : answer;
    };
    const puts = many(50).map((r) => watch(producer.put(r)));
    await clock.advance(500);
    for (const { ended } of puts) {
      expect(ended).toMatchObject({ error: { code: "RECORD_OUTCOME_UNKNOWN" } });
    }
  });
});

describe("reshard (F44)", () => {
  it("loses nothing for readers that drop foreign aggregates, and resends only those", async () => {
    const { clock, kinesis, producer } = newWorld({ shards: 2 });
    await until(clock, Promise.all(many(50).map((r) => producer.put(r))));
    kinesis.split("shardId-000000000000");
    const results = await until(clock, Promise.all(many(100).map((r) => producer.put(r))));
    expect(kinesis.read()).toHaveLength(150);
    expect(new Set(results.map((r) => r.shardId)).size).toBe(3);
    const resent = results.filter((r) => r.attempts.length > 1);
    expect(resent.length).toBeGreaterThan(0);
    expect(resent.length).toBeLessThan(100);
    expect(resent[0]?.attempts[0]).toMatchObject({ code: "WrongShard", ambiguous: true });
  });

  it("follows splits where ListShards knows no filter and names closed parents too", async () => {
    const { clock, kinesis, producer } = newWorld({ shards: 4 });
    kinesis.listsClosedShards = true;
    await until(clock, Promise.all(many(50).map((r) => producer.put(r))));
    for (const shardId of kinesis.shards.map((shard) => shard.shardId)) kinesis.split(shardId);
    await until(clock, Promise.all(many(100).map((r) => producer.put(r))));
    const later = await until(clock, Promise.all(many(100).map((r) => producer.put(r))));
    expect(later.every((r) => r.attempts.length === 1)).toBe(true);
  });

  it("accepts an aggregate that lands whole in a merged shard", async () => {
    const { clock, kinesis, producer } = newWorld({ shards: 2 });
    await until(clock, Promise.all(many(50).map((r) => producer.put(r))));
    kinesis.merge("shardId-000000000000", "shardId-000000000001");
    const results = await until(clock, Promise.all(many(100).map((r) => producer.put(r))));
    expect(results.every((r) => r.attempts.length === 1)).toBe(true);
    expect(kinesis.read()).toHaveLength(150);
  });
});

describe("flush and close", () => {
  it("flush sends at once and waits for what was put before it, not after", async () => {
    const { clock, kinesis, producer } = newWorld({ lingerMs: 60_000, recordTtlMs: 120_000 });
    const before = watch(producer.put({ partitionKey: "k", data: "before" }));
    const flushed = producer.flush();
    await until(clock, flushed);
    expect(before.ended).toBeDefined();
    expect(clock.nowMs()).toBeLessThan(100);
    const after = watch(producer.put({ partitionKey: "k", data: "after" }));
    await clock.advance(1000);
    expect(after.ended).toBeUndefined();
    expect(kinesis.read().map((r) => r.text)).toEqual(["before"]);
  });

  it("close ends by its deadline and reports what is undone (L5, S6)", async () => {
    const { clock, kinesis, producer } = newWorld();
    kinesis.latencyMs = 1_000_000;
    const lost = watch(producer.put({ partitionKey: "k", data: "x" }));
    await clock.advance(500);
    const report = await until(clock, producer.close({ timeoutMs: 2000 }));
    expect(clock.nowMs()).toBe(2500);
    expect(report.rejected + report.unknown).toBe(1);
    expect(lost.ended).toHaveProperty("error");
    expect(clock.pendingTimers).toBeLessThanOrEqual(1);
    await expect(producer.put({ partitionKey: "k", data: "x" })).rejects.toMatchObject({
      code: "CLOSED",
    });
  });

  it("put waits while the buffer is full", async () => {
    const { clock, producer } = newWorld({ maxBufferedRecords: 10 });
    const puts = many(25).map((r) => watch(producer.put(r)));
    expect(producer.outstanding.records).toBe(10);
    await clock.advance(2000);
    expect(puts.every(({ ended }) => ended !== undefined && "ok" in ended)).toBe(true);
    expect(producer.outstanding).toEqual({ records: 0, bytes: 0, waiting: 0, oldestAgeMs: 0 });
  });
});
