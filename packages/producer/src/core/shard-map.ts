import { wordsOfHashKey } from "@shardline/aggregation";
import type { HashKeyRange, Shard } from "@shardline/model";

const WORDS = 4;

/** The open shards of a stream at one moment, by hash key. Never changes: a reshard makes another. */
export class ShardMap {
  /** In the order of their ranges. */
  readonly shards: readonly Shard[];
  /** The end of each range, four words each, most significant first. */
  readonly #ends: Uint32Array;
  readonly #starts: Uint32Array;
  /** Closed shards too, as far as an earlier map showed them: late acknowledgements name them. */
  readonly #ranges: Map<string, HashKeyRange>;

  constructor(shards: readonly Shard[], previous?: ShardMap) {
    this.shards = shards.toSorted((a, b) => (a.hashKeyRange.start < b.hashKeyRange.start ? -1 : 1));
    this.#ends = new Uint32Array(this.shards.length * WORDS);
    this.#starts = new Uint32Array(this.shards.length * WORDS);
    this.#ranges = new Map(previous?.shards.map((shard) => [shard.shardId, shard.hashKeyRange]));
    for (const [i, shard] of this.shards.entries()) {
      const { start, end } = shard.hashKeyRange;
      wordsOfHashKey(start, this.#starts.subarray(i * WORDS, (i + 1) * WORDS));
      wordsOfHashKey(end, this.#ends.subarray(i * WORDS, (i + 1) * WORDS));
      this.#ranges.set(shard.shardId, shard.hashKeyRange);
    }
  }

  /** Index of the shard whose range holds the hash key; -1 if none does. */
  indexOf(hashWords: Uint32Array): number {
    let low = 0;
    let high = this.shards.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compare(this.#ends, middle * WORDS, hashWords) < 0) low = middle + 1;
      else high = middle;
    }
    if (low === this.shards.length) return -1;
    return compare(this.#starts, low * WORDS, hashWords) <= 0 ? low : -1;
  }

  rangeOf(shardId: string): HashKeyRange | undefined {
    return this.#ranges.get(shardId);
  }
}

function compare(bounds: Uint32Array, at: number, hashWords: Uint32Array): number {
  for (let i = 0; i < WORDS; i++) {
    const difference = (bounds[at + i] as number) - (hashWords[i] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}
