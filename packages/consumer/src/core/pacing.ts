/**
 * When to read a shard next. The service allows 5 reads and 2 MiB a second and shard, shared by all
 * applications on the stream: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html
 */

import { type BackoffPolicy, backoffMs, limits, type Random } from "@shardline/model";

export type ReadResult =
  | { readonly kind: "ok"; readonly bytes: number; readonly caughtUp: boolean }
  | { readonly kind: "throttled" }
  | { readonly kind: "failed" };

export interface PacingConfig {
  /** Between the starts of two reads when the end of the shard is reached. */
  readonly idleTimeBetweenReadsMs: number;
}

/** Between the starts of two reads of one shard: 5 a second. */
const MIN_READ_INTERVAL_MS = 1000 / limits.SHARD_READ_CALLS_PER_SECOND;
const THROTTLED: BackoffPolicy = { baseMs: 500, capMs: 10_000 };
const FAILED: BackoffPolicy = { baseMs: 250, capMs: 5_000 };

export class Pacing {
  readonly #config: PacingConfig;
  readonly #random: Random;
  #troubles = 0;
  #nextReadMs = Number.NEGATIVE_INFINITY;

  constructor(config: PacingConfig, random: Random) {
    this.#config = config;
    this.#random = random;
  }

  /** Reads that went wrong since the last good one. */
  get troubles(): number {
    return this.#troubles;
  }

  waitMs(nowMs: number): number {
    return Math.max(0, this.#nextReadMs - nowMs);
  }

  /** @param startedMs when the read was sent. */
  after(result: ReadResult, startedMs: number, nowMs: number): void {
    switch (result.kind) {
      case "ok": {
        this.#troubles = 0;
        const quotaMs = (result.bytes / limits.SHARD_READ_BYTES_PER_SECOND) * 1000;
        const pauseMs = result.caughtUp ? this.#config.idleTimeBetweenReadsMs : 0;
        this.#nextReadMs = startedMs + Math.max(MIN_READ_INTERVAL_MS, quotaMs, pauseMs);
        return;
      }
      case "throttled":
        this.#backOff(THROTTLED, startedMs, nowMs);
        return;
      case "failed":
        this.#backOff(FAILED, startedMs, nowMs);
        return;
    }
  }

  /** Full jitter above the interval that the service asks for anyway. */
  #backOff(policy: BackoffPolicy, startedMs: number, nowMs: number): void {
    const waitMs = backoffMs(policy, this.#troubles, this.#random);
    this.#troubles++;
    this.#nextReadMs = Math.max(startedMs + MIN_READ_INTERVAL_MS, nowMs + waitMs);
  }
}
