/** How the service behaves, each number with the page that states it. */

import { limits, type Random } from "@shardline/model";

export interface ModelConfig {
  /** Per-shard throughput limits, for writing and reading. */
  readonly quotas: boolean;
  /** Rate limits of the API calls, per account, stream, shard or consumer. */
  readonly apiRateLimits: boolean;
  /** How long streams, consumers and channels stay in each passing state, in milliseconds. */
  readonly creatingMs: number;
  readonly updatingMs: number;
  readonly deletingMs: number;
  readonly subscriptionMs: number;
  readonly iteratorLifetimeMs: number;
  readonly tokenLifetimeMs: number;
  /** Memory of the records of all streams; above it the oldest go, with a `trimmed` change. */
  readonly maxMemoryBytes: number;
  /** Chance for ids, for gaps in sequence numbers and for placing records of AUTO streams. */
  readonly random: Random;
}

const GIB = 1024 ** 3;

export const DEFAULT_MODEL_CONFIG: Omit<ModelConfig, "random"> = {
  quotas: false,
  apiRateLimits: false,
  creatingMs: 0,
  updatingMs: 0,
  deletingMs: 0,
  /** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_SubscribeToShard.html */
  subscriptionMs: 5 * 60 * 1000,
  iteratorLifetimeMs: limits.SHARD_ITERATOR_LIFETIME_MS,
  /** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListShards.html */
  tokenLifetimeMs: 300 * 1000,
  maxMemoryBytes: 1 * GIB,
};
