import { readFileSync, writeFileSync } from "node:fs";
import { hashKeyOf, rangeContains, type UserRecord } from "@shardline/model";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Decoded, decodeAggregate, KCL_DECODING } from "../src/decode.ts";
import { encodeAggregate } from "../src/encode.ts";
import { MAX_SUB_RECORDS } from "../src/envelope.ts";
import { arbitraryRecords } from "./arbitrary-records.ts";
import { referenceDecode, referenceEncode, seal } from "./reference.ts";
import type { Vector, VectorRecord } from "./vector.ts";
import { buildVectors } from "./vectors.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

function recordsOf(decoded: Decoded): VectorRecord[] | null {
  if (decoded.kind === "plain") return null;
  return decoded.records.map((r) => [r.partitionKey, r.explicitHashKey ?? null, hex(r.data)]);
}

describe("golden vectors", () => {
  const file = new URL("../vectors/aggregation.json", import.meta.url);
  const built = buildVectors();
  if (process.env["UPDATE_VECTORS"] === "1") {
    const lines = built.map((vector) => JSON.stringify(vector)).join(",\n");
    writeFileSync(file, `[\n${lines}\n]\n`);
  }
  const vectors = JSON.parse(readFileSync(file, "utf8")) as Vector[];

  it("are published as they are built (UPDATE_VECTORS=1 writes them)", () => {
    expect(vectors).toEqual(built);
  });

  it.each(vectors)("$name: $why", ({ hex: data, range, kcl, lenient, canonical }) => {
    const bytes = Buffer.from(data, "hex");
    const asKcl = decodeAggregate(bytes, { range, ...KCL_DECODING });
    expect(recordsOf(asKcl)).toEqual(kcl);
    expect(recordsOf(decodeAggregate(bytes, { range }))).toEqual(lenient);
    const records = (lenient ?? []).map(
      ([partitionKey, explicitHashKey, dataHex]): UserRecord => ({
        partitionKey,
        explicitHashKey: explicitHashKey ?? undefined,
        data: Buffer.from(dataHex, "hex"),
      }),
    );
    expect(canonical ? hex(encodeAggregate(records)) : data).toBe(data);
  });
});

describe("decodeAggregate", () => {
  it("accounts for every record that it leaves out", () => {
    const bytes = Buffer.from(
      buildVectors().find((v) => v.name === "one-record-out-of-range")?.hex ?? "",
      "hex",
    );
    const range = { start: "8".padEnd(32, "0"), end: "f".repeat(32) };
    const as = (outOfRange: "deliver" | "drop-record" | "drop-aggregate"): Decoded =>
      decodeAggregate(bytes, { range, outOfRange });
    expect(as("deliver")).toMatchObject({ total: 4, outOfRange: 1, dropped: 0 });
    expect(as("drop-record")).toMatchObject({ total: 4, outOfRange: 1, dropped: 1 });
    expect(as("drop-aggregate")).toMatchObject({ total: 4, outOfRange: 1, dropped: 4 });
    const kept = as("drop-record");
    expect(kept.kind === "aggregate" && kept.records.map((r) => r.subSequenceNumber)).toEqual([
      0, 1, 3,
    ]);
  });

  it("takes an aggregate of more records than could be as one plain record", () => {
    const record = Buffer.from("1a0408001a00", "hex");
    const key = Buffer.from("0a0161", "hex");
    const of = (count: number): Decoded =>
      decodeAggregate(seal(Buffer.concat([key, ...Array.from({ length: count }, () => record)])));
    expect(of(MAX_SUB_RECORDS)).toMatchObject({ kind: "aggregate", total: MAX_SUB_RECORDS });
    expect(of(MAX_SUB_RECORDS + 1)).toEqual({ kind: "plain", reason: "too-many-records" });
  });

  it("gives views, not copies", () => {
    const bytes = encodeAggregate([
      { partitionKey: "k", data: "1" },
      { partitionKey: "k", data: "2" },
    ]);
    const decoded = decodeAggregate(bytes);
    expect(decoded.kind === "aggregate" && decoded.records[0]?.data.buffer).toBe(bytes.buffer);
  });

  it("is not slowed by a hash key of a million digits", () => {
    const text = "9".repeat(1_000_000);
    const bytes = encodeAggregate([{ partitionKey: "k", explicitHashKey: text, data: "" }]);
    const range = { start: "0".repeat(32), end: "f".repeat(32) };
    expect(decodeAggregate(bytes, { range })).toMatchObject({ outOfRange: 1 });
  });

  it("drops with the KCL exactly when one hash key is outside the range", () => {
    const bound = fc.bigInt(0n, 2n ** 128n - 1n).map((n) => n.toString(16).padStart(32, "0"));
    fc.assert(
      fc.property(arbitraryRecords, bound, bound, (records, a, b) => {
        const range = a < b ? { start: a, end: b } : { start: b, end: a };
        const decoded = decodeAggregate(encodeAggregate(records), { range, ...KCL_DECODING });
        const inside = records.every((r) =>
          rangeContains(range, hashKeyOf(r.partitionKey, r.explicitHashKey)),
        );
        expect(decoded).toMatchObject({ dropped: inside ? 0 : records.length });
      }),
      { numRuns: 50 },
    );
  });
});

describe("against protobufjs", () => {
  it("writes the same bytes", () => {
    fc.assert(
      fc.property(arbitraryRecords, (records) => {
        expect(hex(encodeAggregate(records))).toBe(hex(referenceEncode(records)));
      }),
    );
  });

  it("reads the same records out of any bytes that both accept", () => {
    const messages = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 40 }),
      // Bytes that look like the format, with one of them changed.
      fc.tuple(arbitraryRecords, fc.nat(), fc.nat(255)).map(([records, at, value]) => {
        const sealed = Buffer.from(encodeAggregate(records.slice(0, 5)));
        const message = sealed.subarray(4, -16);
        message[at % message.length] = value;
        return message;
      }),
    );
    let compared = 0;
    fc.assert(
      fc.property(messages, (message) => {
        const decoded = decodeAggregate(seal(message));
        const reference = referenceDecode(message);
        fc.pre(decoded.kind === "aggregate" && reference !== undefined);
        const { records } = decoded as Extract<Decoded, { kind: "aggregate" }>;
        const rows = (reference?.records ?? []).filter(
          (r) =>
            reference?.partition_key_table?.[r.partition_key_index] !== undefined &&
            (r.explicit_hash_key_index === undefined ||
              reference.explicit_hash_key_table?.[r.explicit_hash_key_index] !== undefined),
        );
        // Longer indices than 32 bits are cut by Java and us, not by protobufjs.
        fc.pre((reference?.records ?? []).every((r) => r.partition_key_index < 2 ** 32));
        expect(records.map((r) => hex(r.data))).toEqual(rows.map((r) => hex(r.data)));
        compared++;
      }),
      { numRuns: 2000, maxSkipsPerRun: 1000 },
    );
    expect(compared).toBeGreaterThan(500);
  });
});
