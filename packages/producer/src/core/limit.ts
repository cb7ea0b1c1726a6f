import { limits, TokenBucket } from "@shardline/model";

const { SHARD_WRITE_BYTES_PER_SECOND, SHARD_WRITE_RECORDS_PER_SECOND } = limits;

/** One decrease answers all throttles of one moment: they tell of the same excess. */
const DECREASE_INTERVAL_MS = 200;
const DECREASE_FACTOR = 0.9;
/** Share of the shard's quota regained in a second without throttling. */
const INCREASE_PER_SECOND = 0.05;
/** Far below the last good rate, it doubles in a second. */
const RECOVERY_PER_SECOND = 1;
const MIN_SHARE = 0.02;
/** Whoever allows more than this means that the quota does not apply: no need to feel for it. */
const LIFTED_SHARE = 2;

/**
 * How fast one shard may be written: two token buckets, records and bytes, at a share of the shard's
 * quota that adapts: down by a tenth when the service throttles, slowly up while the limit is felt and
 * nothing is throttled. Other producers on the same shard are so made room for.
 */
export class ShardLimiter {
  readonly #records: TokenBucket;
  readonly #bytes: TokenBucket;
  readonly #maxShare: number;
  #share: number;
  /** What the shard took before it first throttled. */
  #goodShare: number;
  #changedAtMs: number;
  #decreasedAtMs = Number.NEGATIVE_INFINITY;

  /** @param maxShare bound of the share of the quota; 1 is the whole quota. */
  constructor(maxShare: number, nowMs: number) {
    this.#maxShare = maxShare;
    this.#share = maxShare > LIFTED_SHARE ? maxShare : Math.min(1, maxShare);
    this.#goodShare = this.#share;
    this.#changedAtMs = nowMs;
    this.#records = new TokenBucket(
      Math.max(1, SHARD_WRITE_RECORDS_PER_SECOND * this.#share),
      SHARD_WRITE_RECORDS_PER_SECOND * this.#share,
      nowMs,
    );
    this.#bytes = new TokenBucket(
      SHARD_WRITE_BYTES_PER_SECOND * this.#share,
      SHARD_WRITE_BYTES_PER_SECOND * this.#share,
      nowMs,
    );
  }

  /** The learned share of the shard's quota. */
  get share(): number {
    return this.#share;
  }

  /** 0 and the tokens are taken, or how long to wait before asking again. */
  take(bytes: number, nowMs: number): number {
    const waitMs = Math.max(this.#records.waitMs(1, nowMs), this.#bytes.waitMs(bytes, nowMs));
    if (waitMs > 0) {
      this.#rise(nowMs);
      return waitMs;
    }
    this.#records.tryTake(1, nowMs);
    this.#bytes.tryTake(bytes, nowMs);
    return 0;
  }

  onThrottled(nowMs: number): void {
    if (nowMs - this.#decreasedAtMs < DECREASE_INTERVAL_MS) return;
    if (nowMs - this.#decreasedAtMs > 5 * DECREASE_INTERVAL_MS) this.#goodShare = this.#share;
    this.#decreasedAtMs = nowMs;
    this.#set(Math.max(MIN_SHARE, this.#share * DECREASE_FACTOR), nowMs);
  }

  /** Only while the limit is felt: an idle shard proves nothing about its quota. */
  #rise(nowMs: number): void {
    const seconds = Math.min(1, (nowMs - this.#changedAtMs) / 1000);
    if (nowMs - this.#decreasedAtMs < DECREASE_INTERVAL_MS || seconds < 0.05) return;
    const gain =
      this.#share < this.#goodShare * DECREASE_FACTOR
        ? Math.max(this.#share * RECOVERY_PER_SECOND, INCREASE_PER_SECOND)
        : INCREASE_PER_SECOND;
    this.#set(Math.min(this.#maxShare, this.#share + gain * seconds), nowMs);
  }

  #set(share: number, nowMs: number): void {
    this.#share = share;
    this.#changedAtMs = nowMs;
    this.#records.setRate(SHARD_WRITE_RECORDS_PER_SECOND * share, nowMs);
    this.#bytes.setRate(SHARD_WRITE_BYTES_PER_SECOND * share, nowMs);
  }
}
