/** The readers of `tail` against Kinesis in memory, in virtual time, with what can go wrong. */

import { KinesisModel, MemoryKinesis, SeededRandom, VirtualClock } from "@shardline/local";
import {
  type Failure,
  failure,
  type InitialPosition,
  type KinesisApi,
  type Outcome,
} from "@shardline/model";
import { describe, expect, it } from "vitest";
import { tailStream } from "../../src/tail/tail-stream.ts";

const STREAM = { streamName: "s" };

function newWorld(shards = 1) {
  const clock = new VirtualClock();
  const random = new SeededRandom(1);
  const model = new KinesisModel({ random });
  const kinesis = new MemoryKinesis({ model, clock });
  kinesis.call("CreateStream", { StreamName: "s", ShardCount: shards });
  let sent = 0;
  return {
    clock,
    kinesis,
    random,
    /** Puts `count` numbered records of one key each. */
    async put(count: number): Promise<void> {
      const entries = Array.from({ length: count }, () => ({
        partitionKey: `key-${sent % 5}`,
        data: Buffer.from(String(sent++)),
      }));
      const put = await kinesis.putRecords({ stream: STREAM, entries }, { timeoutMs: 1000 });
      if (put.kind === "failed") throw new Error(put.message);
      await clock.advance(1);
    },
    split(shardId: string): void {
      const input = { StreamName: "s", ShardToSplit: shardId };
      kinesis.call("SplitShard", { ...input, NewStartingHashKey: String(2n ** 127n) });
    },
  };
}

type World = ReturnType<typeof newWorld>;

/** `kinesis` with some calls answered by `broken`, until that has nothing more to say. */
function breaking(
  kinesis: KinesisApi,
  operation: "getRecords" | "getShardIterator" | "listShards",
  broken: () => Failure | undefined,
): KinesisApi {
  return new Proxy(kinesis, {
    get(target, name) {
      const method = Reflect.get(target, name) as unknown;
      if (typeof method !== "function") return method;
      return (...args: unknown[]) => {
        const failed = name === operation ? broken() : undefined;
        return failed === undefined
          ? (Reflect.apply(method, target, args) as unknown)
          : Promise.resolve(failed);
      };
    },
  });
}

