import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { type ProducerRecord, toWritable } from "../src/index.ts";
import { newWorld, until, watch } from "./world.ts";

const record = (i: number): ProducerRecord => ({ partitionKey: `k${i % 7}`, data: `r${i}` });
const texts = (seen: readonly { readonly text: string }[]): string[] =>
  seen.map((r) => r.text).toSorted((a, b) => Number(a.slice(1)) - Number(b.slice(1)));

describe("ways in", () => {
  it("putMany gives an outcome for each record in order, bad ones included", async () => {
    const { clock, kinesis, producer } = newWorld({ shards: 3, maxBufferedRecords: 20 });
    const records = [record(0), { partitionKey: "", data: "x" }, ...[2, 3, 4].map(record)];
    const outcomes = await until(clock, producer.putMany(records));
    expect(outcomes.map((o) => o.status)).toEqual(["ok", "failed", "ok", "ok", "ok"]);
    expect(outcomes[1]).toMatchObject({ error: { code: "INVALID_RECORD", field: "partitionKey" } });
    expect(texts(kinesis.read())).toEqual(["r0", "r2", "r3", "r4"]);
  });

  it("putMany takes from its source only what there is room for", async () => {
    const { clock, producer } = newWorld({ maxBufferedRecords: 5 });
    let taken = 0;
    function* source(): Generator<ProducerRecord> {
      for (; taken < 50; taken++) yield record(taken);
    }
    const outcomes = producer.putMany(source());
    await clock.advance(1);
    expect(taken).toBe(5);
    expect(await until(clock, outcomes)).toHaveLength(50);
  });

  it("many puts may wait for room with one signal, without a warning of a leak", async () => {
    const { clock, producer } = newWorld({ maxBufferedRecords: 5 });
    const warnings: Error[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning);
    process.on("warning", onWarning);
    const { signal } = new AbortController();
    const puts = Array.from({ length: 50 }, (_, i) => producer.put(record(i), { signal }));
    expect(await until(clock, Promise.all(puts))).toHaveLength(50);
    await new Promise(setImmediate);
    process.off("warning", onWarning);
    expect(warnings).toEqual([]);
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("a put may wait for room with a signal that is not Node.js' own", async () => {
    const { clock, producer } = newWorld({ maxBufferedRecords: 1 });
    // As in jsdom: the same members, of another class.
    const { signal: own } = new AbortController();
    const signal = {
      aborted: false,
      addEventListener: own.addEventListener.bind(own),
      removeEventListener: own.removeEventListener.bind(own),
    } as unknown as AbortSignal;
    const puts = Array.from({ length: 3 }, (_, i) => producer.put(record(i), { signal }));
    expect(await until(clock, Promise.all(puts))).toHaveLength(3);
  });

  it("consume takes an async source and keeps no results", async () => {
    const { clock, kinesis, producer } = newWorld({ maxBufferedRecords: 10 });
    async function* source(): AsyncGenerator<ProducerRecord> {
      for (let i = 0; i < 40; i++) yield record(i);
    }
    const report = await until(clock, producer.consume(source()));
    expect(report).toEqual({ stored: 40, failed: 0 });
    expect(kinesis.read()).toHaveLength(40);
  });

  it("consume rejects with the first failure after everything is settled", async () => {
    const { clock, kinesis, producer } = newWorld();
    const consumed = producer.consume([record(0), { partitionKey: "", data: "" }, record(2)]);
    await expect(until(clock, consumed)).rejects.toMatchObject({ code: "INVALID_RECORD" });
    expect(kinesis.read()).toHaveLength(2);
  });

  it("a Writable finishes when all is stored", async () => {
    const { clock, kinesis, producer } = newWorld({ maxBufferedRecords: 8 });
    const stream = toWritable(producer);
    for (let i = 0; i < 30; i++) stream.write(record(i));
    const finished = new Promise<void>((resolve, reject) => {
      stream.on("finish", resolve).on("error", reject);
    });
    stream.end();
    await until(clock, finished);
    expect(kinesis.read()).toHaveLength(30);
  });

  it("tryPut takes nothing when there is no room; room() tells when there is", async () => {
    const { clock, producer } = newWorld({ maxBufferedRecords: 1 });
    const first = producer.tryPut(record(0));
    expect(first).toBeDefined();
    expect(producer.tryPut(record(1))).toBeUndefined();
    const room = producer.room();
    await until(clock, room);
    expect(producer.tryPut(record(1))).toBeDefined();
  });

  it("L4: the time to live of a put that waits for room counts from the call", async () => {
    const { clock, kinesis, producer } = newWorld({ maxBufferedRecords: 1, recordTtlMs: 1000 });
    kinesis.script = () => new Promise(() => undefined);
    const puts = [0, 1, 2, 3].map((i) => watch(producer.put(record(i))));
    let isRoom = false;
    void producer.room().then(() => {
      isRoom = true;
    });
    await clock.advance(600);
    const later = watch(producer.put(record(4)));
    await clock.advance(500);
    for (const put of puts.slice(1)) {
      expect(put.ended).toMatchObject({ error: { code: "RECORD_REJECTED", reason: "Expired" } });
    }
    expect(later.ended).toBeUndefined();
    expect(isRoom).toBe(false);
    await clock.advance(500);
    expect(later.ended).toMatchObject({ error: { reason: "Expired" } });
    expect(producer.outstanding).toMatchObject({ records: 1, waiting: 1 });
  });

  it("an aborted put that waits leaves the line and takes no room", async () => {
    const { clock, kinesis, producer } = newWorld({ maxBufferedRecords: 1 });
    const first = watch(producer.put(record(0)));
    const abort = new AbortController();
    const second = watch(producer.put(record(1), { signal: abort.signal }));
    const third = watch(producer.put(record(2)));
    abort.abort(new Error("enough"));
    await clock.advance(1000);
    expect(second.ended).toMatchObject({ error: { code: "ABORTED" } });
    expect(first.ended).toHaveProperty("ok");
    expect(third.ended).toHaveProperty("ok");
    expect(texts(kinesis.read())).toEqual(["r0", "r2"]);
  });

  it("a record larger than the buffer passes when it is alone", async () => {
    const { clock, producer } = newWorld({ maxBufferedBytes: 1024 });
    const big = { partitionKey: "k", data: Buffer.alloc(5000) };
    await until(clock, Promise.all([producer.put(record(0)), producer.put(big)]));
    expect(producer.outstanding.bytes).toBe(0);
  });
});

describe("bad records", () => {
  it.each<[string, ProducerRecord, string]>([
    ["empty key", { partitionKey: "", data: "" }, "partitionKey"],
    ["long key", { partitionKey: "é".repeat(257), data: "" }, "partitionKey"],
    ["lone surrogate", { partitionKey: "\ud800", data: "" }, "partitionKey"],
    [
      "hash key no number",
      { partitionKey: "k", explicitHashKey: "x", data: "" },
      "explicitHashKey",
    ],
    [
      "hash key 2^128",
      { partitionKey: "k", explicitHashKey: String(2n ** 128n), data: "" },
      "explicitHashKey",
    ],
    ["no bytes", { partitionKey: "k", data: 7 as unknown as string }, "data"],
    [
      "schema without registry",
      { partitionKey: "k", data: "", schema: { name: "s", dataFormat: "JSON", definition: "{}" } },
      "schema",
    ],
    ["two streams", { partitionKey: "k", data: "", streamName: "a", streamArn: "b" }, "streamArn"],
  ])("are refused before anything is sent: %s", async (_, bad, field) => {
    const { clock, kinesis, producer } = newWorld();
    await expect(until(clock, producer.put(bad))).rejects.toMatchObject({
      code: "INVALID_RECORD",
      field,
    });
    expect(producer.outstanding.records).toBe(0);
    expect(kinesis.requests).toHaveLength(0);
  });

  it("counts the key into the size, and learns the stream's own bound", async () => {
    const { clock, kinesis, producer } = newWorld();
    kinesis.description = { maxRecordBytes: 2 * 1024 * 1024 };
    await until(clock, producer.put(record(0)));
    const edge = 2 * 1024 * 1024 - 1;
    await until(clock, producer.put({ partitionKey: "k", data: Buffer.alloc(edge) }));
    const over = producer.put({ partitionKey: "kk", data: Buffer.alloc(edge) });
    await expect(over).rejects.toMatchObject({ code: "INVALID_RECORD", field: "data" });
  });
});
