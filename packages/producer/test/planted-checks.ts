/** What must hold of a producer; the planted bugs show that each of these can fail. */

import { failure, type Outcome, type PutRecordsAnswer } from "@shardline/model";
import { producerEvents } from "../src/diagnostics.ts";
import { throttledEntry } from "./scripted-kinesis.ts";
import { newWorld, until, watch, type World } from "./world.ts";

export const record = (i: number) => ({ partitionKey: `k${i % 20}`, data: `r${i}` });

/** All acknowledged records are where a KCL reader sees them, after a split in the middle. */
export async function survivesSplit(): Promise<boolean> {
  const { clock, kinesis, producer } = newWorld({ shards: 2 });
  const put = (from: number): Promise<unknown> =>
    until(
      clock,
      Promise.all(Array.from({ length: 100 }, (_, i) => producer.put(record(from + i)))),
    );
  await put(0);
  kinesis.split("shardId-000000000000");
  kinesis.split("shardId-000000000001");
  await put(100);
  return new Set(kinesis.read().map((r) => r.text)).size === 200;
}

/** Each key in the order of put() through throttling and doubtful requests. */
export async function keepsOrder(): Promise<boolean> {
  const { clock, kinesis, producer } = newWorld({ order: "ordered", maxAggregateRecords: 3 });
  kinesis.script = ({ entries }, i) => {
    if (i % 3 === 0) return kinesis.store(entries, () => false);
    if (i % 3 === 1) {
      kinesis.store(entries);
      return failure("timeout", "Timeout", "", true);
    }
    return undefined;
  };
  const puts = Array.from({ length: 60 }, (_, i) =>
    producer.put({ partitionKey: "k", data: `${i}` }),
  );
  await until(clock, Promise.all(puts));
  const first = [...new Set(kinesis.read().map((r) => Number(r.text)))];
  return first.every((value, i) => value === i);
}

/** A record that may be stored is never called rejected. */
export async function isHonest(): Promise<boolean> {
  const { clock, kinesis, producer } = newWorld({ recordTtlMs: 1000 });
  kinesis.script = ({ entries }) => {
    kinesis.store(entries);
    return failure("timeout", "Timeout", "", true);
  };
  const put = watch(producer.put(record(0)));
  await clock.advance(3000);
  const { ended } = put;
  return (
    ended !== undefined && "error" in ended && ended.error.name === "RecordOutcomeUnknownError"
  );
}

export async function settlesInTime(script: (world: World) => void): Promise<boolean> {
  const world = newWorld({ recordTtlMs: 1000, requestTimeoutMs: 1000 });
  script(world);
  const put = watch(world.producer.put(record(0)));
  await world.clock.advance(3000);
  return put.ended !== undefined;
}

export const throttleAll = ({ kinesis }: World): void => {
  kinesis.script = ({ entries }): Outcome<PutRecordsAnswer> => ({
    kind: "ok",
    entries: entries.map(() => throttledEntry),
  });
};

/** How many requests a shard that takes nothing gets in two seconds. */
export async function sparesThrottledShard(): Promise<boolean> {
  const world = newWorld({ aggregation: false });
  throttleAll(world);
  for (let i = 0; i < 200; i++) watch(world.producer.put(record(i)));
  await world.clock.advance(2000);
  const sent = world.kinesis.requests.reduce((sum, { entries }) => sum + entries.length, 0);
  return sent < 800;
}

export async function staysWithinRate(): Promise<boolean> {
  const { clock, kinesis, producer } = newWorld({ aggregation: false, rateLimitPercent: 50 });
  for (let i = 0; i < 4000; i++) watch(producer.put(record(i)));
  await clock.advance(4000);
  return kinesis.stored.length <= 500 + 500 * 4;
}

export async function isBounded(): Promise<boolean> {
  const { clock, kinesis, producer } = newWorld({ maxBufferedRecords: 50 });
  kinesis.latencyMs = 1000;
  for (let i = 0; i < 500; i++) watch(producer.put(record(i)));
  await clock.advance(10);
  return producer.outstanding.waiting === 450;
}

