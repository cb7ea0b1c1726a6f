/** What the producer makes of a shard's quota, enforced by the local model of the service, in virtual time. */

import { KinesisModel, MemoryKinesis, SeededRandom, settle, VirtualClock } from "@shardline/local";
import type { KinesisApi } from "@shardline/model";
import { describe, expect, it } from "vitest";
import { Producer, type ProducerOptions, type PutResult } from "../src/index.ts";
import { until, watch } from "./world.ts";

interface Load {
  readonly recordsPerSecond: number;
  readonly bytes: number;
  readonly seconds: number;
}

interface Figures {
  /** Share of the quota that was used while records were offered. */
  readonly used: number;
  readonly attemptsPerEntry: number;
  readonly finishedAfterMs: number;
  readonly stored: number;
}

const LATENCY_MS = 20;

function world(options: ProducerOptions): {
  clock: VirtualClock;
  producer: Producer;
  kinesis: MemoryKinesis;
  sent: () => number;
  block: (until: number) => void;
} {
  const clock = new VirtualClock();
  const model = new KinesisModel({ random: new SeededRandom(1), quotas: true });
  const memory = new MemoryKinesis({ model, clock });
  memory.call("CreateStream", { StreamName: "s", ShardCount: 1 });
  let sent = 0;
  let blockedUntilMs = 0;
  const kinesis: KinesisApi = Object.create(memory) as KinesisApi;
  kinesis.describeStream = (stream, call) => memory.describeStream(stream, call);
  kinesis.listShards = (request, call) => memory.listShards(request, call);
  kinesis.putRecords = async (request, call) => {
    sent += request.entries.length;
    await new Promise<void>((resolve) => clock.setTimer(LATENCY_MS, resolve));
    if (clock.nowMs() < blockedUntilMs) {
      const code = "ProvisionedThroughputExceededException";
      return {
        kind: "ok",
        entries: request.entries.map(() => ({ kind: "failed", code, message: "" })),
      };
    }
    return memory.putRecords(request, call);
  };
  const producer = new Producer({
    streamName: "s",
    kinesis,
    clock,
    random: new SeededRandom(2),
    ...options,
  });
  const block = (untilMs: number): void => {
    blockedUntilMs = untilMs;
  };
  return { clock, producer, kinesis: memory, sent: () => sent, block };
}

async function offer(load: Load, options: ProducerOptions): Promise<Figures> {
  const { clock, producer, sent } = world(options);
  const results: PutResult[] = [];
  const data = Buffer.alloc(load.bytes);
  let storedInTime = 0;
  const total = load.recordsPerSecond * load.seconds;
  for (let i = 0; i < total; ) {
    const dueMs = (i / load.recordsPerSecond) * 1000;
    if (dueMs > clock.nowMs()) await clock.advance(10);
    for (; i < total && (i / load.recordsPerSecond) * 1000 <= clock.nowMs(); i++) {
      producer.put({ partitionKey: `k${i}`, data }).then(
        (result) => {
          results.push(result);
          if (clock.nowMs() <= load.seconds * 1000) storedInTime++;
        },
        () => undefined,
      );
    }
  }
  const offeredMs = clock.nowMs();
  while (producer.outstanding.records > 0 && clock.nowMs() < offeredMs + 60_000)
    await clock.advance(50);
  await settle();
  const quota = Math.min(1000, (1024 * 1024) / (load.bytes + 6)) * load.seconds;
  return {
    used: storedInTime / quota,
    attemptsPerEntry: sent() / total,
    finishedAfterMs: clock.nowMs() - offeredMs,
    stored: results.length,
  };
}

describe("offered 1.2 times what a shard takes (F42)", () => {
  it.each<[string, Load]>([
    ["records", { recordsPerSecond: 1200, bytes: 100, seconds: 20 }],
    ["bytes", { recordsPerSecond: 240, bytes: 5 * 1024, seconds: 20 }],
  ])("by %s, it uses the shard and wastes no requests", async (_, load) => {
    const figures = await offer(load, { aggregation: false, maxBufferedRecords: 100_000 });
    expect(figures.stored).toBe(load.recordsPerSecond * load.seconds);
    expect(figures.used).toBeGreaterThanOrEqual(0.95);
    expect(figures.attemptsPerEntry).toBeLessThanOrEqual(1.3);
  });

  it("is back within twice the throttled time after an outage of throttling", async () => {
    const { clock, producer, sent, block } = world({ aggregation: false, recordTtlMs: 120_000 });
    let stored = 0;
    let offered = 0;
    const putFor = async (ms: number, perSecond: number): Promise<void> => {
      const endMs = clock.nowMs() + ms;
      while (clock.nowMs() < endMs) {
        for (let i = 0; i < perSecond / 100; i++) {
          offered++;
          producer.put({ partitionKey: `k${offered}`, data: "x" }).then(
            () => stored++,
            () => undefined,
          );
        }
        await clock.advance(10);
      }
    };
    await putFor(5000, 600);
    const outageMs = 10_000;
    block(clock.nowMs() + outageMs);
    const sentBefore = sent();
    await putFor(outageMs, 600);
    expect(sent() - sentBefore).toBeLessThan(1500);
    // 6,000 records are behind; 600 a second come in and 1,000 may go out.
    await putFor(2 * outageMs, 600);
    expect(offered - stored).toBeLessThan(300);
    await until(clock, producer.close({ drain: false, timeoutMs: 0 }));
  });
});

describe("failIfThrottled", () => {
  it("rejects what is throttled, at once and as certainly not stored", async () => {
    const { clock, producer, block } = world({ failIfThrottled: true });
    block(60_000);
    const put = producer.put({ partitionKey: "k", data: "x" });
    const ended = watch(put);
    await clock.advance(1000);
    expect(ended.ended).toMatchObject({
      error: { code: "RECORD_REJECTED", reason: "ProvisionedThroughputExceededException" },
    });
  });
});
