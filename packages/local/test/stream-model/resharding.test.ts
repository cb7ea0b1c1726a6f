/** Any sequence of splits, merges, scalings and puts leaves the key space whole and loses nothing. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { WireShard } from "../../src/stream-model/shard.ts";
import { splitRange, uniformRanges, uniformSteps } from "../../src/stream-model/uniform.ts";
import { type Answer, Service, shardId, textOf } from "../service.ts";

const MAX = 2n ** 128n - 1n;

type Act =
  | { readonly kind: "split"; readonly pick: number; readonly share: number }
  | { readonly kind: "merge"; readonly pick: number }
  | { readonly kind: "scale"; readonly factor: number }
  | { readonly kind: "put"; readonly count: number }
  | { readonly kind: "pass"; readonly ms: number };

const acts = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant("split" as const),
      pick: fc.nat(),
      share: fc.integer({ min: 1, max: 999 }),
    }),
    fc.record({ kind: fc.constant("merge" as const), pick: fc.nat() }),
    fc.record({ kind: fc.constant("scale" as const), factor: fc.integer({ min: 50, max: 200 }) }),
    fc.record({ kind: fc.constant("put" as const), count: fc.integer({ min: 1, max: 20 }) }),
    fc.record({ kind: fc.constant("pass" as const), ms: fc.nat(3000) }),
  ),
  { maxLength: 25 },
);

function openShards(service: Service): WireShard[] {
  const open: WireShard[] = [];
  const ShardFilter = { Type: "AT_LATEST" };
  let page = service.call("ListShards", { StreamName: "s", ShardFilter });
  for (
    ;
    page.NextToken !== undefined;
    page = service.call("ListShards", { NextToken: page.NextToken })
  ) {
    open.push(...page.Shards);
  }
  return [...open, ...page.Shards].toSorted((a, b) => (start(a) < start(b) ? -1 : 1));
}

function start(shard: WireShard): bigint {
  return BigInt(shard.HashKeyRange.StartingHashKey);
}

function end(shard: WireShard): bigint {
  return BigInt(shard.HashKeyRange.EndingHashKey);
}

class World {
  readonly service = new Service({ updatingMs: 50 });
  readonly put: {
    readonly text: string;
    readonly shardId: string;
    readonly sequenceNumber: string;
  }[] = [];

  constructor(shards: number) {
    this.service.create(shards);
  }

  act(act: Act): void {
    const { service } = this;
    const open = openShards(service);
    switch (act.kind) {
      case "split": {
        const shard = open[act.pick % open.length] as WireShard;
        const at = start(shard) + ((end(shard) - start(shard)) * BigInt(act.share)) / 1000n;
        if (at <= start(shard) + 1n || at >= end(shard)) return;
        service.split(shard.ShardId, at.toString());
        break;
      }
      case "merge": {
        const i = act.pick % open.length;
        const [left, right] = [open[i], open[i + 1]];
        if (left === undefined || right === undefined) return;
        const pair = { ShardToMerge: left.ShardId, AdjacentShardToMerge: right.ShardId };
        service.call("MergeShards", { StreamName: "s", ...pair });
        break;
      }
      case "scale": {
        const TargetShardCount = Math.max(1, Math.ceil((open.length * act.factor) / 100));
        if (TargetShardCount === open.length || TargetShardCount > 2 * open.length) return;
        const input = { StreamName: "s", TargetShardCount, ScalingType: "UNIFORM_SCALING" };
        service.call("UpdateShardCount", input);
        break;
      }
      case "put":
        for (let i = 0; i < act.count; i++) this.putOne();
        return;
      case "pass":
        service.pass(act.ms);
        return;
    }
    // Records put while the stream is UPDATING still go to the old shards.
    this.putOne();
    service.pass(50);
  }

  putOne(): void {
    const text = `record ${this.put.length}`;
    const { ShardId, SequenceNumber } = this.service.put(text);
    this.put.push({ text, shardId: ShardId, sequenceNumber: SequenceNumber });
  }

  /** Everything, shard by shard, parents before children, as a reader follows it. */
  readAll(): { readonly texts: string[]; readonly numbers: Map<string, string[]> } {
    const texts: string[] = [];
    const numbers = new Map<string, string[]>();
    const seen = new Set<string>();
    const queue = this.service
      .shards({ ShardFilter: { Type: "AT_TRIM_HORIZON" } })
      .map((shard) => shard.ShardId);
    for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
      if (seen.has(id)) continue;
      seen.add(id);
      const records = this.#drain(id, queue);
      texts.push(...records.map(textOf));
      numbers.set(
        id,
        records.map((record) => record.SequenceNumber),
      );
    }
    return { texts, numbers };
  }

  #drain(id: string, queue: string[]): Answer["Records"][number][] {
    const records: Answer["Records"][number][] = [];
    for (let iterator: string | undefined = this.service.iterator(id); iterator !== undefined; ) {
      const answer: Answer = this.service.call("GetRecords", { ShardIterator: iterator, Limit: 3 });
      records.push(...answer.Records);
      if ((answer.NextShardIterator === undefined) !== (answer.ChildShards?.length ?? 0) > 0) {
        throw new Error(`${id} ends without children or has children before its end`);
      }
      queue.push(...(answer.ChildShards ?? []).map((child) => child.ShardId));
      const open = answer.NextShardIterator !== undefined;
      iterator = open && answer.MillisBehindLatest > 0 ? answer.NextShardIterator : undefined;
    }
    return records;
  }
}

