import { inflateSync } from "node:zlib";
import { InvalidOptionsError } from "@shardline/model";
import { afterEach, describe, expect, it } from "vitest";
import {
  closeOnSignals,
  frameForGlue,
  type Producer,
  producerEvents,
  type ProducerEvents,
  type ProducerRecord,
} from "../src/index.ts";
import { newWorld, until, watch } from "./world.ts";

const record = (i: number): ProducerRecord => ({ partitionKey: `k${i % 7}`, data: `r${i}` });

const subscriptions: (() => void)[] = [];
afterEach(() => {
  for (const end of subscriptions.splice(0)) end();
});

function events<Name extends keyof ProducerEvents>(name: Name): ProducerEvents[Name][] {
  const seen: ProducerEvents[Name][] = [];
  subscriptions.push(producerEvents.subscribe(name, (event) => seen.push(event)));
  return seen;
}

describe("streams", () => {
  it("serves many streams, each with its own shards, and forgets idle ones", async () => {
    const { clock, kinesis, producer } = newWorld({
      streamIdleMs: 5000,
      shardMapRefreshMs: 3_600_000,
    });
    await until(
      clock,
      Promise.all(["s", "t", "u"].map((streamName) => producer.put({ ...record(0), streamName }))),
    );
    expect(new Set(kinesis.requests.map(({ stream }) => JSON.stringify(stream))).size).toBe(3);
    expect(kinesis.calls.filter((c) => c === "listShards")).toHaveLength(3);
    await clock.advance(20_000);
    await until(clock, producer.put({ ...record(1), streamName: "t" }));
    await until(clock, producer.put(record(1)));
    expect(kinesis.calls.filter((c) => c === "listShards")).toHaveLength(4);
  });

  it("goes on without a shard map that may not be had, record by record, and says so", async () => {
    const failed = events("shard-map-failed");
    const { clock, kinesis, producer } = newWorld();
    kinesis.listFailure = {
      kind: "failed",
      reason: "denied",
      code: "AccessDeniedException",
      message: "no",
      ambiguous: false,
    };
    await until(clock, Promise.all([0, 1, 2].map((i) => producer.put(record(i)))));
    expect(kinesis.requests[0]?.entries.map((e) => Buffer.from(e.data).toString())).toEqual([
      "r0",
      "r1",
      "r2",
    ]);
    expect(failed[0]).toMatchObject({ code: "AccessDeniedException", degraded: true });
  });

  it("keeps aggregating by the old map while a new one loads", async () => {
    const { clock, kinesis, producer } = newWorld({ shardMapRefreshMs: 1000 });
    await until(clock, producer.put(record(0)));
    kinesis.listFailure = {
      kind: "failed",
      reason: "throttled",
      code: "LimitExceeded",
      message: "",
      ambiguous: false,
    };
    await clock.advance(5000);
    await until(clock, Promise.all([0, 1, 2].map((i) => producer.put(record(i)))));
    expect(kinesis.requests.at(-1)?.entries).toHaveLength(1);
  });

  it("rejects what is put to a stream that does not exist", async () => {
    const { clock, kinesis, producer } = newWorld();
    kinesis.describeFailure = {
      kind: "failed",
      reason: "not-found",
      code: "ResourceNotFoundException",
      message: "Stream s not found",
      ambiguous: false,
    };
    await expect(until(clock, producer.put(record(0)))).rejects.toMatchObject({
      code: "RECORD_REJECTED",
      reason: "ResourceNotFoundException",
    });
  });

  it("turns aggregation off on a stream that distributes records itself", async () => {
    const off = events("aggregation-off");
    const { clock, kinesis, producer } = newWorld({ shards: 2 });
    kinesis.description = { recordDistributionStrategy: "AUTO" };
    await until(clock, Promise.all([0, 1, 2].map((i) => producer.put(record(i)))));
    expect(kinesis.requests[0]?.entries).toHaveLength(3);
    expect(off).toEqual([{ stream: "s", reason: "auto-distribution" }]);
  });

  it("aggregates although the stream could not be described, and asks again soon", async () => {
    const { clock, kinesis, producer } = newWorld({ shardMapRefreshMs: 3_600_000 });
    const { description } = kinesis;
    kinesis.describeFailure = {
      kind: "failed",
      reason: "throttled",
      code: "LimitExceededException",
      message: "Rate exceeded",
      ambiguous: false,
    };
    await until(clock, Promise.all([0, 1, 2].map((i) => producer.put(record(i)))));
    expect(kinesis.requests[0]?.entries).toHaveLength(1);
    kinesis.describeFailure = undefined;
    kinesis.description = { ...description, recordDistributionStrategy: "AUTO" };
    await clock.advance(60_000);
    await until(clock, Promise.all([3, 4, 5].map((i) => producer.put(record(i)))));
    expect(kinesis.requests.at(-1)?.entries).toHaveLength(3);
  });

  it("does not forget what it knew of a stream that cannot be described any more", async () => {
    const { clock, kinesis, producer } = newWorld({ shardMapRefreshMs: 1000 });
    kinesis.description = { recordDistributionStrategy: "AUTO" };
    await until(clock, producer.put(record(0)));
    kinesis.describeFailure = {
      kind: "failed",
      reason: "throttled",
      code: "LimitExceededException",
      message: "Rate exceeded",
      ambiguous: false,
    };
    await clock.advance(10_000);
    await until(clock, Promise.all([1, 2].map((i) => producer.put(record(i)))));
    expect(kinesis.requests.at(-1)?.entries).toHaveLength(2);
  });

  it("refuses an order there", async () => {
    const { clock, kinesis, producer } = newWorld({ order: "ordered" });
    kinesis.description = { recordDistributionStrategy: "AUTO" };
    await expect(until(clock, producer.put(record(0)))).rejects.toMatchObject({
      reason: "OrderNotSupported",
    });
    await expect(until(clock, producer.put(record(1)))).rejects.toMatchObject({
      reason: "OrderNotSupported",
    });
    expect(kinesis.requests).toHaveLength(0);
  });
});

