/** The demo's books: what was put, what was acknowledged, what was processed, by whom. Pure. */

import { type Delivery, recordId } from "./journal.ts";

/** A line of the input. */
export interface PutRecord {
  /** Undefined: a random key, so no order is promised. */
  readonly partitionKey: string | undefined;
  readonly digest: string;
}

export interface Acknowledgement {
  /** Index in the input. */
  readonly index: number;
  readonly shardId: string;
  readonly sequenceNumber: string;
  readonly subSequenceNumber: number;
  readonly attempts: number;
}

export interface WorkerDelivery extends Delivery {
  readonly worker: string;
}

export class Ledger {
  readonly put: readonly PutRecord[];
  /** By index. */
  readonly acknowledged: Map<number, Acknowledgement> = new Map();
  /** In the order in which they were read from the journals. */
  readonly deliveries: WorkerDelivery[] = [];
  readonly #processed = new Set<string>();
  readonly #perWorker = new Map<string, number>();
  readonly #shardOfId = new Map<string, string>();
  #retries = 0;
  #clash: string | undefined;

  constructor(put: readonly PutRecord[]) {
    this.put = put;
  }

  acknowledge(ack: Acknowledgement): void {
    this.acknowledged.set(ack.index, ack);
    this.#retries += Math.max(0, ack.attempts - 1);
    const id = recordId(ack);
    const other = this.#shardOfId.get(id);
    this.#shardOfId.set(id, ack.shardId);
    if (other !== undefined && other !== ack.shardId) {
      this.#clash ??= `${ack.sequenceNumber} in ${other} and in ${ack.shardId}`;
    }
  }

  deliver(worker: string, delivery: Delivery): void {
    this.deliveries.push({ ...delivery, worker });
    this.#processed.add(recordId(delivery));
    this.#perWorker.set(worker, (this.#perWorker.get(worker) ?? 0) + 1);
  }

  /** A sequence number that two shards gave. Kinesis never does that; with it, no books are right. */
  get clash(): string | undefined {
    return this.#clash;
  }

  /** Distinct records. */
  get processedCount(): number {
    return this.#processed.size;
  }

  /** Attempts beyond each record's first: a retried put may be in the stream twice. */
  get retries(): number {
    return this.#retries;
  }

  deliveriesOf(worker: string): number {
    return this.#perWorker.get(worker) ?? 0;
  }

  /** The shard with most records: a split of it does not go unnoticed. */
  busiestShard(): string | undefined {
    const counts = new Map<string, number>();
    for (const { shardId } of this.acknowledged.values()) {
      counts.set(shardId, (counts.get(shardId) ?? 0) + 1);
    }
    return [...counts].toSorted((a, b) => b[1] - a[1])[0]?.[0];
  }

  isProcessed(ack: Acknowledgement): boolean {
    return this.#processed.has(recordId(ack));
  }

  /** Acknowledged and not processed yet. */
  outstanding(): number {
    let count = 0;
    for (const ack of this.acknowledged.values()) if (!this.isProcessed(ack)) count++;
    return count;
  }
}
