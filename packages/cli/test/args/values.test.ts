import { describe, expect, it } from "vitest";
import { parseFault } from "../../src/args/faults.ts";
import { parseSize } from "../../src/args/size.ts";
import { parseStreamToCreate } from "../../src/args/streams.ts";
import { parseFrom } from "../../src/args/time.ts";

describe("--from", () => {
  const nowMs = Date.UTC(2026, 4, 17, 12);
  it.each([
    ["trim-horizon", { kind: "trim-horizon" }],
    ["latest", { kind: "latest" }],
    ["2026-05-17T10:05:00Z", { kind: "at-timestamp", timestampMs: Date.UTC(2026, 4, 17, 10, 5) }],
    [
      "2026-05-17T10:05:00+02:00",
      { kind: "at-timestamp", timestampMs: Date.UTC(2026, 4, 17, 8, 5) },
    ],
    ["2026-05-17", { kind: "at-timestamp", timestampMs: Date.UTC(2026, 4, 17) }],
    ["1779000000", { kind: "at-timestamp", timestampMs: 1_779_000_000_000 }],
    ["1779000000123", { kind: "at-timestamp", timestampMs: 1_779_000_000_123 }],
    ["15m", { kind: "at-timestamp", timestampMs: nowMs - 15 * 60_000 }],
    ["1d", { kind: "at-timestamp", timestampMs: nowMs - 86_400_000 }],
  ])("reads %s", (text, position) => {
    expect(parseFrom(text, nowMs)).toEqual(position);
  });

  it.each(["now", "may", "5 apples", "-15m", "15w", "2026-13-01", "99999999999999"])(
    "refuses %s",
    (text) => {
      expect(() => parseFrom(text, nowMs)).toThrowError(`--from: got ${JSON.stringify(text)}`);
    },
  );
});

describe("--stream", () => {
  it("reads a name with and without a number of shards", () => {
    expect(parseStreamToCreate("orders:4")).toEqual({ name: "orders", shards: 4 });
    expect(parseStreamToCreate("a_b.c-1")).toEqual({ name: "a_b.c-1", shards: 1 });
  });

  it.each(["", ":4", "orders:", "orders:0", "orders:x", "orders:4:5", "or ders", "orders:10001"])(
    "refuses %j",
    (text) => {
      expect(() => parseStreamToCreate(text)).toThrowError("expected NAME:SHARDS");
    },
  );
});

describe("--max-memory", () => {
  it.each([
    ["1000", 1000],
    ["512MiB", 512 * 1024 ** 2],
    ["2g", 2 * 1024 ** 3],
    ["5 MB", 5_000_000],
  ])("reads %s", (text, bytes) => {
    expect(parseSize("--max-memory", text)).toBe(bytes);
  });

  it.each(["0", "-1", "1.5GiB", "much", "1 PiB", ""])("refuses %j", (text) => {
    expect(() => parseSize("--max-memory", text)).toThrowError("expected a size like 512MiB");
  });
});

describe("--fault", () => {
  it("reads pairs and JSON into the same rule", () => {
    const rule = {
      operation: "PutRecords",
      probability: 0.5,
      action: { kind: "failEntries", code: "InternalFailure", entries: [0, 2] },
    };
    expect(
      parseFault(
        "operation=PutRecords, probability=0.5,action=failEntries,code=InternalFailure,entries=0+2",
      ),
    ).toEqual(rule);
    expect(parseFault(JSON.stringify(rule))).toEqual(rule);
  });

  it.each([
    ["{", "not JSON"],
    ["throttle", "expected name=value pairs"],
    ["operation=PutRecords", "give action="],
    ["action=", "expected name=value pairs"],
  ])("refuses %s", (text, message) => {
    expect(() => parseFault(text)).toThrowError(message);
  });
});
