import type { UserRecord } from "@shardline/model";
import fc from "fast-check";

const awkwardKeys = ["__proto__", "constructor", "10", "2", "1", "é", "\u{1f600}", "a", "toString"];

export const arbitraryKey: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...awkwardKeys),
  fc.string({ minLength: 1, maxLength: 100 }),
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 60 }),
);

export const arbitraryHashKey: fc.Arbitrary<string> = fc
  .oneof(fc.bigInt(0n, 2n ** 128n - 1n), fc.bigInt(0n, 300n), fc.constant(2n ** 128n - 1n))
  .map(String);

export const arbitraryRecord: fc.Arbitrary<UserRecord> = fc.record({
  partitionKey: arbitraryKey,
  explicitHashKey: fc.option(arbitraryHashKey, { nil: undefined }),
  data: fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.uint8Array({ minLength: 120, maxLength: 140 }),
    fc.string({ unit: "binary", maxLength: 60 }),
  ),
});

export const arbitraryRecords: fc.Arbitrary<UserRecord[]> = fc.oneof(
  fc.array(arbitraryRecord, { minLength: 1, maxLength: 30 }),
  fc.array(arbitraryRecord, { minLength: 100, maxLength: 300 }),
);
