import { encodeAggregate } from "@shardline/aggregation";
import { describe, expect, it } from "vitest";
import { formatRecords } from "../../src/tail/format.ts";

const record = (sequenceNumber: string, data: Uint8Array) => ({
  sequenceNumber,
  partitionKey: "outer",
  data,
  approximateArrivalTimestampMs: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
});

const parse = (text: string): unknown[] =>
  text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));

describe("formatRecords", () => {
  it("prints a plain record as one line", () => {
    const text = formatRecords("shardId-1", [record("17", Buffer.from([0, 255, 10]))]);
    expect(parse(text)).toEqual([
      {
        shardId: "shardId-1",
        sequenceNumber: "17",
        subSequenceNumber: 0,
        partitionKey: "outer",
        approximateArrivalTimestamp: "2026-01-02T03:04:05.678Z",
        aggregated: false,
        data: "AP8K",
      },
    ]);
  });

  it("prints each user record of an aggregate", () => {
    const data = encodeAggregate([
      { partitionKey: "a", data: Buffer.from("one") },
      { partitionKey: "b", explicitHashKey: "7", data: Buffer.from("two") },
    ]);
    expect(parse(formatRecords("s", [record("1", data), record("2", Buffer.from("x"))]))).toEqual([
      expect.objectContaining({ subSequenceNumber: 0, partitionKey: "a", data: "b25l" }),
      expect.objectContaining({
        subSequenceNumber: 1,
        partitionKey: "b",
        explicitHashKey: "7",
        aggregated: true,
      }),
      expect.objectContaining({ sequenceNumber: "2", aggregated: false }),
    ]);
  });

  it("prints nothing for nothing", () => {
    expect(formatRecords("s", [])).toBe("");
  });
});
