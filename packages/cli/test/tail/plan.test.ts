import { FULL_HASH_KEY_RANGE, type Shard } from "@shardline/model";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TailPlan } from "../../src/tail/plan.ts";

const shard = (shardId: string, parentShardIds: string[] = [], closed = false): Shard => ({
  shardId,
  parentShardIds,
  hashKeyRange: FULL_HASH_KEY_RANGE,
  startingSequenceNumber: "1",
  ...(closed ? { endingSequenceNumber: "2" } : {}),
});

const ids = (starts: readonly { readonly shardId: string }[]): string[] =>
  starts.map(({ shardId }) => shardId);

describe("TailPlan", () => {
  it("begins with the oldest and goes on to children, each once", () => {
    const plan = new TailPlan({ kind: "trim-horizon" });
    const all = [
      shard("a", [], true),
      shard("b", ["a"], true),
      shard("c", ["a"]),
      shard("d", ["b"]),
    ];
    expect(plan.begin(all)).toEqual([{ shardId: "a", position: { kind: "trim-horizon" } }]);
    expect(ids(plan.ended("a", [shard("b", ["a"]), shard("c", ["a"])]))).toEqual(["b", "c"]);
    expect(ids(plan.ended("b", all))).toEqual(["d"]);
    expect(plan.waiting).toBe(0);
  });

  it("begins a merged shard after both parents, whichever ends first", () => {
    const merged = [shard("m", ["a", "b"])];
    const plan = new TailPlan({ kind: "trim-horizon" });
    expect(ids(plan.begin([shard("a"), shard("b")]))).toEqual(["a", "b"]);
    expect(plan.ended("b", merged)).toEqual([]);
    expect(ids(plan.ended("a", merged))).toEqual(["m"]);
  });

  it("takes a parent that the stream no longer lists for trimmed", () => {
    const plan = new TailPlan({ kind: "trim-horizon" });
    expect(ids(plan.begin([shard("b", ["trimmed"]), shard("c", ["b", "gone"])]))).toEqual(["b"]);
  });

  it("from latest leaves out what is closed, and reads later children from their beginning", () => {
    const plan = new TailPlan({ kind: "latest" });
    const starts = plan.begin([shard("a", [], true), shard("b", ["a"]), shard("c", ["a"])]);
    expect(starts).toEqual([
      { shardId: "b", position: { kind: "latest" } },
      { shardId: "c", position: { kind: "latest" } },
    ]);
    const children = plan.ended("b", [shard("a", [], true), shard("b"), shard("d", ["b"])]);
    expect(children).toEqual([{ shardId: "d", position: { kind: "trim-horizon" } }]);
  });

  it("from a time keeps the time for children: they may begin before it", () => {
    const from = { kind: "at-timestamp", timestampMs: 5 } as const;
    const plan = new TailPlan(from);
    plan.begin([shard("a", [], true)]);
    expect(plan.ended("a", [shard("b", ["a"])])).toEqual([{ shardId: "b", position: from }]);
  });

  it("reads each shard of any family once, after its parents", () => {
    // Each new shard has up to two earlier parents, as after splits and merges.
    const family = fc
      .array(fc.array(fc.nat(), { maxLength: 2 }), { minLength: 1, maxLength: 20 })
      .map((rows) =>
        rows.map((parents, i) =>
          shard(String(i), i === 0 ? [] : [...new Set(parents.map((p) => String(p % i)))], true),
        ),
      );
    fc.assert(
      fc.property(family, fc.infiniteStream(fc.nat()), (shards, picks) => {
        const plan = new TailPlan({ kind: "trim-horizon" });
        const reading = ids(plan.begin(shards));
        const done: string[] = [];
        const pick = picks[Symbol.iterator]();
        while (reading.length > 0) {
          const at = Number(pick.next().value) % reading.length;
          const [ended = ""] = reading.splice(at, 1);
          const parents = shards.find(({ shardId }) => shardId === ended)?.parentShardIds ?? [];
          expect(parents.every((parent) => done.includes(parent))).toBe(true);
          done.push(ended);
          reading.push(...ids(plan.ended(ended, shards)));
        }
        expect(done.toSorted()).toEqual(ids(shards).toSorted());
      }),
    );
  });
});
