import fc from "fast-check";
import { type Lease, newLease, SHARD_END, TRIM_HORIZON } from "@shardline/model";
import { describe, expect, it } from "vitest";
import { LeaseBook } from "../../src/core/lease-book.ts";

const fresh = newLease(
  "s",
  TRIM_HORIZON,
  { parentShardIds: [], hashKeyRange: undefined },
  undefined,
);
const row = (counter: number, owner: string | undefined, checkpointOwner?: string): Lease => ({
  ...fresh,
  counter,
  owner,
  checkpointOwner,
});

describe("LeaseBook", () => {
  it("R2: expired only after the whole failover time from my own first sight of a counter", () => {
    const book = new LeaseBook(10_000);
    book.observe([row(5, "w")], 1_000);
    const expired = (nowMs: number): boolean => book.isExpired(book.get("s") as never, nowMs);
    expect(expired(10_999)).toBe(false);
    expect(expired(11_000)).toBe(true);
    book.observe([row(6, "w")], 11_000);
    expect(expired(20_999)).toBe(false);
    expect(expired(21_000)).toBe(true);
  });

  it("a lease without an owner is free, not expired, and remembers who let it go", () => {
    const book = new LeaseBook(10_000);
    book.observe([row(5, "w")], 0);
    book.observe([row(6, undefined)], 2_000);
    expect(book.get("s")).toMatchObject({ unownedSinceMs: 2_000, previousOwner: "w" });
    expect(book.isExpired(book.get("s") as never, 60_000)).toBe(false);
    book.observe([row(7, "v")], 3_000);
    expect(book.get("s")).toMatchObject({ unownedSinceMs: undefined, previousOwner: undefined });
  });

  it("the wish for a hand-off is no sign of life of the holder", () => {
    const book = new LeaseBook(10_000);
    book.observe([row(5, "dead")], 0);
    book.observe([row(5, "next", "dead")], 9_000);
    expect(book.isExpired(book.get("s") as never, 10_000)).toBe(true);
  });

  it("F33: an older row than one already seen is not believed, unless it stays", () => {
    const book = new LeaseBook(10_000);
    book.note(row(8, "w"), 0);
    book.observe([row(6, undefined)], 1_000);
    expect(book.get("s")?.lease.counter).toBe(8);
    book.observe([row(6, undefined)], 12_000);
    expect(book.get("s")?.lease).toMatchObject({ counter: 6, owner: undefined });
  });

  it("F34: of an unfinished lease whose row is gone it knows when the row was last shown", () => {
    const book = new LeaseBook(10_000);
    book.observe([row(1, "w")], 0);
    book.observe([], 4_000);
    expect(book.goneSinceMs("s")).toBeUndefined();
    book.forget("s");
    book.forget("s");
    expect(book.goneSinceMs("s")).toBe(0);
    book.note(row(2, undefined), 5_000);
    expect(book.goneSinceMs("s")).toBeUndefined();
    book.note({ ...row(3, undefined), checkpoint: SHARD_END }, 6_000);
    book.forget("s");
    expect(book.goneSinceMs("s")).toBeUndefined();
  });

  it("F33: a row that a scan misses is remembered for the failover time", () => {
    const book = new LeaseBook(10_000);
    book.observe([row(1, "w")], 0);
    book.observe([], 10_000);
    expect(book.get("s")).toBeDefined();
    book.observe([], 10_001);
    expect(book.get("s")).toBeUndefined();
  });

  it("never expires a lease whose counter moved less than the failover time ago", () => {
    const scan = fc.record({ stepMs: fc.integer({ min: 1, max: 4_000 }), moved: fc.boolean() });
    fc.assert(
      fc.property(fc.array(scan, { maxLength: 50 }), (scans) => {
        const book = new LeaseBook(10_000);
        let nowMs = 0;
        let counter = 1;
        let firstSightMs = 0;
        book.observe([row(counter, "w")], nowMs);
        for (const { stepMs, moved } of scans) {
          nowMs += stepMs;
          if (moved) {
            counter++;
            firstSightMs = nowMs;
          }
          book.observe([row(counter, "w")], nowMs);
          const expired = book.isExpired(book.get("s") as never, nowMs);
          expect(expired).toBe(nowMs - firstSightMs >= 10_000);
        }
      }),
    );
  });
});
