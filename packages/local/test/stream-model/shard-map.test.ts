import { createHash } from "node:crypto";
import {
  FULL_HASH_KEY_RANGE,
  type HashKey,
  hashKeyOfPartitionKey,
  MAX_HASH_KEY,
} from "@shardline/model";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hashPrefixOf } from "../../src/stream-model/key-prefix.ts";
import { ShardMap } from "../../src/stream-model/shard-map.ts";
import { splitRange } from "../../src/stream-model/uniform.ts";

const ascii = fc.string({ maxLength: 55 });
const anyKey = fc.oneof(ascii, fc.string({ unit: "binary" }), fc.string({ minLength: 50 }));

describe("hashPrefixOf", () => {
  it("is the begin of the MD5 of every key that it takes, and it takes short ASCII", () => {
    fc.assert(
      fc.property(anyKey, (key) => {
        const prefix = createHash("md5").update(key).digest().readUInt32BE(0);
        const isShortAscii = key.length <= 55 && Buffer.byteLength(key) === key.length;
        expect(hashPrefixOf(key)).toBe(isShortAscii ? prefix : undefined);
      }),
      { numRuns: 1000 },
    );
    expect.hasAssertions();
  });

  it.each(["", "a", "x".repeat(54), "x".repeat(55), "\0", "\x7f"])("takes %j", (key) => {
    const prefix = createHash("md5").update(key).digest().readUInt32BE(0);
    expect(hashPrefixOf(key)).toBe(prefix);
  });
});

describe("ShardMap.ownerOfPartitionKey", () => {
  /** Shards of which one begins at each of these. */
  function shardsFrom(starts: readonly HashKey[]): ShardMap {
    const shards = new ShardMap();
    shards.replace([], [FULL_HASH_KEY_RANGE], 0);
    for (const start of starts) {
      const parent = shards.owner(start);
      if (start === parent.range.start) continue;
      shards.replace([parent], splitRange(parent.range, start), 0);
    }
    return shards;
  }

  function moved(hashKey: HashKey, by: bigint): HashKey {
    const at = BigInt(`0x${hashKey}`) + by;
    const last = BigInt(`0x${MAX_HASH_KEY}`);
    return (at < 1n ? 1n : at > last ? last : at).toString(16).padStart(32, "0");
  }

  it("is the shard whose range holds the hash key, however near it begins", () => {
    const steps = fc.constantFrom(-(1n << 100n), -(1n << 96n), -2n, -1n, 0n, 1n, 2n, 1n << 96n);
    const boundaries = fc.array(fc.tuple(anyKey, steps), { maxLength: 8 });
    fc.assert(
      fc.property(boundaries, fc.array(anyKey), (near, others) => {
        const shards = shardsFrom(near.map(([key, by]) => moved(hashKeyOfPartitionKey(key), by)));
        for (const key of [...near.map(([one]) => one), ...others]) {
          expect(shards.ownerOfPartitionKey(key)).toBe(shards.owner(hashKeyOfPartitionKey(key)));
        }
      }),
    );
    expect.hasAssertions();
  });
});
