import { hashPartitionKey, wordsOfHashKey } from "@shardline/aggregation";
import { hashKeyFromDecimal } from "@shardline/model";
import type { ShardMap } from "./shard-map.ts";

/** Bound of one of the two generations of remembered keys. */
const REMEMBERED_KEYS = 8192;
const NOT_SEEN = -2;

/**
 * Which shard will a record land on? Its explicit hash key decides, else the MD5 of its partition
 * key. Keys come again: the answers are remembered as long as the shard map lasts.
 */
export class Router {
  readonly #map: ShardMap;
  readonly #words = new Uint32Array(4);
  #young = new Map<string, number>();
  #old = new Map<string, number>();

  constructor(map: ShardMap) {
    this.#map = map;
  }

  /** Index in the shard map; -1 if no shard has the key. */
  indexOf(partitionKey: string, explicitHashKey: string | undefined): number {
    if (explicitHashKey !== undefined) return this.indexOfHashKey(explicitHashKey);
    const known = this.#young.get(partitionKey);
    if (known !== undefined) return known;
    let index = this.#old.get(partitionKey) ?? NOT_SEEN;
    if (index === NOT_SEEN) {
      hashPartitionKey(partitionKey, this.#words);
      index = this.#map.indexOf(this.#words);
    }
    if (this.#young.size >= REMEMBERED_KEYS) {
      const emptied = this.#old;
      this.#old = this.#young;
      this.#young = emptied;
      emptied.clear();
    }
    this.#young.set(partitionKey, index);
    return index;
  }

  /** @param decimal canonical decimal digits. */
  indexOfHashKey(decimal: string): number {
    wordsOfHashKey(hashKeyFromDecimal(decimal), this.#words);
    return this.#map.indexOf(this.#words);
  }
}
