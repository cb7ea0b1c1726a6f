import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  endingSequenceNumber,
  parseSequenceNumber,
  SequenceCounter,
  sequenceNumberBetween,
  startingSequenceNumber,
} from "../../src/stream-model/sequence-number.ts";

const created = 1_767_225_600;

/** The layout of the file's comment, in BigInt. */
function plain(shardIndex: number, index: number, seconds: number): string {
  const shard = BigInt(shardIndex);
  const parts: [bigint, bigint][] = [
    [2n, 184n],
    [BigInt(created), 148n],
    [shard & 15n, 144n],
    [BigInt(index), 80n],
    [BigInt(seconds), 36n],
    [shard, 4n],
    [2n, 0n],
  ];
  return parts.reduce((sum, [value, shift]) => sum + (value << shift), 0n).toString();
}

describe("sequence numbers", () => {
  it("counts in decimal what the layout says in binary", () => {
    const steps = fc.array(
      fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 2 })),
      {
        maxLength: 200,
      },
    );
    const start = fc.integer({ min: 0, max: 2 ** 45 });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20_000 }), start, steps, (shard, first, moves) => {
        const counter = new SequenceCounter(created, shard, first);
        let index = first;
        let seconds = created;
        let last = startingSequenceNumber(created, shard);
        for (const [step, passed] of moves) {
          index += step;
          seconds += passed;
          const number = counter.next(seconds, step);
          expect(number).toBe(plain(shard, index, seconds));
          expect(number > last).toBe(true);
          last = number;
        }
        expect(endingSequenceNumber(created, shard, seconds) > last).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it("looks like the service's: 56 digits that begin with 496", () => {
    expect(new SequenceCounter(created, 3).next(created, 1)).toMatch(/^496\d{53}$/);
    expect(startingSequenceNumber(created, 0)).toMatch(/^496\d{53}$/);
  });

  it("reads its own numbers and refuses others", () => {
    const number = new SequenceCounter(created, 17, 41).next(created, 1);
    expect(parseSequenceNumber(number)).toEqual({
      createdSeconds: created,
      shardIndex: 17,
      index: 42,
    });
    const end = parseSequenceNumber(endingSequenceNumber(created, 17, created));
    expect(end).toMatchObject({ shardIndex: 17 });
    for (const bad of ["0", "1", "9".repeat(56), "4".repeat(55), `${number.slice(0, -1)}9`]) {
      expect(parseSequenceNumber(bad)).toBeUndefined();
    }
  });

  it("puts places between records, growing with time", () => {
    const counter = new SequenceCounter(created, 1);
    const first = counter.next(created, 1);
    const between = sequenceNumberBetween(created, 1, 1, created);
    const later = sequenceNumberBetween(created, 1, 1, created + 60);
    const second = counter.next(created, 1);
    expect([first, between, later, second].toSorted()).toEqual([first, between, later, second]);
  });
});