describe("what is sent", () => {
  it("wraps a lone payload that a reader would open", async () => {
    const { clock, kinesis, producer } = newWorld();
    const inner = Buffer.from(
      "f3899ac20a01611a0508001a01311a0508001a013213c5117e086130131a54e6dc69e47414",
      "hex",
    );
    await until(clock, producer.put({ partitionKey: "k", data: inner }));
    expect(kinesis.read()).toMatchObject([{ partitionKey: "k", text: inner.toString() }]);
  });

  it("keeps aggregates within what the stream takes, whatever maxAggregateBytes says", async () => {
    const { clock, kinesis, producer } = newWorld({ maxAggregateBytes: 5 * 1024 * 1024 });
    const data = Buffer.alloc(300 * 1024);
    const puts = Array.from({ length: 8 }, () => producer.put({ partitionKey: "k", data }));
    await until(clock, Promise.all(puts));
    const sizes = kinesis.stored.map(({ entry }) => entry.data.length);
    expect(sizes).toHaveLength(3);
    expect(Math.max(...sizes)).toBeLessThan(1024 * 1024);
  });

  it("wraps every lone record if asked to", async () => {
    const { clock, kinesis, producer } = newWorld({ alwaysWrap: true });
    await until(clock, producer.put(record(0)));
    expect(kinesis.stored[0]?.entry).toMatchObject({ partitionKey: "a", aggregated: true });
    expect(kinesis.read()).toMatchObject([{ partitionKey: "k0", text: "r0" }]);
  });

  it("passes the last sequence number on in strict order, one record at a time", async () => {
    const { clock, kinesis, producer } = newWorld({ order: "strict", aggregation: false });
    await until(clock, Promise.all([0, 1, 2].map((i) => producer.put(record(i)))));
    expect(kinesis.orderings).toEqual([undefined, "1000", "1001"]);
    expect(kinesis.maxInFlight).toBe(1);
  });

  it("keeps requests in flight within the bound, over all streams", async () => {
    const { clock, kinesis, producer } = newWorld({
      aggregation: false,
      maxRequestEntries: 1,
      maxInFlightRequests: 3,
    });
    kinesis.latencyMs = 100;
    const puts = Array.from({ length: 30 }, (_, i) =>
      producer.put({ ...record(i), streamName: `s${i % 4}` }),
    );
    await until(clock, Promise.all(puts));
    expect(kinesis.maxInFlight).toBe(3);
  });

  it("frames data for the schema registry, after compression, with one look-up a schema", async () => {
    const asked: string[] = [];
    const id = "01234567-89ab-cdef-0123-456789abcdef";
    const { clock, kinesis, producer } = newWorld({
      schemaCompression: "zlib",
      compress: (data) => Buffer.from(`<${Buffer.from(data).toString()}>`),
      schemaRegistry: {
        async versionIdOf(schema, stream): Promise<string> {
          asked.push(`${stream}/${schema.name}`);
          return id;
        },
      },
    });
    const schema = { name: "order", dataFormat: "JSON" as const, definition: "{}" };
    await until(
      clock,
      Promise.all([producer.put({ ...record(0), schema }), producer.put({ ...record(1), schema })]),
    );
    expect(asked).toEqual(["s/order"]);
    const framed = kinesis.read().map(({ text }) => text);
    expect(framed).toHaveLength(2);
    const frame = Buffer.from(frameForGlue(id, Buffer.from("<r0>"), "zlib"));
    expect(frame.subarray(0, 18).toString("hex")).toBe("03050123456789abcdef0123456789abcdef");
    expect(inflateSync(frame.subarray(18)).toString()).toBe("<r0>");
    expect(framed).toContain(frame.toString());
  });
});

