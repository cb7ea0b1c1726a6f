import { createHash } from "node:crypto";
import { dataBytes, type UserRecord } from "@shardline/model";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeAggregate } from "../src/decode.ts";
import { AggregateBuilder, encodeAggregate } from "../src/encode.ts";
import { arbitraryRecords } from "./arbitrary-records.ts";
import { bytesOf, recording, userRecordsOf } from "./kpl-fixtures.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

describe("encodeAggregate", () => {
  it.each([
    {
      records: [
        { partitionKey: "a", data: "1" },
        { partitionKey: "a", data: "2" },
      ],
      expected: "f3899ac20a01611a0508001a01311a0508001a013213c5117e086130131a54e6dc69e47414",
    },
    {
      records: [
        { partitionKey: "pk1", data: "hello" },
        {
          partitionKey: "pk2",
          explicitHashKey: "170141183460469231731687303715884105728",
          data: "",
        },
      ],
      expected:
        "f3899ac20a03706b310a03706b3212273137303134313138333436303436393233313733313638373330333731353838343130353732381a0908001a0568656c6c6f1a06080110001a00457f859f0a75e37e9ba2bc248ea4b3cf",
    },
    {
      records: [
        { partitionKey: "k", explicitHashKey: "0", data: Uint8Array.of(0) },
        { partitionKey: "k", explicitHashKey: "0", data: Uint8Array.of(255, 255) },
        { partitionKey: "é", explicitHashKey: "1", data: "x" },
      ],
      expected:
        "f3899ac20a016b0a02c3a91201301201311a07080010001a01001a08080010001a02ffff1a07080110011a0178d1b9f23be813dbd47d1467041b488f6d",
    },
  ])("writes what the official serializer writes: $expected", ({ records, expected }) => {
    expect(hex(encodeAggregate(records))).toBe(expected);
  });

  const aggregates = recording.cases.flatMap(({ name, entries }) =>
    entries
      .filter((entry) => entry.aggregated)
      .map((entry, i) => ({ name: `${name} ${i}`, entry })),
  );
  it.each(aggregates)("writes the bytes of the KPL: $name", ({ entry }) => {
    const encoded = encodeAggregate(userRecordsOf(entry));
    expect(encoded.length).toBe(entry.bytes);
    expect(createHash("sha256").update(encoded).digest("hex")).toBe(entry.sha256);
    expect(hex(encoded)).toBe(entry.data === undefined ? hex(encoded) : hex(bytesOf(entry.data)));
  });

  it("reads back what it wrote (S9)", () => {
    fc.assert(
      fc.property(arbitraryRecords, (records) => {
        const decoded = decodeAggregate(encodeAggregate(records));
        expect(decoded).toEqual({
          kind: "aggregate",
          total: records.length,
          outOfRange: 0,
          damaged: 0,
          dropped: 0,
          records: records.map((record, i) => ({
            subSequenceNumber: i,
            partitionKey: record.partitionKey,
            explicitHashKey: record.explicitHashKey,
            data: Uint8Array.from(dataBytes(record.data)),
          })),
        });
      }),
    );
  });
});

describe("AggregateBuilder", () => {
  it("knows the exact size after each record (S9)", () => {
    fc.assert(
      fc.property(arbitraryRecords, (records) => {
        const builder = new AggregateBuilder();
        const taken: UserRecord[] = [];
        for (const record of records.slice(0, 40)) {
          builder.tryAdd(record.partitionKey, record.explicitHashKey, record.data);
          taken.push(record);
          expect(builder.byteLength).toBe(encodeAggregate(taken).length);
        }
      }),
      { numRuns: 30 },
    );
  });

  it("refuses exactly the record that would pass maxBytes, and stays as it was", () => {
    fc.assert(
      fc.property(arbitraryRecords, fc.integer({ min: -3, max: 3 }), (records, slack) => {
        const full = encodeAggregate(records).length;
        const builder = new AggregateBuilder({ maxBytes: full + slack });
        const taken = records.map((r) => builder.tryAdd(r.partitionKey, r.explicitHashKey, r.data));
        const accepted = records.filter((_, i) => taken[i]);
        expect(builder.recordCount).toBe(accepted.length);
        expect(accepted.length === records.length).toBe(slack >= 0 || records.length === 1);
        expect(hex(builder.finish())).toBe(hex(encodeAggregate(accepted)));
      }),
    );
  });

  it("stops at maxRecords", () => {
    const builder = new AggregateBuilder({ maxRecords: 2 });
    const added = [1, 2, 3].map((n) => builder.tryAdd("k", undefined, String(n)));
    expect(added).toEqual([true, true, false]);
  });

  it("starts afresh after finish() and finishRaw()", () => {
    const builder = new AggregateBuilder();
    builder.tryAdd("k", "7", "first");
    builder.finish();
    builder.tryAdd("other", undefined, "second");
    expect(Buffer.from(builder.finishRaw()).toString()).toBe("second");
    builder.tryAdd("k", undefined, "x");
    expect(hex(builder.finish())).toBe(hex(encodeAggregate([{ partitionKey: "k", data: "x" }])));
  });

  it("remembers keys between aggregates, and none of their places", () => {
    fc.assert(
      fc.property(fc.array(arbitraryRecords, { minLength: 2, maxLength: 8 }), (aggregates) => {
        const builder = new AggregateBuilder();
        for (const records of aggregates) {
          for (const r of records) builder.tryAdd(r.partitionKey, r.explicitHashKey, r.data);
          expect(hex(builder.finish())).toBe(hex(encodeAggregate(records)));
        }
      }),
      { numRuns: 30 },
    );
  });

  it("copies data at once: the caller may reuse its bytes", () => {
    const builder = new AggregateBuilder();
    const data = Buffer.from("before");
    builder.tryAdd("k", undefined, data);
    data.fill("x");
    expect(Buffer.from(builder.finishRaw()).toString()).toBe("before");
  });

  it("counts lone surrogates in text as the three bytes that are written", () => {
    const encoded = encodeAggregate([
      { partitionKey: "k", data: "\ud800" },
      { partitionKey: "k", data: "y" },
    ]);
    const decoded = decodeAggregate(encoded);
    expect(decoded.kind === "aggregate" && decoded.records.map((r) => hex(r.data))).toEqual([
      "efbfbd",
      "79",
    ]);
  });
});
