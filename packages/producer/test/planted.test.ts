/**
 * Bugs on purpose: for each hazard a part of the producer is made wrong, and the checks that the other
 * tests rely on must notice. Parts are changed from outside; production code knows nothing of it.
 */

import { decodeAggregate } from "@shardline/aggregation";
import { failure, type Outcome, type PutRecordsAnswer } from "@shardline/model";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Admission } from "../src/admission.ts";
import { Collector } from "../src/core/collect.ts";
import { Entry } from "../src/core/entry.ts";
import { EntryQueue } from "../src/core/entry-queue.ts";
import { Lanes } from "../src/core/lanes.ts";
import { ShardLimiter } from "../src/core/limit.ts";
import { Settler } from "../src/core/settler.ts";
import { ShardMap } from "../src/core/shard-map.ts";
import { Ledger } from "../src/ledger.ts";
import { throttledEntry } from "./scripted-kinesis.ts";
import { newWorld, until, watch, type World } from "./world.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

/** The method as it is, to be called by its replacement. */
function methodOf<T extends object, K extends keyof T>(prototype: T, name: K): T[K] {
  return prototype[name];
}

const record = (i: number) => ({ partitionKey: `k${i % 20}`, data: `r${i}` });

interface Hazard {
  readonly name: string;
  /** Makes one part wrong. */
  readonly plant: () => void;
  /** Answers true if everything is as it should be. */
  readonly holds: () => Promise<boolean>;
}

