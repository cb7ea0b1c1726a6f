import fc from "fast-check";
import {
  FULL_HASH_KEY_RANGE,
  type InitialPosition,
  type Lease,
  newLease,
  SHARD_END,
  type Shard,
  TRIM_HORIZON,
} from "@shardline/model";
import { describe, expect, it } from "vitest";
import {
  applicationStartMs,
  firstLeases,
  firstPosition,
  isBehind,
  missingLeases,
  remember,
  revived,
} from "../../src/core/shard-sync.ts";

const stream = { streamArn: "arn", streamCreationTimestampMs: 1 };
const NUMBER = { sequenceNumber: "5", subSequenceNumber: 0 };

function shard(id: string, parents: string[] = [], open = true): Shard {
  return {
    shardId: id,
    hashKeyRange: FULL_HASH_KEY_RANGE,
    parentShardIds: parents,
    startingSequenceNumber: "1",
    endingSequenceNumber: open ? undefined : "9",
  };
}

const leaseOf = (id: string, checkpoint = TRIM_HORIZON): Lease =>
  newLease(id, checkpoint, { parentShardIds: [], hashKeyRange: undefined }, stream);

function missing(
  shards: readonly Shard[],
  leases: readonly Lease[],
  initial: InitialPosition = { kind: "trim-horizon" },
  known: readonly Lease[] = [],
) {
  return missingLeases({
    shards,
    leases: new Map(leases.map((lease) => [lease.leaseKey, lease])),
    lastKnown: (id) => known.find(({ leaseKey }) => leaseKey === id),
    orphanPosition: firstPosition(initial, 1_000),
    stream,
    wallMs: 1_700_000_000_000,
  });
}
const ids = (repairs: ReturnType<typeof missing>): string[] =>
  repairs.map(({ lease }) => lease.leaseKey).sort();

describe("first leases", () => {
  it("LATEST is fixed to an instant, which the row keeps beside the KCL's word for it", () => {
    const [lease] = firstLeases([shard("a")], firstPosition({ kind: "latest" }, 1_234), stream);
    expect(lease).toMatchObject({
      checkpoint: { sequenceNumber: "LATEST" },
      startTimestampMs: 1_234,
      counter: 0,
      owner: undefined,
      stream,
    });
    const at = firstPosition({ kind: "at-timestamp", timestampMs: 77 }, 1_234);
    expect(at).toMatchObject({
      checkpoint: { sequenceNumber: "AT_TIMESTAMP" },
      startTimestampMs: 77,
    });
    const [horizon] = firstLeases([shard("a")], firstPosition({ kind: "trim-horizon" }, 1), stream);
    expect(horizon).not.toHaveProperty("startTimestampMs");
  });
});

