import { readdirSync, readFileSync } from "node:fs";
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { type Lease, newLease, SHARD_END, TRIM_HORIZON } from "@shardline/model";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Item, leaseItem, readItem, throughputValue } from "../src/lease-item.ts";

const TABLES = new URL("fixtures/kcl/", import.meta.url);

function table(name: string): Item[] {
  return JSON.parse(readFileSync(new URL(`${name}.json`, TABLES), "utf8")) as Item[];
}

function leasesOf(name: string): Map<string, Lease> {
  const leases = table(name).flatMap((item) => {
    const read = readItem(item);
    return read.kind === "lease" ? [read.lease] : [];
  });
  return new Map(leases.map((lease) => [lease.leaseKey, lease]));
}

describe("tables of the Java library", () => {
  const names = readdirSync(TABLES).map((file) => file.replace(".json", ""));

  it.each(names)("%s: every row reads, as a lease or as a row of another kind", (name) => {
    for (const item of table(name)) {
      const read = readItem(item);
      const entity = item["entityType"]?.S;
      expect(read.kind).toBe(entity === "LEASE" ? "lease" : "other");
    }
  });

  it("one-worker: owner, counter, checkpoint and hash range", () => {
    const leases = leasesOf("one-worker");
    expect(leases.size).toBe(4);
    expect(leases.get("shardId-000000000001")).toEqual({
      leaseKey: "shardId-000000000001",
      owner: "w1",
      counter: 4,
      checkpoint: {
        sequenceNumber: "49680417611871586458146722563298731138800458934484205586",
        subSequenceNumber: 0,
      },
      ownerSwitchesSinceCheckpoint: 0,
      parentShardIds: [],
      childShardIds: [],
      hashKeyRange: { start: `4${"0".repeat(31)}`, end: `7${"f".repeat(31)}` },
    });
    expect(leases.get("shardId-000000000003")?.checkpoint).toEqual(TRIM_HORIZON);
  });

  it("after-merge: two parents, and SHARD_END with children", () => {
    const leases = [...leasesOf("after-merge").values()];
    const merged = leases.find((lease) => lease.parentShardIds.length === 2);
    expect(merged).toBeDefined();
    for (const parent of merged?.parentShardIds ?? []) {
      const row = leases.find((lease) => lease.leaseKey === parent);
      expect(row?.checkpoint).toEqual(SHARD_END);
      expect(row?.childShardIds).toEqual([merged?.leaseKey]);
    }
  });

  it("mid-aggregate: sub-sequence number and an announced checkpoint with its state", () => {
    const lease = leasesOf("mid-aggregate-and-prepared").get("shardId-000000000000");
    expect(lease?.checkpoint.subSequenceNumber).toBe(2);
    expect(lease?.pending?.checkpoint).toEqual({ ...lease?.checkpoint, subSequenceNumber: 3 });
    expect(Buffer.from(lease?.pending?.state ?? []).toString()).toContain("step 7");
    expect(lease?.throughputKBps).toBe(9e-6);
    expect(lease?.childShardIds).toEqual(["shardId-000000000001", "shardId-000000000002"]);
  });
});

describe("a lease as an item", () => {
  it("is what the Java library writes for a new lease", () => {
    const shard = {
      parentShardIds: ["shardId-000000000000"],
      hashKeyRange: { start: "0".repeat(32), end: `1${"f".repeat(31)}` },
    };
    const lease = newLease("shardId-000000000004", TRIM_HORIZON, shard, undefined);
    expect(leaseItem(lease)).toEqual({
      checkpoint: { S: "TRIM_HORIZON" },
      parentShardId: { SS: ["shardId-000000000000"] },
      endingHashKey: { S: "42535295865117307932921825928971026431" },
      leaseCounter: { N: "0" },
      entityType: { S: "LEASE" },
      ownerSwitchesSinceCheckpoint: { N: "0" },
      checkpointSubSequenceNumber: { N: "0" },
      leaseKey: { S: "shardId-000000000004" },
      startingHashKey: { S: "0" },
    });
  });

  it("reads back as it was", () => {
    fc.assert(
      fc.property(leases, (lease) => {
        expect(readItem(leaseItem(lease))).toEqual({ kind: "lease", lease });
      }),
    );
  });

  it("rounds the throughput to six decimals", () => {
    expect(throughputValue(0.12345678)).toEqual({ N: "0.123457" });
    expect(throughputValue(7)).toEqual({ N: "7" });
  });
});

