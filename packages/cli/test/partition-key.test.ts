import { describe, expect, it } from "vitest";
import { compileKeyPattern, keyOfLine } from "../src/partition-key.ts";

const random = { next: () => 0.5 };
const keyed = (pattern: string, line: string) =>
  keyOfLine(compileKeyPattern(pattern), random)(Buffer.from(line));

describe("--key-pattern", () => {
  it("takes the first group, or else the whole match", () => {
    expect(keyed("^(\\S+)", "1.2.3.4 - -")).toEqual({ partitionKey: "1.2.3.4", matched: true });
    expect(keyed("[0-9]+", "user 42 left")).toEqual({ partitionKey: "42", matched: true });
    expect(keyed("(é+)", "aéé")).toEqual({ partitionKey: "éé", matched: true });
  });

  it("keeps an empty match empty, so that the producer refuses it", () => {
    expect(keyed("^(x*)", "abc")).toEqual({ partitionKey: "", matched: true });
    expect(keyed("(x)?a", "abc")).toEqual({ partitionKey: "", matched: true });
  });

  it("gives a line that does not match a random key, and says so", () => {
    const { partitionKey, matched } = keyed("user=(\\w+)", "nothing here");
    expect(matched).toBe(false);
    expect(partitionKey).toMatch(/^[0-9a-z]{10}$/);
  });

  it("gives every line a random key without a pattern", () => {
    const chances = [0, 0.25, 1 - 2 ** -53];
    const keyOf = keyOfLine(undefined, { next: () => chances.shift() ?? 0 });
    const keys = [1, 2, 3].map(() => keyOf(Buffer.from("x")).partitionKey);
    expect(new Set(keys).size).toBe(3);
    for (const key of keys) expect(key).toMatch(/^[0-9a-z]{10}$/);
  });

  it("refuses what is no regular expression", () => {
    expect(() => compileKeyPattern("(")).toThrowError("--key-pattern: Invalid regular expression");
  });
});