function start(
  { clock, kinesis, random }: World,
  options: {
    readonly from?: InitialPosition;
    readonly follow?: boolean;
    readonly through?: KinesisApi;
  },
) {
  const stop = new AbortController();
  const numbers: number[] = [];
  const shards: string[] = [];
  let ended: Outcome<object> | undefined;
  void tailStream(
    { kinesis: options.through ?? kinesis, clock, random },
    {
      stream: STREAM,
      from: options.from ?? { kind: "trim-horizon" },
      follow: options.follow ?? true,
      signal: stop.signal,
      async deliver(shardId, records) {
        shards.push(shardId);
        numbers.push(...records.map(({ data }) => Number(Buffer.from(data).toString())));
      },
    },
  ).then((outcome) => {
    ended = outcome;
  });
  return { numbers, shards, stop, ended: () => ended };
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const sorted = (numbers: readonly number[]): number[] => numbers.toSorted((a, b) => a - b);

describe("tailStream", () => {
  it("without follow ends when every shard is read, through a split", async () => {
    const world = newWorld();
    await world.put(50);
    world.split("shardId-000000000000");
    await world.put(50);
    const tail = start(world, { follow: false });
    await world.clock.advance(5000);
    expect(tail.ended()).toEqual({ kind: "ok" });
    expect(sorted(tail.numbers)).toEqual(upTo(100));
    expect(tail.shards[0]).toBe("shardId-000000000000");
    expect(world.clock.pendingTimers).toBe(0);
  });

  it("many shards are no leak to warn of, and a stop before the listing is no failure", async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning);
    process.on("warning", onWarning);
    const world = newWorld(30);
    const tail = start(world, {});
    await world.put(20);
    await world.clock.advance(2000);
    tail.stop.abort();
    await world.clock.advance(0);
    expect(tail.ended()).toEqual({ kind: "ok" });
    const early = start(world, {
      through: breaking(world.kinesis, "listShards", () => failure("aborted", "Aborted", "…")),
    });
    early.stop.abort();
    await world.clock.advance(0);
    expect(early.ended()).toEqual({ kind: "ok" });
    await new Promise((resolve) => setImmediate(resolve));
    process.off("warning", onWarning);
    expect(warnings).toEqual([]);
  });

  it("with follow keeps the order of each key over a split and ends when stopped", async () => {
    const world = newWorld();
    const tail = start(world, {});
    await world.put(20);
    await world.clock.advance(2000);
    world.split("shardId-000000000000");
    await world.put(20);
    await world.clock.advance(5000);
    expect(sorted(tail.numbers)).toEqual(upTo(40));
    for (let key = 0; key < 5; key++) {
      const ofKey = tail.numbers.filter((n) => n % 5 === key);
      expect(ofKey).toEqual(sorted(ofKey));
    }
    expect(tail.ended()).toBeUndefined();
    tail.stop.abort();
    await world.clock.advance(0);
    expect(tail.ended()).toEqual({ kind: "ok" });
    expect(world.clock.pendingTimers).toBe(0);
  });

  it("from latest shows only what comes later, children of a split included", async () => {
    const world = newWorld();
    await world.put(10);
    const tail = start(world, { from: { kind: "latest" } });
    await world.clock.advance(1000);
    world.split("shardId-000000000000");
    await world.put(10);
    await world.clock.advance(5000);
    expect(sorted(tail.numbers)).toEqual(upTo(20).slice(10));
    tail.stop.abort();
  });

  it("from a time leaves out what arrived before it, on both sides of a split", async () => {
    const world = newWorld();
    await world.put(10);
    world.split("shardId-000000000000");
    await world.put(10);
    await world.clock.advance(60_000);
    const timestampMs = world.clock.wallMs();
    await world.put(10);
    const tail = start(world, { from: { kind: "at-timestamp", timestampMs }, follow: false });
    await world.clock.advance(5000);
    expect(sorted(tail.numbers)).toEqual(upTo(30).slice(20));
  });

  it("opens a new iterator after the last record when one has expired, also from latest", async () => {
    const world = newWorld();
    let expire = false;
    const through = breaking(world.kinesis, "getRecords", () => {
      if (!expire) return undefined;
      expire = false;
      return failure("expired-iterator", "ExpiredIteratorException", "expired");
    });
    const all = start(world, { through });
    const latest = start(world, { through, from: { kind: "latest" } });
    await world.clock.advance(1);
    for (let round = 0; round < 5; round++) {
      await world.put(10);
      expire = true;
      await world.clock.advance(3000);
    }
    expect(all.numbers).toEqual(upTo(50));
    expect(latest.numbers).toEqual(upTo(50));
    all.stop.abort();
    latest.stop.abort();
  });

  it("waits out throttling for as long as it lasts", async () => {
    const world = newWorld();
    await world.put(10);
    let left = 200;
    const through = breaking(world.kinesis, "getRecords", () =>
      left-- > 0
        ? failure("throttled", "ProvisionedThroughputExceededException", "slow")
        : undefined,
    );
    const tail = start(world, { through, follow: false });
    await world.clock.advance(600_000);
    expect(tail.numbers).toEqual(upTo(10));
    expect(tail.ended()).toEqual({ kind: "ok" });
  });

  it("survives a few lost connections, and gives up after many in a row", async () => {
    const world = newWorld(2);
    await world.put(10);
    let left = 8;
    const through = breaking(world.kinesis, "getRecords", () =>
      left-- > 0 ? failure("unavailable", "ECONNRESET", "reset") : undefined,
    );
    const tail = start(world, { through, follow: false });
    await world.clock.advance(60_000);
    expect(sorted(tail.numbers)).toEqual(upTo(10));

    left = Number.POSITIVE_INFINITY;
    const hopeless = start(world, { through, follow: true });
    await world.clock.advance(120_000);
    expect(hopeless.ended()).toMatchObject({ kind: "failed", code: "ECONNRESET" });
    expect(world.clock.pendingTimers).toBe(0);
  });

  it("ends at once where trying again is no use, and stops the other readers", async () => {
    const world = newWorld(4);
    let calls = 0;
    const through = breaking(world.kinesis, "getShardIterator", () =>
      ++calls === 3 ? failure("denied", "AccessDeniedException", "no") : undefined,
    );
    const tail = start(world, { through });
    await world.clock.advance(1000);
    expect(tail.ended()).toMatchObject({ kind: "failed", reason: "denied" });
    expect(world.clock.pendingTimers).toBe(0);
  });
});
