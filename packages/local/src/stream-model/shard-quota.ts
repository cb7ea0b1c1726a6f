import { limits, TokenBucket } from "@shardline/model";
import { ReadPace } from "./read-pace.ts";

/** Throughput of one shard. Buckets are made on first use: most shards of most tests need none. */
export class ShardQuota {
  #writeRecords: TokenBucket | undefined;
  #writeBytes: TokenBucket | undefined;
  #readCalls: TokenBucket | undefined;
  readonly #readPace: ReadPace = new ReadPace();

  /**
   * A second's worth may come at once. A record larger than that (up to 10 MiB where the stream
   * allows it) passes on a rested shard and is paid off afterwards, so the average stays 1 MiB/s.
   * https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html
   */
  tryWrite(sizeBytes: number, nowMs: number): boolean {
    this.#writeRecords ??= bucketOf(limits.SHARD_WRITE_RECORDS_PER_SECOND, nowMs);
    this.#writeBytes ??= bucketOf(limits.SHARD_WRITE_BYTES_PER_SECOND, nowMs);
    if (this.#writeRecords.waitMs(1, nowMs) > 0) return false;
    return this.#writeBytes.tryTake(sizeBytes, nowMs) && this.#writeRecords.tryTake(1, nowMs);
  }

  /** Five calls a second, and none while an earlier read is being paid off. */
  tryRead(nowMs: number): boolean {
    if (nowMs < this.#readPace.paidAtMs) return false;
    this.#readCalls ??= bucketOf(limits.SHARD_READ_CALLS_PER_SECOND, nowMs);
    return this.#readCalls.tryTake(1, nowMs);
  }

  chargeRead(sizeBytes: number, nowMs: number): void {
    this.#readPace.charge(sizeBytes, nowMs);
  }
}

function bucketOf(perSecond: number, nowMs: number): TokenBucket {
  return new TokenBucket(perSecond, perSecond, nowMs);
}
