/** The shards of one stream: the open ones by hash key, all of them by id. */

import { type HashKey, hashKeyOfPartitionKey } from "@shardline/model";
import { hashPrefixOf } from "./key-prefix.ts";
import { lowerBound } from "./record-log.ts";
import { ModelShard, type ShardState } from "./shard.ts";

export class ShardMap {
  readonly #byId: Map<string, ModelShard> = new Map();
  #open: ModelShard[] = [];
  #starts: HashKey[] = [];
  /** The first 32 bits of each start. */
  #startPrefixes: number[] = [];
  #nextIndex = 0;

  /** Oldest first; ids grow with it. */
  all(): IterableIterator<ModelShard> {
    return this.#byId.values();
  }

  /** In the order of their hash keys; together they cover the key space once. */
  get open(): readonly ModelShard[] {
    return this.#open;
  }

  get(shardId: string): ModelShard | undefined {
    return this.#byId.get(shardId);
  }

  /** The open shard whose range holds the hash key. */
  owner(hashKey: HashKey): ModelShard {
    const starts = this.#starts;
    const after = lowerBound(starts.length, (i) => (starts[i] as HashKey) > hashKey);
    return this.#open[after - 1] as ModelShard;
  }

  /** The same for the hash key of a partition key. */
  ownerOfPartitionKey(partitionKey: string): ModelShard {
    const [first] = this.#open;
    if (this.#open.length === 1) return first as ModelShard;
    const prefix = hashPrefixOf(partitionKey);
    if (prefix !== undefined) {
      const prefixes = this.#startPrefixes;
      const after = lowerBound(prefixes.length, (i) => (prefixes[i] as number) > prefix);
      // Where a shard begins within a prefix, the other bits decide.
      if (prefixes[after - 1] !== prefix) return this.#open[after - 1] as ModelShard;
    }
    return this.owner(hashKeyOfPartitionKey(partitionKey));
  }

  /** Adds an open shard for the range; its sequence numbers begin after those of its parents. */
  create(range: ModelShard["range"], parents: readonly ModelShard[], wallMs: number): ModelShard {
    const parentSeconds = parents.map((parent) => parent.createdSeconds + 1);
    return this.restore({
      index: this.#nextIndex,
      range,
      parents: parents.map((parent) => parent.shardId),
      createdSeconds: Math.max(Math.floor(wallMs / 1000), ...parentSeconds),
      createdAtMs: wallMs,
      lastIndex: 0,
    });
  }

  /** Closes the parents and opens shards for the ranges in their place. */
  replace(
    parents: readonly ModelShard[],
    ranges: readonly ModelShard["range"][],
    wallMs: number,
  ): readonly ModelShard[] {
    const children = ranges.map((range) => this.create(range, parents, wallMs));
    for (const parent of parents) parent.close(wallMs);
    if (parents.length === 0) this.#index();
    else this.#substitute(parents, children);
    return children;
  }

  /** Adds a shard as it was. Call `settle` after the last one. */
  restore(state: ShardState): ModelShard {
    const shard = new ModelShard(state);
    this.#byId.set(shard.shardId, shard);
    this.#nextIndex = Math.max(this.#nextIndex, state.index + 1);
    for (const parent of shard.parents) this.#byId.get(parent)?.children.push(shard);
    return shard;
  }

  settle(): void {
    this.#index();
  }

  /** Forgets a closed shard whose records are past retention. */
  remove(shard: ModelShard): void {
    this.#byId.delete(shard.shardId);
  }

  get nextIndex(): number {
    return this.#nextIndex;
  }

  set nextIndex(index: number) {
    this.#nextIndex = Math.max(this.#nextIndex, index);
  }

  /** Children cover what their parents did, so they stand in the same place of the order. */
  #substitute(parents: readonly ModelShard[], children: readonly ModelShard[]): void {
    const at = Math.min(...parents.map((parent) => this.#open.indexOf(parent)));
    this.#open.splice(at, parents.length, ...children);
    const starts = children.map((child) => child.range.start);
    this.#starts.splice(at, parents.length, ...starts);
    this.#startPrefixes.splice(at, parents.length, ...starts.map(prefixOf));
  }

  #index(): void {
    const open = [...this.#byId.values()].filter((shard) => shard.closedAtMs === undefined);
    this.#open = open.toSorted((a, b) => (a.range.start < b.range.start ? -1 : 1));
    this.#starts = this.#open.map((shard) => shard.range.start);
    this.#startPrefixes = this.#starts.map(prefixOf);
  }
}

function prefixOf(hashKey: HashKey): number {
  return Number.parseInt(hashKey.slice(0, 8), 16);
}