describe("resharding", () => {
  it("keeps the open shards a partition of the key space and every record readable once", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), acts, (shards, list) => {
        const world = new World(shards);
        for (const act of list) world.act(act);
        checkPartition(openShards(world.service));
        checkFamily(world.service.shards());
        const { texts, numbers } = world.readAll();
        expect(texts.toSorted(byText)).toEqual(
          world.put.map((record) => record.text).toSorted(byText),
        );
        checkNumbers(world, numbers);
      }),
      { numRuns: 150 },
    );
  });

  it("scales to equal parts from anything", () => {
    const cuts = fc.uniqueArray(fc.bigInt({ min: 3n, max: MAX - 3n }), { maxLength: 20 });
    fc.assert(
      fc.property(cuts, fc.integer({ min: 1, max: 30 }), (points, count) => {
        const hex = (value: bigint): string => value.toString(16).padStart(32, "0");
        const starts = [0n, ...points.toSorted((a, b) => (a < b ? -1 : 1))];
        const ranges = starts.map((from, i) => ({
          start: hex(from),
          end: hex((starts[i + 1] ?? MAX + 1n) - 1n),
        }));
        const open = new Map(ranges.map((range) => [range.start, range.end]));
        for (const step of uniformSteps(ranges, count)) {
          const cut = step.kind === "split";
          const gone = cut ? [step.range] : [step.left, step.right];
          const made = cut
            ? splitRange(step.range, step.at)
            : [{ start: step.left.start, end: step.right.end }];
          expect(gone.map((range) => open.get(range.start))).toEqual(
            gone.map((range) => range.end),
          );
          for (const range of gone) open.delete(range.start);
          for (const range of made) open.set(range.start, range.end);
        }
        const found = [...open.keys()].toSorted(byText);
        const equal = uniformRanges(count).map((range) => range.start);
        expect(found).toHaveLength(count);
        for (const [i, at] of found.entries()) {
          const offKeys = BigInt(`0x${at}`) - BigInt(`0x${equal[i] ?? ""}`);
          expect(offKeys * offKeys < 1n << 32n).toBe(true);
        }
      }),
    );
  });

  it("cuts the key space as the service does", () => {
    const service = new Service();
    service.create(3);
    expect(service.shards().map((shard) => shard.HashKeyRange)).toEqual([
      { StartingHashKey: "0", EndingHashKey: "113427455640312821154458202477256070484" },
      {
        StartingHashKey: "113427455640312821154458202477256070485",
        EndingHashKey: "226854911280625642308916404954512140969",
      },
      {
        StartingHashKey: "226854911280625642308916404954512140970",
        EndingHashKey: "340282366920938463463374607431768211455",
      },
    ]);
  });

  it("rounds the size of a shard down and gives the last one the rest", () => {
    const service = new Service();
    service.create(7);
    const size = 2n ** 128n / 7n;
    const starts = service.shards().map((shard) => start(shard));
    expect(starts).toEqual([0n, 1n, 2n, 3n, 4n, 5n, 6n].map((i) => i * size));
  });

  it("scales a thousand shards in one go", () => {
    const service = new Service();
    service.create(1000);
    service.call("UpdateShardCount", {
      StreamName: "s",
      TargetShardCount: 2000,
      ScalingType: "UNIFORM_SCALING",
    });
    const open = openShards(service);
    checkPartition(open);
    const all: WireShard[] = [];
    let page = service.call("ListShards", { StreamName: "s" });
    for (
      ;
      page.NextToken !== undefined;
      page = service.call("ListShards", { NextToken: page.NextToken })
    ) {
      all.push(...page.Shards);
    }
    expect([...all, ...page.Shards]).toHaveLength(3000);
  });

  it("finds the oldest shards even where all happened in one millisecond", () => {
    const service = new Service();
    service.create(1);
    service.put("first");
    service.split(shardId(0));
    service.call("MergeShards", {
      StreamName: "s",
      ShardToMerge: shardId(1),
      AdjacentShardToMerge: shardId(2),
    });
    const ids = (Type: string): string[] =>
      service.shards({ ShardFilter: { Type } }).map((shard) => shard.ShardId);
    expect(ids("AT_TRIM_HORIZON")).toEqual([shardId(0)]);
    expect(ids("AT_LATEST")).toEqual([shardId(3)]);
    expect(ids("FROM_TRIM_HORIZON")).toHaveLength(4);
  });
});

function checkPartition(open: readonly WireShard[]): void {
  let next = 0n;
  for (const shard of open) {
    expect(start(shard)).toBe(next);
    next = end(shard) + 1n;
  }
  expect(next).toBe(MAX + 1n);
}

/** Children begin after their parents' last possible number. */
function checkFamily(shards: readonly WireShard[]): void {
  const byId = new Map(shards.map((shard) => [shard.ShardId, shard]));
  for (const shard of shards) {
    for (const parentId of [shard.ParentShardId, shard.AdjacentParentShardId]) {
      const parent = parentId === undefined ? undefined : byId.get(parentId);
      if (parent === undefined) continue;
      const ending = parent.SequenceNumberRange.EndingSequenceNumber;
      expect(BigInt(shard.SequenceNumberRange.StartingSequenceNumber)).toBeGreaterThan(
        BigInt(ending ?? "0"),
      );
    }
  }
}

function checkNumbers(world: World, numbers: ReadonlyMap<string, readonly string[]>): void {
  for (const [id, read] of numbers) {
    const put = world.put
      .filter((record) => record.shardId === id)
      .map((record) => record.sequenceNumber);
    expect(read).toEqual(put);
    expect(read.toSorted(byText)).toEqual(read);
    expect(new Set(read).size).toBe(read.length);
  }
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