describe("the end", () => {
  it("asyncDispose drains", async () => {
    const { clock, kinesis, producer } = newWorld({ lingerMs: 20_000 });
    const put = watch(producer.put(record(0)));
    await until(clock, producer[Symbol.asyncDispose]());
    expect(put.ended).toHaveProperty("ok");
    expect(kinesis.closed).toBe(false);
  });

  it("close without drain sends nothing more and says what was not sent", async () => {
    const { clock, kinesis, producer } = newWorld({ lingerMs: 10_000, maxBufferedRecords: 2 });
    const puts = [0, 1, 2].map((i) => watch(producer.put(record(i))));
    await clock.advance(100);
    const report = await until(clock, producer.close({ drain: false }));
    expect(report).toEqual({ rejected: 3, unknown: 0 });
    for (const { ended } of puts) expect(ended).toMatchObject({ error: { reason: "Closed" } });
    expect(kinesis.requests).toHaveLength(0);
    expect(await producer.close()).toEqual(report);
  });

  it.each<[unknown, string]>([
    [{ timeoutMs: -1 }, "timeoutMs: got -1, expected an integer in 0 … 3600000"],
    [{ timeoutMs: Number.NaN }, "timeoutMs: got NaN, expected an integer in 0 … 3600000"],
    [{ timeoutMs: 3_600_001 }, "timeoutMs: got 3600001, expected an integer in 0 … 3600000"],
    [{ timeoutMs: "5" }, 'timeoutMs: got "5", expected an integer in 0 … 3600000'],
    [{ timeoutMs: null }, "timeoutMs: got null, expected an integer in 0 … 3600000"],
    [{ drain: 0 }, "drain: got 0, expected true or false"],
    [{ timeout: 5 }, "timeout: got an unknown option, expected a known option"],
    [5000, "options: got 5000, expected an object"],
  ])("close(%j) is refused and closes nothing", async (options, problem) => {
    const { clock, producer } = newWorld();
    const refused = producer.close(options as never);
    await expect(refused).rejects.toThrow(InvalidOptionsError);
    await expect(refused).rejects.toThrow(`Producer.close: ${problem}`);
    expect(await until(clock, producer.put(record(0)))).toHaveProperty("shardId");
    expect(await until(clock, producer.close({ timeoutMs: undefined }))).toEqual({
      rejected: 0,
      unknown: 0,
    });
  });

  it("aborting a flush leaves the records in the buffer", async () => {
    const { clock, kinesis, producer } = newWorld();
    kinesis.latencyMs = 3000;
    const put = watch(producer.put(record(0)));
    const abort = new AbortController();
    const flushed = producer.flush({ signal: abort.signal });
    await clock.advance(100);
    abort.abort();
    await expect(flushed).rejects.toMatchObject({ code: "ABORTED" });
    await clock.advance(20_000);
    expect(put.ended).toHaveProperty("ok");
  });

  it("closeOnSignals refuses options that close() would refuse only when the signal comes", () => {
    const { producer } = newWorld();
    expect(() => closeOnSignals(producer, { timeoutMs: -1 })).toThrow(InvalidOptionsError);
  });

  it("a signal closes the producer and then ends the process", async () => {
    const { clock, kinesis, producer } = newWorld({ lingerMs: 20_000 });
    const listeners = new Map<string, (signal: NodeJS.Signals) => void>();
    const killed: string[] = [];
    closeOnSignals(producer, {
      source: {
        pid: 7,
        once: (event, listener) => listeners.set(event, listener),
        removeListener: (event) => listeners.delete(event),
        kill: (pid, signal) => killed.push(`${pid} ${signal}`),
      },
    });
    void producer.put(record(0));
    listeners.get("SIGTERM")?.("SIGTERM");
    await until(clock, producer.close());
    expect(kinesis.read()).toHaveLength(1);
    expect(killed).toEqual(["7 SIGTERM"]);
    expect(listeners.size).toBe(0);
  });

  it("an idle producer keeps no timer that would keep the process alive", async () => {
    const { clock, producer } = newWorld();
    const foreground: number[] = [];
    const setTimer = clock.setTimer.bind(clock);
    clock.setTimer = (delayMs, fire, options?: { readonly background?: boolean }) => {
      if (options?.background === true) return setTimer(delayMs, fire);
      foreground.push(delayMs);
      const timer = setTimer(delayMs, () => {
        foreground.pop();
        fire();
      });
      return {
        cancel(): void {
          foreground.pop();
          timer.cancel();
        },
      };
    };
    await until(clock, producer.put(record(0)));
    await clock.advance(0);
    expect(foreground).toEqual([]);
  });

  it("in Lambda no timer is left between calls", async () => {
    const { clock, kinesis, producer } = newWorld({ lambda: true });
    for (let call = 0; call < 3; call++) {
      void producer.put(record(call));
      await clock.advance(0);
      await until(clock, producer.flush());
      await clock.advance(0);
      expect(clock.pendingTimers).toBe(0);
    }
    expect(kinesis.read()).toHaveLength(3);
  });
});

