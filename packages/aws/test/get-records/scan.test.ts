/** The scanner sees in an answer what JSON.parse sees, or nothing. */

import type { GetRecordsAnswer } from "@shardline/model";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { needObject } from "../../src/fast/json.ts";
import { readGetRecordsOutput, WIRE_NOTATION } from "../../src/get-records/answer.ts";
import { readBody } from "../../src/get-records/fast-get-records.ts";
import { scanGetRecords } from "../../src/get-records/scan.ts";

type Result = GetRecordsAnswer | "refused";

function resultOf(read: () => GetRecordsAnswer): Result {
  try {
    return read();
  } catch {
    return "refused";
  }
}

const scanned = (body: Buffer): Result => resultOf(() => readBody(body));
const parsed = (body: Buffer): Result =>
  resultOf(() => readGetRecordsOutput(needObject(body), WIRE_NOTATION));

const record = fc.record(
  {
    SequenceNumber: fc.bigInt({ min: 0n, max: 10n ** 129n - 1n }).map(String),
    ApproximateArrivalTimestamp: fc.oneof(
      fc.integer({ min: 1, max: 2_000_000_000_000 }).map((ms) => ms / 1000),
      fc.double({ min: -8.6e12, max: 8.6e12, noNaN: true }),
    ),
    Data: fc
      .oneof(fc.uint8Array({ maxLength: 30 }), fc.uint8Array({ minLength: 150, maxLength: 9000 }))
      .map((data) => Buffer.from(data).toString("base64")),
    PartitionKey: fc.oneof(fc.string({ maxLength: 20 }), fc.string({ unit: "binary" })),
    EncryptionType: fc.constantFrom("NONE", "KMS"),
  },
  { requiredKeys: ["SequenceNumber", "Data", "PartitionKey"] },
);
const rest = fc.record(
  {
    NextShardIterator: fc.option(fc.base64String(), { nil: null }),
    MillisBehindLatest: fc.nat(),
    ChildShards: fc.constantFrom(null, []),
  },
  { requiredKeys: [] },
);
/** The members in any order, as bytes. */
const body = fc
  .tuple(fc.array(record, { maxLength: 4 }), rest, fc.boolean())
  .map(([Records, others, first]) =>
    Buffer.from(JSON.stringify(first ? { Records, ...others } : { ...others, Records })),
  );

const ODD = '" \\ { } [ ] , : 0 . E - = _ \u0000 A 9 n é'.split(" ").concat(" ");

describe("the service's form", () => {
  it("is read, and as JSON.parse would", () => {
    fc.assert(
      fc.property(body, (bytes) => {
        expect(scanGetRecords(bytes)).toBeDefined();
        expect(scanned(bytes)).toEqual(parsed(bytes));
      }),
      { numRuns: 500 },
    );
  });

  it("may be spoilt at any place without being taken for another", () => {
    const spoilt = fc.tuple(
      body,
      fc.array(fc.tuple(fc.nat(), fc.constantFrom(...ODD)), {
        minLength: 1,
        maxLength: 3,
      }),
      fc.constantFrom("replaced", "inserted", "cut"),
    );
    fc.assert(
      fc.property(spoilt, ([bytes, places, how]) => {
        let result = bytes;
        for (const [place, character] of places) {
          const at = place % result.length;
          const after = result.subarray(how === "inserted" ? at : at + 1);
          const piece = Buffer.from(character);
          result = Buffer.concat(
            how === "cut" ? [result.subarray(0, at)] : [result.subarray(0, at), piece, after],
          );
          if (result.length === 0) break;
        }
        expect(scanned(result)).toEqual(parsed(result));
      }),
      { numRuns: 3000 },
    );
  });

  it("may hold the names of members anywhere", () => {
    const pieces = fc.constantFrom(
      ...['"Records":[', '"Records":[]', '{"SequenceNumber":"1","Data":"","PartitionKey":"k"}'],
      ...['"a', '\\"', '"', ",", "{", "}", "[", "]", ":", "1", '"x":', '{"Records":[', "null"],
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (list) => {
        expect(scanned(Buffer.from(`{${list.join("")}`))).toEqual(
          parsed(Buffer.from(`{${list.join("")}`)),
        );
        expect(scanned(Buffer.from(`{"Records":[${list.join("")}`))).toEqual(
          parsed(Buffer.from(`{"Records":[${list.join("")}`)),
        );
        expect(scanned(Buffer.from(`{"Records":[],${list.join("")}}`))).toEqual(
          parsed(Buffer.from(`{"Records":[],${list.join("")}}`)),
        );
      }),
      { numRuns: 3000 },
    );
  });
});

const good = { SequenceNumber: "1", Data: "", PartitionKey: "k" };

