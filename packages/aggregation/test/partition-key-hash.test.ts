import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hashKeyOfWords, hashPartitionKey, wordsOfHashKey } from "../src/partition-key-hash.ts";

const words = new Uint32Array(4);

describe("hashPartitionKey", () => {
  it("is MD5, for keys of one block and of more", () => {
    const text = fc.oneof(
      fc.string({ maxLength: 130 }),
      fc.string({ unit: "grapheme", maxLength: 80 }),
      fc.integer({ min: 50, max: 60 }).map((n) => "x".repeat(n)),
      fc.integer({ min: 25, max: 29 }).map((n) => "é".repeat(n)),
    );
    fc.assert(
      fc.property(text, (key) => {
        hashPartitionKey(key, words);
        expect(hashKeyOfWords(words)).toBe(createHash("md5").update(key).digest("hex"));
      }),
      { numRuns: 1000 },
    );
  });

  it("goes to text and back", () => {
    hashPartitionKey("pk1", words);
    const again = new Uint32Array(4);
    wordsOfHashKey(hashKeyOfWords(words), again);
    expect(again).toEqual(words);
    expect(BigInt(`0x${hashKeyOfWords(words)}`)).toBe(329398341438914906102347661116985167824n);
  });
});