export async function sparesNeighbours(): Promise<boolean> {
  const { clock, kinesis, producer } = newWorld({ aggregation: false });
  kinesis.script = ({ entries }) =>
    entries.some((e) => e.partitionKey === "k7")
      ? failure("invalid", "ValidationException", "")
      : undefined;
  const puts = Array.from({ length: 20 }, (_, i) => watch(producer.put(record(i))));
  await clock.advance(2000);
  return puts.filter(({ ended }) => ended !== undefined && "ok" in ended).length === 19;
}

export async function resendsSameBytes(): Promise<boolean> {
  const { clock, kinesis, producer } = newWorld();
  const sent: string[] = [];
  kinesis.script = ({ entries }, i) => {
    sent.push(Buffer.from(entries[0]?.data ?? []).toString("hex"));
    return i < 3 ? failure("unavailable", "500", "", true) : undefined;
  };
  await until(clock, Promise.all([0, 1, 2].map((i) => producer.put(record(i)))));
  return sent.length === 4 && new Set(sent).size === 1;
}

export async function flushEnds(): Promise<boolean> {
  const { clock, producer } = newWorld({ lingerMs: 20_000 });
  watch(producer.put(record(0)));
  let flushed = false;
  void producer.flush().then(() => {
    flushed = true;
  });
  // Puts go on while it waits.
  for (let i = 0; i < 50; i++) {
    watch(producer.put(record(i)));
    await clock.advance(5);
  }
  return flushed;
}

export async function sharesRequests(): Promise<boolean> {
  const { clock, kinesis, producer } = newWorld({
    shards: 2,
    aggregation: false,
    maxRequestEntries: 40,
    maxInFlightRequests: 1,
  });
  const hot = { explicitHashKey: "0", data: "hot", partitionKey: "h" };
  for (let i = 0; i < 400; i++) watch(producer.put(hot));
  const cold = watch(
    producer.put({
      explicitHashKey: (2n ** 128n - 1n).toString(),
      data: "cold",
      partitionKey: "c",
    }),
  );
  void producer.flush();
  await clock.advance(40);
  return cold.ended !== undefined && kinesis.requests.length < 10;
}

/** A port that throws, hangs beyond its own deadline or is down for long costs time, not records. */
export async function outlivesItsPort(): Promise<boolean> {
  const { clock, kinesis, producer } = newWorld({ requestTimeoutMs: 1000 });
  kinesis.script = (_, i) => {
    if (i === 0) throw new Error("the port is broken");
    return i === 1 ? new Promise(() => {}) : undefined;
  };
  const puts = [0, 1, 2].map((i) => watch(producer.put(record(i))));
  await clock.advance(10_000);
  return puts.every(({ ended }) => ended !== undefined && "ok" in ended);
}

export async function recoversAfterOutage(): Promise<boolean> {
  const { clock, kinesis, producer } = newWorld({ recordTtlMs: 1000 });
  kinesis.script = () => failure("unavailable", "503", "", false);
  const before = watch(producer.put(record(0)));
  await clock.advance(5000);
  kinesis.script = () => undefined;
  const after = watch(producer.put(record(1)));
  await clock.advance(5000);
  return (
    before.ended !== undefined &&
    "error" in before.ended &&
    after.ended !== undefined &&
    "ok" in after.ended
  );
}

/** One byte over what the stream takes is refused here, not there. */
export async function refusesAtTheLimit(): Promise<boolean> {
  const { clock, kinesis, producer } = newWorld();
  await until(clock, producer.put(record(0)));
  const sent = kinesis.requests.length;
  const data = new Uint8Array(1024 * 1024);
  const put = watch(producer.put({ partitionKey: "k", data }));
  await clock.advance(1000);
  const { ended } = put;
  return (
    kinesis.requests.length === sent &&
    ended !== undefined &&
    "error" in ended &&
    ended.error.name === "InvalidRecordError"
  );
}

/** Without ListShards records still go, and it is said. */
export async function saysThatItIsDegraded(): Promise<boolean> {
  const degraded: unknown[] = [];
  const end = producerEvents.subscribe("shard-map-failed", (event) => degraded.push(event));
  const { clock, kinesis, producer } = newWorld();
  kinesis.listFailure = failure("denied", "AccessDeniedException", "no ListShards");
  const put = watch(producer.put(record(0)));
  await clock.advance(2000);
  end();
  return degraded.length > 0 && put.ended !== undefined && "ok" in put.ended;
}