it.each<[string, string]>([
  ["records in another object", `{"Other":{"Records":[${JSON.stringify(good)}]},"Records":[]}`],
  ["records in another object alone", `{"Other":{"a":1,"Records":[${JSON.stringify(good)}]}}`],
  ["a name that ends alike, alone", `{"a\\"Records":[${JSON.stringify(good)}]}`],
  [
    "a number that begins with 0",
    '{"Records":[{"SequenceNumber":"01","Data":"","PartitionKey":""}]}',
  ],
  ["a later list that counts", `{"Records":[${JSON.stringify(good)}],"Records":[]}`],
  ["a later list by another name", `{"Records":[${JSON.stringify(good)}],"Rec\\u006frds":[]}`],
  ["an earlier list that does not count", `{"Records":7,"Records":[${JSON.stringify(good)}]}`],
  ["a name that ends alike", `{"a\\"Records":[${JSON.stringify(good)}],"Records":[]}`],
  ["a later object", `{"Records":[],"Other":{"Records":[${JSON.stringify(good)}]}}`],
  [
    "a member twice",
    '{"Records":[{"Data":"AQID","Data":"","SequenceNumber":"1","PartitionKey":""}]}',
  ],
])("%s is read as JSON.parse would", (_, text) =>
  expect(scanned(Buffer.from(text))).toEqual(parsed(Buffer.from(text))),
);

describe("times", () => {
  it.each([
    ...["0", "-1.5", "1.767225600123E9", "1767225600.123", "1767225600", "1.7E9", "1E9", "1.5E3"],
    ...[
      "01",
      "1.",
      ".5",
      "1E",
      "1E+9",
      "1E-",
      "1E.",
      "1E/",
      "1.7672256001E:",
      "1e9",
      "1.2.3",
      "1E99",
      "8.64E12",
      "8.65E12",
      "-0.0001",
      "+1",
    ],
    ...[
      "1767225600.1235",
      "1767225600.0005",
      "999999999999.999",
      "9999999999999.99",
      "1.76722560012E9",
    ],
    ...[
      "true",
      "null",
      '"1.7E9"',
      "",
      "NaN",
      "1 ",
      " 1",
      "1E1",
      "123456789012345678",
      "0.001",
      "0E1",
    ],
  ])("%s", (time) => {
    const head = '{"Records":[{"SequenceNumber":"1","Data":"","PartitionKey":"k"';
    expect(scanned(Buffer.from(`${head},"ApproximateArrivalTimestamp":${time}}]}`))).toEqual(
      parsed(Buffer.from(`${head},"ApproximateArrivalTimestamp":${time}}]}`)),
    );
  });

  it("of whole milliseconds are exact", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9_999_999_999_999 }), (ms) => {
        const digits = String(ms).padStart(4, "0");
        const plain = `${digits.slice(0, -3)}.${digits.slice(-3)}`;
        const java = `${digits[0]}.${digits.slice(1)}E${digits.length - 4}`;
        for (const time of [plain, java]) {
          const head = '{"Records":[{"SequenceNumber":"1","Data":"","PartitionKey":"k"';
          const bytes = Buffer.from(`${head},"ApproximateArrivalTimestamp":${time}}]}`);
          expect(scanned(bytes)).toEqual(parsed(bytes));
        }
      }),
    );
  });
});

it("data of one length or another is what Node.js makes of it, and refused if it is no base64", () => {
  for (let length = 0; length < 300; length++) {
    const data = Buffer.from(Uint8Array.from({ length }, (_, i) => (i * 167 + length) & 0xff));
    const text = data.toString("base64");
    const answer = (Data: string): Buffer =>
      Buffer.from(JSON.stringify({ Records: [{ ...good, Data }] }));
    expect(readBody(answer(text)).records[0]?.data).toEqual(new Uint8Array(data));
    for (const wrong of ["-", "_", "=", "é", " ", "*"]) {
      const at = (length * 7) % (text.length + 1);
      expect(scanned(answer(text.slice(0, at) + wrong + text.slice(at)))).toEqual(
        parsed(answer(text.slice(0, at) + wrong + text.slice(at))),
      );
      expect(scanned(answer(text.slice(0, at) + wrong + text.slice(at + 1)))).toEqual(
        parsed(answer(text.slice(0, at) + wrong + text.slice(at + 1))),
      );
    }
  }
});

it("data that is handed to another thread does not take other records' with it", () => {
  const Records = ["AQID", "BAUG"].map((Data) => ({ ...good, Data }));
  const [first, second] = readBody(Buffer.from(JSON.stringify({ Records }))).records;
  try {
    // Node.js 20 copies what may not be moved, later ones throw.
    structuredClone(first?.data, { transfer: [first?.data.buffer as ArrayBuffer] });
  } catch {}
  expect(second?.data).toEqual(new Uint8Array([4, 5, 6]));
});
