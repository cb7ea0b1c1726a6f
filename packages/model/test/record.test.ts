import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InvalidRecordError } from "../src/errors.ts";
import { MAX_HASH_KEY_DECIMAL } from "../src/hash-key.ts";
import {
  checkExplicitHashKey,
  checkPartitionKey,
  checkRecordSize,
  utf8ByteLength,
} from "../src/record.ts";

describe("partition keys", () => {
  it.each([
    ["", "1 to 256 characters"],
    ["x".repeat(257), "1 to 256 characters"],
    ["😀".repeat(257), "1 to 256 characters"],
    ["a\ud800b", "well-formed Unicode"],
    ["\udc00", "well-formed Unicode"],
    [7, "a string"],
  ])("refuses %j", (key, expected) => {
    expect(() => checkPartitionKey(key)).toThrowError(expected);
  });

  it("counts characters, not UTF-16 units", () => {
    expect(() => checkPartitionKey("😀".repeat(256))).not.toThrow();
  });
});

describe("explicit hash keys", () => {
  it("prints them as the KPL does", () => {
    expect(checkExplicitHashKey(" 007 ")).toBe("7");
    expect(checkExplicitHashKey("000")).toBe("0");
    expect(checkExplicitHashKey(MAX_HASH_KEY_DECIMAL)).toBe(MAX_HASH_KEY_DECIMAL);
  });

  it.each(["", "-1", "0x7", "1.0", "340282366920938463463374607431768211456", "9".repeat(99)])(
    "refuses %j",
    (text) => {
      expect(() => checkExplicitHashKey(text)).toThrowError(InvalidRecordError);
    },
  );
});

describe("sizes", () => {
  it("counts UTF-8 bytes without encoding", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(utf8ByteLength(text)).toBe(Buffer.byteLength(text, "utf8"));
      }),
    );
  });

  it("counts data and partition key together, to the byte", () => {
    expect(() => checkRecordSize(1_048_576 - 3, 3)).not.toThrow();
    expect(() => checkRecordSize(1_048_576 - 2, 3)).toThrowError(
      "data: got 1048577 bytes with its partition key, expected at most 1048576 bytes",
    );
  });
});
