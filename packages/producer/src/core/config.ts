import type { BackoffPolicy } from "@shardline/model";

/**
 * `none`: fastest. `ordered`: one entry in flight for each shard, so records of a key arrive in the
 * order of put(). `strict`: the same, by PutRecord with SequenceNumberForOrdering.
 */
export type Order = "none" | "ordered" | "strict";

/** What the core must know of the options. */
export interface CoreConfig {
  readonly order: Order;
  readonly aggregation: boolean;
  readonly alwaysWrap: boolean;
  readonly maxAggregateBytes: number;
  readonly maxAggregateRecords: number;
  /** From put() to the request, collecting included. */
  readonly lingerMs: number;
  /** The part of `lingerMs` in which closed aggregates of several shards gather in one request. */
  readonly collectMs: number;
  readonly recordTtlMs: number;
  readonly maxRequestEntries: number;
  readonly maxRequestBytes: number;
  /** Of the shard's quota; 1 is the whole. */
  readonly maxShardShare: number;
  readonly failIfThrottled: boolean;
  readonly retry: BackoffPolicy;
}
