import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ByteRange, payloadBase64 } from "../../src/operations/operation.ts";
import { parsePutRecords } from "../../src/server/put-records-json.ts";

const filler = { PartitionKey: "filler", Data: Buffer.alloc(30, 7).toString("base64") };

/** With the data as text again, to compare with what JSON.parse gives. */
function asText(input: unknown): unknown {
  const { Records } = input as { Records: { Data: unknown }[] };
  for (const record of Records) {
    if (record.Data instanceof ByteRange) record.Data = payloadBase64(record.Data);
  }
  return input;
}

const spaces = fc.constantFrom("", " ", "\n  ", "\t");
const text = fc.oneof(
  fc.string(),
  fc.constantFrom('"Data":"', '\\"Data\\":\\"x', "Data", '"', "\\", "ключ", "\u2028"),
);
const record = fc.record({
  Data: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString("base64")),
  PartitionKey: text,
  ExplicitHashKey: fc.option(text, { nil: undefined }),
});

describe("a PutRecords body", () => {
  test("gives what JSON.parse gives, with the data as bytes", () => {
    const requests = fc.tuple(fc.array(record, { maxLength: 20 }), text, fc.nat(4));
    fc.assert(
      fc.property(requests, ([records, StreamName, indent]) => {
        const input = JSON.stringify({ StreamName, Records: [...records, filler] }, null, indent);
        const parsed = parsePutRecords(Buffer.from(input)) ?? JSON.parse(input);
        expect(asText(parsed)).toEqual(JSON.parse(input));
      }),
    );
    expect.hasAssertions();
  });

  test("takes any white space around the colon and members in any order", () => {
    fc.assert(
      fc.property(spaces, spaces, record, fc.nat(), (before, after, { Data }, key) => {
        const entry = `{"Data"${before}:${after}"${Data}","PartitionKey":"${key}"}`;
        const input = `{"Records":[${entry},${JSON.stringify(filler)}],"StreamName":"s"}`;
        expect(asText(parsePutRecords(Buffer.from(input)))).toEqual(JSON.parse(input));
      }),
    );
    expect.hasAssertions();
  });

  test.each([
    ["escapes in the data", { Data: "\\/\\/\\/\\/" }],
    ["a nested Data", { Data: "AAAA", More: { Data: "AAAA" } }],
    ["data that is a number", { Data: 5 }],
    ["data of the URL alphabet", { Data: "-_-_" }],
    ["data without padding", { Data: "AA" }],
    ["data that is not base64", { Data: "!!!!" }],
  ])("leaves %s to JSON.parse", (_what, odd) => {
    const input = JSON.stringify({ StreamName: "s", Records: [odd, filler] }).replace(
      /\\\\/g,
      "\\",
    );
    expect(parsePutRecords(Buffer.from(input))).toBeUndefined();
  });

  test("does not take a stream or key called Data for data", () => {
    const Records = [{ PartitionKey: "Data", Data: "AAAA" }, filler];
    const input = JSON.stringify({ StreamName: "Data", Records });
    expect(asText(parsePutRecords(Buffer.from(input)) ?? JSON.parse(input))).toEqual(
      JSON.parse(input),
    );
  });

  test.each([
    ["cut short", (text: string) => text.slice(0, -2)],
    ["cut in a text", (text: string) => text.slice(0, 60)],
    ["with more behind it", (text: string) => `${text}}`],
    ["with a member twice", (text: string) => text.replace("{", '{"StreamName":"t",')],
    ["with an entry's member twice", (text: string) => text.replace("[{", '[{"Data":"AAAA",')],
    ["with a name alone", (text: string) => text.replace("[{", '[{"Data"')],
    ["with the name of a member alone", (text: string) => text.replace("{", '{"Records"')],
    ["with an unknown member", (text: string) => text.replace("{", '{"DryRun":true,')],
    ["without entries", () => '{"Records":[]}'],
    ["that is empty", () => ""],
  ])("leaves a body %s to JSON.parse", (_what, change) => {
    const text = JSON.stringify({ StreamName: "s", Records: [filler] });
    expect(parsePutRecords(Buffer.from(text))).toBeDefined();
    expect(parsePutRecords(Buffer.from(change(text)))).toBeUndefined();
  });

  test("never takes what JSON.parse refuses, and never reads it otherwise", () => {
    const valid = JSON.stringify({
      StreamName: "s",
      Records: [filler, { Data: "", PartitionKey: "k" }],
    });
    const edits = fc.tuple(
      fc.nat(valid.length),
      fc.nat(3),
      fc.constantFrom("", '"', "\\", "\n", "\u0001", ",", "{", "}", "é"),
    );
    fc.assert(
      fc.property(edits, ([at, removed, added]) => {
        const body = Buffer.from(valid.slice(0, at) + added + valid.slice(at + removed));
        const before = body.toString();
        const parsed = parsePutRecords(body);
        // What is left to JSON.parse must be there as it came.
        const [actual, expected] =
          parsed === undefined
            ? [body.toString(), before]
            : [asText(parsed), JSON.parse(before) as unknown];
        expect(actual).toEqual(expected);
      }),
      { numRuns: 2000 },
    );
    expect.hasAssertions();
  });

  test("reads a body of any length, and leaves one that it does not take as it came", () => {
    const data = fc.oneof(
      fc.integer({ min: 0, max: 3000 }),
      fc.integer({ min: 20_000, max: 60_000 }),
      fc.constantFrom(24_573, 24_576, 24_579),
    );
    const records = fc.array(fc.tuple(data, fc.constantFrom("key", "k-e_y", "ключ")), {
      minLength: 1,
      maxLength: 20,
    });
    fc.assert(
      fc.property(records, fc.constantFrom("AB==", "-___"), (lengths, odd) => {
        const Records = lengths.map(([length, PartitionKey], i) => ({
          Data: Buffer.alloc(length, 250 + i).toString("base64"),
          PartitionKey,
        }));
        const input = { StreamName: "s", Records };
        expect(asText(parsePutRecords(Buffer.from(JSON.stringify(input))))).toEqual(input);
        // The first has bits in its last character that decoding loses, the last has an unknown member.
        const strange = { Records: [{ Data: odd }, ...Records, { Other: "" }], StreamName: "s" };
        const body = Buffer.from(JSON.stringify(strange));
        expect(parsePutRecords(body)).toBeUndefined();
        expect(body.toString()).toBe(JSON.stringify(strange));
      }),
      { numRuns: 30 },
    );
  });
});
