import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  AT_TIMESTAMP,
  compareCheckpoints,
  compareSequenceNumbers,
  isSentinel,
  isSequenceNumber,
  LATEST,
  SHARD_END,
  sameCheckpoint,
  TRIM_HORIZON,
} from "../src/sequence.ts";

const sequenceNumber = fc.bigInt({ min: 0n, max: 2n ** 186n }).map(String);
const checkpoint = fc.oneof(
  fc.constantFrom(AT_TIMESTAMP, TRIM_HORIZON, LATEST, SHARD_END),
  fc.record({ sequenceNumber, subSequenceNumber: fc.nat(1000) }),
);

describe("sequence numbers", () => {
  it("compares digits as numbers", () => {
    fc.assert(
      fc.property(sequenceNumber, sequenceNumber, (a, b) => {
        const difference = BigInt(a) - BigInt(b);
        expect(Math.sign(compareSequenceNumbers(a, b))).toBe(
          difference < 0n ? -1 : difference > 0n ? 1 : 0,
        );
      }),
    );
  });

  it("tells sequence numbers from everything else", () => {
    expect(isSequenceNumber("0")).toBe(true);
    expect(isSequenceNumber("49680417611849285712948191940741106591401676464361308162")).toBe(true);
    for (const text of ["", "007", "-1", "1.5", "LATEST", " 1", "1e3"]) {
      expect(isSequenceNumber(text)).toBe(false);
    }
  });

  it("does not take Object.prototype's names for sentinels", () => {
    expect(isSentinel("constructor")).toBe(false);
    expect(isSentinel("SHARD_END")).toBe(true);
  });
});

describe("checkpoints", () => {
  it("orders AT_TIMESTAMP < TRIM_HORIZON < LATEST < numbers < SHARD_END", () => {
    const number = { sequenceNumber: "0", subSequenceNumber: 0 };
    const ordered = [AT_TIMESTAMP, TRIM_HORIZON, LATEST, number, SHARD_END];
    for (const [i, a] of ordered.entries()) {
      for (const [j, b] of ordered.entries()) {
        expect(Math.sign(compareCheckpoints(a, b))).toBe(Math.sign(i - j));
      }
    }
  });

  it("breaks ties by the sub-sequence number", () => {
    const at = (subSequenceNumber: number) => ({ sequenceNumber: "9", subSequenceNumber });
    expect(compareCheckpoints(at(1), at(2))).toBeLessThan(0);
    expect(sameCheckpoint(at(2), at(2))).toBe(true);
  });

  it("is a total order", () => {
    fc.assert(
      fc.property(checkpoint, checkpoint, checkpoint, (a, b, c) => {
        expect(Math.sign(compareCheckpoints(a, b))).toBe(-Math.sign(compareCheckpoints(b, a)) + 0);
        fc.pre(compareCheckpoints(a, b) <= 0 && compareCheckpoints(b, c) <= 0);
        expect(compareCheckpoints(a, c)).toBeLessThanOrEqual(0);
      }),
    );
  });
});