describe("metrics", () => {
  async function metricsOf(
    options: Partial<ConstructorParameters<typeof Producer>[0]>,
  ): Promise<Map<string, number>> {
    const sums = new Map<string, number>();
    const metrics = {
      record(
        name: string,
        value: number,
        _unit: string,
        dimensions?: Readonly<Record<string, string>>,
      ): void {
        const key = [name, ...Object.values(dimensions ?? {})].join(" ");
        sums.set(key, (sums.get(key) ?? 0) + value);
      },
    };
    const { clock, producer } = newWorld({ metrics, ...options });
    await until(clock, Promise.all([0, 1, 2].map((i) => producer.put(record(i)))));
    return sums;
  }

  it("have the KPL's names and dimensions", async () => {
    const sums = await metricsOf({});
    expect(sums.get("UserRecordsReceived s")).toBe(3);
    expect(sums.get("UserRecordsPut s shardId-000000000000")).toBe(3);
    expect(sums.get("UserRecordsDataPut s shardId-000000000000")).toBe(6);
    expect(sums.get("KinesisRecordsPut s shardId-000000000000")).toBe(1);
    expect(sums.get("UserRecordsPerKinesisRecord s shardId-000000000000")).toBe(3);
    expect(sums.get("AllErrors s shardId-000000000000")).toBe(0);
    expect(sums.get("RequestTime s")).toBe(5);
  });

  it("keep to their level and granularity", async () => {
    const summary = await metricsOf({ metricsLevel: "summary", metricsGranularity: "stream" });
    expect([...summary.keys()].toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
      "AllErrors s",
      "BufferingTime s",
      "KinesisRecordsPut s",
      "UserRecordsPut s",
    ]);
    expect((await metricsOf({ metricsLevel: "none" })).size).toBe(0);
  });
});

describe("options", () => {
  it("that contradict each other are refused together", () => {
    const bad = {
      streamName: "s",
      streamArn: "arn:aws:kinesis:us-east-1:123456789012:stream/s",
      lingerMs: 5000,
      recordTtlMs: 5000,
    };
    expect(() => newWorld(bad)).toThrow(InvalidOptionsError);
    expect(() => newWorld(bad)).toThrow(/streamArn.*lingerMs/);
  });
});
