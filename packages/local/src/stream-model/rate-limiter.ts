import { TokenBucket } from "@shardline/model";

/** So many callers are remembered; beyond it all start afresh. */
const MAX_BUCKETS = 100_000;

/** Counts calls by key, each key at its own rate with a second's worth at once. */
export class RateLimiter {
  readonly #buckets: Map<string, TokenBucket> = new Map();

  tryCall(key: string, perSecond: number, nowMs: number): boolean {
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      if (this.#buckets.size >= MAX_BUCKETS) this.#buckets.clear();
      bucket = new TokenBucket(perSecond, perSecond, nowMs);
      this.#buckets.set(key, bucket);
    }
    return bucket.tryTake(1, nowMs);
  }
}
