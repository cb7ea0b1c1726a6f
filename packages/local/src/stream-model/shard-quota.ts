import { limits, TokenBucket } from "@shardline/model";

/** Throughput of one shard. Buckets are made on first use: most shards of most tests need none. */
export class ShardQuota {
  #writeRecords: TokenBucket | undefined;
  #writeBytes: TokenBucket | undefined;
  #readCalls: TokenBucket | undefined;
  /** Negative: reads wait until it is paid off. */
  #readBytes: number = limits.SHARD_READ_BYTES_PER_SECOND;
  #readAtMs = 0;

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
    this.#fillRead(nowMs);
    if (this.#readBytes < 0) return false;
    this.#readCalls ??= bucketOf(limits.SHARD_READ_CALLS_PER_SECOND, nowMs);
    return this.#readCalls.tryTake(1, nowMs);
  }

  /**
   * 2 MiB/s with a second's worth at once; a larger read is paid off in full, so 10 MiB make the
   * five seconds that https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html names.
   */
  chargeRead(sizeBytes: number, nowMs: number): void {
    this.#fillRead(nowMs);
    const large = sizeBytes > limits.SHARD_READ_BYTES_PER_SECOND;
    this.#readBytes = (large ? Math.min(0, this.#readBytes) : this.#readBytes) - sizeBytes;
  }

  #fillRead(nowMs: number): void {
    const passedMs = Math.max(0, nowMs - this.#readAtMs);
    const filled = this.#readBytes + (passedMs * limits.SHARD_READ_BYTES_PER_SECOND) / 1000;
    this.#readBytes = Math.min(limits.SHARD_READ_BYTES_PER_SECOND, filled);
    this.#readAtMs = Math.max(nowMs, this.#readAtMs);
  }
}

function bucketOf(perSecond: number, nowMs: number): TokenBucket {
  return new TokenBucket(perSecond, perSecond, nowMs);
}
