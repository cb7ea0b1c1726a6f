import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  hashKeyFromDecimal,
  hashKeyOf,
  hashKeyOfPartitionKey,
  hashKeyToDecimal,
  MAX_HASH_KEY,
  MAX_HASH_KEY_DECIMAL,
  rangeContains,
} from "../src/hash-key.ts";

const hash = fc.bigInt({ min: 0n, max: 2n ** 128n - 1n });

describe("hash keys", () => {
  it.each([
    ["a", "16955237001963240173058271559858726497"],
    ["pk1", "329398341438914906102347661116985167824"],
    ["é", "136732923097551493579404309126273812335"],
  ])("hashes %s as the service does", (partitionKey, decimal) => {
    expect(hashKeyToDecimal(hashKeyOfPartitionKey(partitionKey))).toBe(decimal);
  });

  it("keeps decimal text through hexadecimal and back", () => {
    fc.assert(
      fc.property(hash, (n) => {
        expect(hashKeyToDecimal(hashKeyFromDecimal(String(n)))).toBe(String(n));
      }),
    );
    expect(hashKeyFromDecimal(MAX_HASH_KEY_DECIMAL)).toBe(MAX_HASH_KEY);
  });

  it("orders as strings the way numbers are ordered", () => {
    fc.assert(
      fc.property(hash, hash, (a, b) => {
        const [x, y] = [hashKeyFromDecimal(String(a)), hashKeyFromDecimal(String(b))];
        expect(x < y).toBe(a < b);
      }),
    );
  });

  it("includes both ends of a range", () => {
    fc.assert(
      fc.property(hash, hash, hash, (a, b, n) => {
        const [low, high] = a < b ? [a, b] : [b, a];
        const range = {
          start: hashKeyFromDecimal(String(low)),
          end: hashKeyFromDecimal(String(high)),
        };
        expect(rangeContains(range, hashKeyFromDecimal(String(n)))).toBe(low <= n && n <= high);
      }),
    );
  });

  it("lets the explicit hash key win", () => {
    expect(hashKeyOf("a", "7")).toBe(hashKeyFromDecimal("7"));
    expect(hashKeyOf("a", undefined)).toBe(hashKeyOfPartitionKey("a"));
  });
});
