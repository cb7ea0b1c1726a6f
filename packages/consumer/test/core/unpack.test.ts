import fc from "fast-check";
import { encodeAggregate } from "@shardline/aggregation";
import {
  type Checkpoint,
  compareCheckpoints,
  type HashKeyRange,
  hashKeyOfPartitionKey,
  type KinesisRecord,
  type ReceivedRecord,
  TRIM_HORIZON,
} from "@shardline/model";
import { describe, expect, it } from "vitest";
import { type Finding, Unpacker } from "../../src/core/unpack.ts";

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const record = (sequenceNumber: string, data: Uint8Array, partitionKey = "k"): KinesisRecord => ({
  sequenceNumber,
  partitionKey,
  data,
  approximateArrivalTimestampMs: 5,
});
const aggregate = (sequenceNumber: string, texts: readonly string[]): KinesisRecord =>
  record(sequenceNumber, encodeAggregate(texts.map((t) => ({ partitionKey: t, data: bytes(t) }))));
const whole: HashKeyRange = { start: "0".repeat(32), end: "f".repeat(32) };
const none: HashKeyRange = { start: "0".repeat(32), end: "0".repeat(32) };
const big = { maxRecords: 1_000, maxBytes: 1_000_000 };

function unpacker(
  start: Checkpoint = TRIM_HORIZON,
  hashKeyRange: HashKeyRange = whole,
  hashRangePolicy: "deliver" | "kcl" = "deliver",
): Unpacker {
  return new Unpacker({ shardId: "s", hashKeyRange, hashRangePolicy }, start);
}

function drain(
  unpack: Unpacker,
  limits = big,
): { records: ReceivedRecord[]; findings: Finding[]; sizes: number[] } {
  const records: ReceivedRecord[] = [];
  const findings: Finding[] = [];
  const sizes: number[] = [];
  for (let batch = unpack.next(limits); batch !== undefined; batch = unpack.next(limits)) {
    records.push(...batch.records);
    findings.push(...batch.findings);
    sizes.push(batch.records.length);
  }
  return { records, findings, sizes };
}

describe("Unpacker", () => {
  it("gives every user record once, in order, in bounded batches, whatever the bounds", () => {
    const source = fc.array(
      fc.array(fc.string({ maxLength: 8, minLength: 1 }), { minLength: 1, maxLength: 9 }),
      {
        maxLength: 8,
      },
    );
    const bounds = fc.record({
      maxRecords: fc.integer({ min: 1, max: 7 }),
      maxBytes: fc.integer({ min: 1, max: 20 }),
    });
    fc.assert(
      fc.property(source, bounds, (groups, limits) => {
        const unpack = unpacker();
        unpack.add(groups.map((texts, i) => aggregate(String(100 + i), texts)));
        const { records, sizes } = drain(unpack, limits);
        expect(records.map(({ data }) => Buffer.from(data).toString())).toEqual(
          groups.flat().map((t) => Buffer.from(t).toString()),
        );
        for (let i = 1; i < records.length; i++) {
          expect(compareCheckpoints(records[i - 1] as never, records[i] as never)).toBeLessThan(0);
        }
        expect(Math.max(0, ...sizes)).toBeLessThanOrEqual(limits.maxRecords);
      }),
    );
  });

  it("resumes behind any sub-record: nothing again, nothing lost", () => {
    fc.assert(
      fc.property(fc.nat(3), fc.nat(4), (index, subSequenceNumber) => {
        const records = ["100", "200", "300", "400"].map((s) =>
          aggregate(s, ["a", "b", "c", "d", "e"]),
        );
        const start = { sequenceNumber: String((index + 1) * 100), subSequenceNumber };
        const unpack = unpacker(start);
        unpack.add(records);
        const all = drain(unpack).records;
        expect(all).toHaveLength(20 - (index * 5 + subSequenceNumber + 1));
        expect(all.every((r) => compareCheckpoints(r, start) > 0)).toBe(true);
      }),
    );
  });

  it("drops the plain record of the checkpoint itself", () => {
    const unpack = unpacker({ sequenceNumber: "100", subSequenceNumber: 0 });
    unpack.add([record("100", bytes("old")), record("101", bytes("new"))]);
    expect(drain(unpack).records.map((r) => r.sequenceNumber)).toEqual(["101"]);
  });

  it("F55: what comes again is left out and reported", () => {
    const unpack = unpacker();
    unpack.add([record("100", bytes("a")), record("101", bytes("b")), record("100", bytes("a"))]);
    const { records, findings } = drain(unpack);
    expect(records).toHaveLength(2);
    expect(findings).toEqual([{ kind: "repeated", sequenceNumber: "100" }]);
  });

  it("F57: a broken aggregate is one plain record and a finding, never a throw", () => {
    const broken = aggregate("7", ["a", "b"]);
    (broken.data as Uint8Array)[6] = 0xff;
    const unpack = unpacker();
    unpack.add([broken]);
    const { records, findings } = drain(unpack);
    expect(records).toMatchObject([{ aggregated: false, subSequenceNumber: 0, data: broken.data }]);
    expect(findings).toMatchObject([{ kind: "malformed", sequenceNumber: "7" }]);
  });

  it("S9: any bytes at all are delivered", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.boolean(), (data, magic) => {
        const bytesIn = magic ? new Uint8Array([0xf3, 0x89, 0x9a, 0xc2, ...data]) : data;
        const unpack = unpacker();
        unpack.add([record("1", bytesIn)]);
        expect(drain(unpack).records).toHaveLength(1);
      }),
    );
  });

  it("delivers members of another shard's range and says how many", () => {
    const unpack = unpacker(TRIM_HORIZON, none);
    unpack.add([aggregate("1", ["a", "b", "c"])]);
    const { records, findings } = drain(unpack);
    expect(records).toHaveLength(3);
    expect(findings).toEqual([
      { kind: "out-of-range", sequenceNumber: "1", records: 3, dropped: 0 },
    ]);
  });

  it('hashRangePolicy "kcl" drops the whole aggregate, with a finding', () => {
    const end = hashKeyOfPartitionKey("a");
    const range = { start: "0".repeat(32), end };
    const stranger = ["b", "c", "d", "e"].find((k) => hashKeyOfPartitionKey(k) > end) as string;
    const unpack = unpacker(TRIM_HORIZON, range, "kcl");
    unpack.add([aggregate("1", ["a", stranger]), aggregate("2", ["a"])]);
    const { records, findings } = drain(unpack);
    expect(records.map((r) => r.sequenceNumber)).toEqual(["2"]);
    expect(findings).toMatchObject([{ kind: "out-of-range", sequenceNumber: "1", dropped: 2 }]);
  });

  it("one record above the byte bound comes alone", () => {
    const unpack = unpacker();
    unpack.add(["1", "2", "3"].map((s) => record(s, new Uint8Array(50))));
    expect(drain(unpack, { maxRecords: 10, maxBytes: 20 }).sizes).toEqual([1, 1, 1]);
  });
});