describe("missingLeases", () => {
  it("Y1: what has a lease is left alone; an open child of an unfinished parent is its parent's matter", () => {
    const shards = [shard("p", [], false), shard("a", ["p"]), shard("b", ["p"])];
    expect(missing(shards, [leaseOf("p", NUMBER)])).toEqual([]);
    expect(missing(shards, [leaseOf("a", NUMBER), leaseOf("b", NUMBER)])).toEqual([]);
  });

  it("S5c: a child of a finished parent is made at TRIM_HORIZON, whatever the initial position", () => {
    const shards = [shard("p", [], false), shard("a", ["p"]), shard("b", ["p"])];
    const repairs = missing(shards, [leaseOf("p", SHARD_END), leaseOf("a")], { kind: "latest" });
    expect(repairs).toMatchObject([
      { why: "parent-finished", lease: { leaseKey: "b", checkpoint: TRIM_HORIZON } },
    ]);
  });

  it("Y3: a finished parent whose row was cleaned up is not read again", () => {
    const shards = [shard("p", [], false), shard("a", ["p"]), shard("b", ["p"])];
    expect(ids(missing(shards, [leaseOf("a", NUMBER)]))).toEqual(["b"]);
    // Nor where a listing that is behind shows it open: its child's row names it as parent.
    const child = { ...leaseOf("a", NUMBER), parentShardIds: ["p"] };
    expect(ids(missing([shard("p")], [child]))).toEqual([]);
    expect(ids(missing([shard("p")], [], undefined, [leaseOf("p", SHARD_END)]))).toEqual([]);
    expect(ids(missing(shards, [], undefined, [leaseOf("p", SHARD_END)]))).toEqual(["a", "b"]);
  });

  it("Y3: who slept while a shard was finished and cleaned up does not bring it back", () => {
    const child = { ...leaseOf("shard-02", NUMBER), parentShardIds: ["shard-01"] };
    const asleep = [leaseOf("shard-01", NUMBER)];
    // A listing that is behind shows it open, its child's row tells.
    expect(missing([shard("shard-01")], [child], undefined, asleep)).toEqual([]);
    // Its child's child alone has a row: only the younger row shows that the listing is behind.
    const grandchild = { ...leaseOf("shard-03", NUMBER), parentShardIds: ["shard-02"] };
    expect(isBehind([shard("shard-01")], [grandchild])).toBe(true);
    expect(isBehind([shard("shard-03"), shard("shard-01")], [grandchild])).toBe(false);
    expect(isBehind([shard("shard-99")], [leaseOf("shard-100")])).toBe(true);
  });

  it("the KCL's worked example: 6 = 0+1, 7 = 2+3, 8 = 6+7, 9 and 10 of 5; leases of 4, 5, 7", () => {
    const shards = [
      ...["0", "1", "2", "3", "5"].map((id) => shard(id, [], false)),
      shard("4"),
      shard("6", ["0", "1"], false),
      shard("7", ["2", "3"], false),
      shard("8", ["6", "7"]),
      shard("9", ["5"]),
      shard("10", ["5"]),
    ];
    const repairs = missing(
      shards,
      ["4", "5", "7"].map((id) => leaseOf(id, NUMBER)),
    );
    expect(ids(repairs)).toEqual(["0", "1"]);
    expect(repairs.every(({ why }) => why === "orphan")).toBe(true);
    // S4c: a row that may have been there before must not begin with a fence that was seen.
    expect(repairs.every(({ lease }) => lease.counter === 1_700_000_000_000)).toBe(true);
  });

  it("R7: a parent whose row was lost before its child began is read, or the child waits for ever", () => {
    const shards = [shard("p", [], false), shard("q", [], false), shard("c", ["p", "q"])];
    const repairs = missing(shards, [leaseOf("q", SHARD_END), leaseOf("c")]);
    expect(repairs).toMatchObject([{ why: "row-lost", lease: { leaseKey: "p" } }]);
    expect(missing(shards, [leaseOf("q", SHARD_END), leaseOf("c", NUMBER)])).toEqual([]);
    // Trimmed: the listing proves it, and nothing is to be read.
    expect(missing(shards.slice(1), [leaseOf("q", SHARD_END), leaseOf("c")])).toEqual([]);
  });

  it("F34: a row that was deleted comes back where it was last seen, and its fence goes on", () => {
    const last = { ...leaseOf("a", NUMBER), counter: 41, owner: "w" };
    const repairs = missing([shard("a")], [leaseOf("x")], undefined, [last]);
    expect(repairs).toMatchObject([
      { why: "row-lost", lease: { checkpoint: NUMBER, counter: 42, owner: undefined } },
    ]);
  });

  it("Y2: on any tree of splits and merges, rounds of repair and finishing reach every open shard", () => {
    const action = fc.record({ merge: fc.boolean(), pick: fc.nat(100) });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 12 }), fc.nat(), (actions, cut) => {
        const all = new Map<string, Shard>([
          ["0", shard("0")],
          ["1", shard("1")],
        ]);
        let next = 2;
        const close = (id: string): void => {
          all.set(id, { ...(all.get(id) as Shard), endingSequenceNumber: "9" });
        };
        for (const { merge, pick } of actions) {
          const open = [...all.values()].filter((s) => s.endingSequenceNumber === undefined);
          const one = open[pick % open.length] as Shard;
          const other = open[(pick + 1) % open.length] as Shard;
          close(one.shardId);
          if (merge && other !== one) {
            close(other.shardId);
            const id = String(next++);
            all.set(id, shard(id, [one.shardId, other.shardId]));
          } else {
            for (const id of [String(next++), String(next++)])
              all.set(id, shard(id, [one.shardId]));
          }
        }
        // The oldest shards are trimmed away; the table is empty.
        const listed = [...all.values()].filter((s) => Number(s.shardId) >= cut % 3);
        const leases = new Map<string, Lease>();
        for (let round = 0; round < 40; round++) {
          const repairs = missing(listed, [...leases.values()]);
          for (const { lease } of repairs) {
            expect(leases.has(lease.leaseKey)).toBe(false);
            leases.set(lease.leaseKey, lease);
          }
          // Every closed shard with a lease is read to its end, which makes its children.
          for (const { shardId } of listed.filter((s) => s.endingSequenceNumber !== undefined)) {
            const lease = leases.get(shardId);
            if (lease === undefined) continue;
            for (const child of listed.filter((s) => s.parentShardIds.includes(shardId))) {
              if (!leases.has(child.shardId)) leases.set(child.shardId, leaseOf(child.shardId));
            }
            leases.set(shardId, { ...lease, checkpoint: SHARD_END });
          }
        }
        const open = listed.filter((s) => s.endingSequenceNumber === undefined);
        expect(open.filter((s) => !leases.has(s.shardId))).toEqual([]);
        expect(missing(listed, [...leases.values()])).toEqual([]);
      }),
    );
  });
});

describe("what is remembered", () => {
  it("the start of an application is the earliest instant that any row keeps", () => {
    expect(applicationStartMs([leaseOf("a")])).toBeUndefined();
    const rows = [
      { ...leaseOf("a"), startTimestampMs: 9 },
      { ...leaseOf("b"), startTimestampMs: 3 },
    ];
    expect(applicationStartMs(rows)).toBe(3);
  });

  it("an older sight of a lease does not replace a later one", () => {
    const known = new Map<string, Lease>();
    remember(known, { ...leaseOf("a", NUMBER), counter: 5 });
    remember(known, { ...leaseOf("a"), counter: 4 });
    expect(known.get("a")).toMatchObject({ checkpoint: NUMBER, counter: 5 });
    expect(revived(known.get("a") as Lease)).toMatchObject({ counter: 6, owner: undefined });
  });
});
