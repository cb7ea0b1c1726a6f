import { limits } from "@shardline/model";

/** How long an idle reader's share is saved up for it. */
const BURST_MS = 1000;

/**
 * 2 MiB/s of one shard: what GetRecords shares and what each fan-out consumer has to itself. Reads
 * are not refused for their size but paid for afterwards. A second's worth may be ahead of its pay;
 * a larger read is paid in full, so 10 MiB make the five seconds of
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html
 */
export class ReadPace {
  #paidAtMs: number = Number.NEGATIVE_INFINITY;

  /** Reading may go on from then. */
  get paidAtMs(): number {
    return this.#paidAtMs;
  }

  charge(sizeBytes: number, nowMs: number): void {
    const large = sizeBytes > limits.SHARD_READ_BYTES_PER_SECOND;
    const fromMs = large ? nowMs : nowMs - BURST_MS;
    const costMs = (sizeBytes * 1000) / limits.SHARD_READ_BYTES_PER_SECOND;
    this.#paidAtMs = Math.max(this.#paidAtMs, fromMs) + costMs;
  }
}
