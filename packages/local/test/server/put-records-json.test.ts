import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parsePutRecords } from "../../src/server/put-records-json.ts";

/** Longer than the bound below which the ordinary way is taken. */
const filler = { PartitionKey: "filler", Data: Buffer.alloc(16_000, 7).toString("base64") };

/** With the data as text again, to compare with what JSON.parse gives. */
function asText(input: unknown): unknown {
  const { Records } = input as { Records: { Data: unknown }[] };
  for (const record of Records) {
    if (Buffer.isBuffer(record.Data)) record.Data = record.Data.toString("base64");
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

  test("small and broken bodies are not its business", () => {
    expect(parsePutRecords(Buffer.from('{"Records":[]}'))).toBeUndefined();
    const broken = Buffer.from(JSON.stringify({ Records: [filler] }).slice(0, -2));
    expect(() => parsePutRecords(broken)).toThrow(SyntaxError);
    const open = Buffer.from(`{"Records":[{"Data":"${"A".repeat(20_000)}`);
    expect(parsePutRecords(open)).toBeUndefined();
  });
});