/** All acknowledged records are where a KCL reader sees them, after a split in the middle. */
async function survivesSplit(): Promise<boolean> {
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
async function keepsOrder(): Promise<boolean> {
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
async function isHonest(): Promise<boolean> {
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

async function settlesInTime(script: (world: World) => void): Promise<boolean> {
  const world = newWorld({ recordTtlMs: 1000, requestTimeoutMs: 1000 });
  script(world);
  const put = watch(world.producer.put(record(0)));
  await world.clock.advance(3000);
  return put.ended !== undefined;
}

const throttleAll = ({ kinesis }: World): void => {
  kinesis.script = ({ entries }): Outcome<PutRecordsAnswer> => ({
    kind: "ok",
    entries: entries.map(() => throttledEntry),
  });
};

/** How many requests a shard that takes nothing gets in two seconds. */
async function sparesThrottledShard(): Promise<boolean> {
  const world = newWorld({ aggregation: false });
  throttleAll(world);
  for (let i = 0; i < 200; i++) watch(world.producer.put(record(i)));
  await world.clock.advance(2000);
  const sent = world.kinesis.requests.reduce((sum, { entries }) => sum + entries.length, 0);
  return sent < 800;
}

async function staysWithinRate(): Promise<boolean> {
  const { clock, kinesis, producer } = newWorld({ aggregation: false, rateLimitPercent: 50 });
  for (let i = 0; i < 4000; i++) watch(producer.put(record(i)));
  await clock.advance(4000);
  return kinesis.stored.length <= 500 + 500 * 4;
}

async function isBounded(): Promise<boolean> {
  const { clock, kinesis, producer } = newWorld({ maxBufferedRecords: 50 });
  kinesis.latencyMs = 1000;
  for (let i = 0; i < 500; i++) watch(producer.put(record(i)));
  await clock.advance(10);
  return producer.outstanding.waiting === 450;
}

async function sparesNeighbours(): Promise<boolean> {
  const { clock, kinesis, producer } = newWorld({ aggregation: false });
  kinesis.script = ({ entries }) =>
    entries.some((e) => e.partitionKey === "k7")
      ? failure("invalid", "ValidationException", "")
      : undefined;
  const puts = Array.from({ length: 20 }, (_, i) => watch(producer.put(record(i))));
  await clock.advance(2000);
  return puts.filter(({ ended }) => ended !== undefined && "ok" in ended).length === 19;
}

async function resendsSameBytes(): Promise<boolean> {
  const { clock, kinesis, producer } = newWorld();
  const sent: string[] = [];
  kinesis.script = ({ entries }, i) => {
    sent.push(Buffer.from(entries[0]?.data ?? []).toString("hex"));
    return i < 3 ? failure("unavailable", "500", "", true) : undefined;
  };
  await until(clock, Promise.all([0, 1, 2].map((i) => producer.put(record(i)))));
  return sent.length === 4 && new Set(sent).size === 1;
}

async function flushEnds(): Promise<boolean> {
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

async function sharesRequests(): Promise<boolean> {
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

const HAZARDS: readonly Hazard[] = [
  {
    name: "bounded memory (1, 2, 3): admission lets everyone in",
    plant: () => vi.spyOn(Admission.prototype, "tryEnter").mockReturnValue(true),
    holds: isBounded,
  },
  {
    name: "flush under load (6): it waits for what comes after it",
    plant: () => {
      // The count that it waits for never comes down to nothing while puts go on.
      vi.spyOn(Ledger.prototype, "onAllSettled").mockImplementation(() => () => false);
    },
    holds: flushEnds,
  },
  {
    name: "throttling storm (8): no pause after a throttle",
    plant: () => {
      const complete = methodOf(Settler.prototype, "complete");
      vi.spyOn(Settler.prototype, "complete").mockImplementation(function (
        this: Settler,
        request,
        outcome,
        nowMs,
      ) {
        complete.call(this, request, outcome, nowMs);
        for (const { lane } of request.entries) {
          lane.pausedUntilMs = 0;
          lane.throttledInARow = 0;
        }
        for (const entry of request.entries) entry.readyAtMs = 0;
      });
      vi.spyOn(ShardLimiter.prototype, "onThrottled").mockReturnValue();
    },
    holds: sparesThrottledShard,
  },
  {
    name: "static limiter (9): tokens are not counted",
    plant: () => vi.spyOn(ShardLimiter.prototype, "take").mockReturnValue(0),
    holds: staysWithinRate,
  },
  {
    name: "fatal errors (10, 18): nothing ever expires",
    plant: () => {
      vi.spyOn(Settler.prototype, "expire").mockReturnValue();
    },
    holds: () => settlesInTime(throttleAll),
  },
  {
    name: "poison entry (11): a refused request fails all its entries",
    plant: () => {
      const complete = methodOf(Settler.prototype, "complete");
      vi.spyOn(Settler.prototype, "complete").mockImplementation(function (
        this: Settler,
        request,
        outcome,
        nowMs,
      ) {
        const denied =
          outcome.kind === "failed" ? failure("denied", outcome.code, outcome.message) : outcome;
        complete.call(this, request, denied, nowMs);
      });
    },
    holds: sparesNeighbours,
  },
  {
    name: "order (13): two entries of a shard in flight",
    plant: () => {
      const fill = methodOf(Collector.prototype, "fill");
      vi.spyOn(Collector.prototype, "fill").mockImplementation(function (this: Collector, nowMs) {
        for (const lane of this.lanes()) lane.busy = 0;
        fill.call(this, nowMs);
      });
    },
    holds: keepsOrder,
  },
  {
    name: "order (13): a failed entry goes to the end of its lane",
    plant: () => {
      const push = methodOf(EntryQueue.prototype, "push");
      vi.spyOn(EntryQueue.prototype, "pushFront").mockImplementation(push);
    },
    holds: keepsOrder,
  },
  {
    name: "wrong shard (14): every acknowledgement is taken",
    plant: () => {
      vi.spyOn(ShardMap.prototype, "rangeOf").mockReturnValue({
        start: "0".repeat(32),
        end: "f".repeat(32),
      });
    },
    holds: survivesSplit,
  },
  {
    name: "shard map (17): a newer map is not used",
    plant: () => {
      const replaceMap = methodOf(Lanes.prototype, "replaceMap");
      let loaded = 0;
      vi.spyOn(Lanes.prototype, "replaceMap").mockImplementation(function (
        this: Lanes,
        shards,
        nowMs,
      ) {
        return loaded++ === 0 ? replaceMap.call(this, shards, nowMs) : [];
      });
    },
    holds: survivesSplit,
  },
  {
    name: "doubt (S1b): an ambiguous try is forgotten",
    plant: () => {
      const addAttempt = methodOf(Entry.prototype, "addAttempt");
      vi.spyOn(Entry.prototype, "addAttempt").mockImplementation(function (this: Entry, attempt) {
        addAttempt.call(this, { ...attempt, ambiguous: false });
      });
    },
    holds: isHonest,
  },
  {
    name: "frozen resends (19): a retry is made anew",
    plant: () => {
      const complete = methodOf(Settler.prototype, "complete");
      vi.spyOn(Settler.prototype, "complete").mockImplementation(function (
        this: Settler,
        request,
        outcome,
        nowMs,
      ) {
        for (const entry of request.entries) {
          const decoded = decodeAggregate(entry.data);
          if (decoded.kind === "aggregate")
            Object.assign(entry, { data: Buffer.from(entry.data).reverse() });
        }
        complete.call(this, request, outcome, nowMs);
      });
    },
    holds: resendsSameBytes,
  },
];

describe("a hot shard (34)", () => {
  it("leaves room for the others in a request", async () => {
    expect(await sharesRequests()).toBe(true);
  });
});

describe.each(HAZARDS)("$name", ({ plant, holds }) => {
  it("holds as it is", async () => {
    expect(await holds()).toBe(true);
  });

  it("is noticed when planted", async () => {
    plant();
    const noticed = await holds().then(
      (held) => !held,
      () => true,
    );
    expect(noticed).toBe(true);
  });
});