describe("items of others", () => {
  const base: Item = {
    leaseKey: { S: "shardId-0" },
    leaseCounter: { N: "3" },
    checkpoint: { S: "5" },
  };
  const lease = (item: Record<string, AttributeValue>): Lease => {
    const read = readItem({ ...base, ...item });
    if (read.kind !== "lease") throw new Error(JSON.stringify(read));
    return read.lease;
  };

  it("a row of an old version, without the later attributes, is a lease", () => {
    expect(lease({})).toMatchObject({
      counter: 3,
      checkpoint: { sequenceNumber: "5", subSequenceNumber: 0 },
      ownerSwitchesSinceCheckpoint: 0,
      hashKeyRange: undefined,
    });
  });

  it("a number as pending state, which the library writes by mistake, is no state", () => {
    const read = lease({ pendingCheckpoint: { S: "7" }, pendingCheckpointState: { N: "3" } });
    expect(read.pending).toEqual({ checkpoint: { sequenceNumber: "7", subSequenceNumber: 0 } });
  });

  it("a shard of a single hash key is a range", () => {
    const read = lease({ startingHashKey: { S: "7" }, endingHashKey: { S: "7" } });
    expect(read.hashKeyRange?.start).toBe(`${"0".repeat(31)}7`);
  });

  it.each<[string, Record<string, AttributeValue>]>([
    ["no counter", { leaseCounter: { NULL: true } }],
    ["a counter that is text", { leaseCounter: { S: "3" } }],
    ["a counter beyond 2^53", { leaseCounter: { N: "9007199254740993" } }],
    ["a checkpoint that is no position", { checkpoint: { S: "later" } }],
    ["parents that are no set", { parentShardId: { S: "shardId-1" } }],
    ["a hash key out of bounds", { startingHashKey: { S: "3".repeat(40) } }],
    ["a hash range upside down", { startingHashKey: { S: "9" }, endingHashKey: { S: "1" } }],
  ])("%s makes the row unreadable, not a crash", (_, item) => {
    expect(readItem({ ...base, ...item }).kind).toBe("unreadable");
  });

  it("any item gives an answer", () => {
    const value = fc.oneof(
      fc.record({ S: fc.string() }),
      fc.record({ N: fc.string() }),
      fc.record({ NULL: fc.boolean() }),
      fc.record({ SS: fc.array(fc.string()) }),
      fc.constant({}),
    ) as fc.Arbitrary<AttributeValue>;
    const names = fc.oneof(fc.constantFrom(...Object.keys(base), "entityType"), fc.string());
    fc.assert(
      fc.property(fc.dictionary(names, value), (item) => {
        expect(["lease", "other", "unreadable"]).toContain(readItem(item).kind);
      }),
    );
  });
});

const positions = fc.oneof(
  fc.constantFrom("TRIM_HORIZON", "LATEST", "AT_TIMESTAMP", "SHARD_END"),
  fc.bigInt({ min: 0n, max: 10n ** 56n }).map(String),
);
const checkpoints = fc.record({ sequenceNumber: positions, subSequenceNumber: fc.nat() });
const hashKeys = fc
  .bigInt({ min: 0n, max: 2n ** 128n - 1n })
  .map((n) => n.toString(16).padStart(32, "0"));
const shardIds = fc.uniqueArray(fc.string({ minLength: 1 }), { maxLength: 3 }).map((a) => a.sort());
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });

const leases: fc.Arbitrary<Lease> = fc.record({
  leaseKey: fc.string({ minLength: 1 }),
  owner: maybe(fc.string()),
  checkpointOwner: maybe(fc.string()),
  counter: fc.maxSafeNat(),
  checkpoint: checkpoints,
  pending: maybe(
    fc.oneof(
      fc.record({ checkpoint: checkpoints }),
      fc.record({ checkpoint: checkpoints, state: fc.uint8Array() }),
    ),
  ),
  ownerSwitchesSinceCheckpoint: fc.nat(),
  parentShardIds: shardIds,
  childShardIds: shardIds,
  hashKeyRange: maybe(
    fc
      .tuple(hashKeys, hashKeys)
      .map(([a, b]) => (a < b ? { start: a, end: b } : { start: b, end: a })),
  ),
  throughputKBps: maybe(fc.nat().map((n) => n / 1e6)),
  stream: maybe(fc.record({ streamArn: fc.string(), streamCreationTimestampMs: fc.nat() })),
  startTimestampMs: maybe(fc.maxSafeNat()),
});
