/** What the stream holds and nobody has processed yet, kept while the run goes on: when is it over? */

import { compareSequenceNumbers, hashKeyOf, rangeContains, type Shard } from "@shardline/model";
import type { DeliveredRecord } from "../history/history.ts";
import { readEnvelope } from "../oracle/read-envelope.ts";

export class Outstanding {
  /** Shard → sequence number → sub-sequence numbers. */
  readonly #shards = new Map<string, Map<string, Set<number>>>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  stored(shard: Shard, sequenceNumber: string, data: Uint8Array): void {
    const members = readEnvelope(data);
    // A reader may throw such an envelope away.
    const inside = members?.every((one) =>
      rangeContains(shard.hashKeyRange, hashKeyOf(one.partitionKey, one.explicitHashKey)),
    );
    if (inside === false) return;
    const records = this.#shards.get(shard.shardId) ?? new Map<string, Set<number>>();
    this.#shards.set(shard.shardId, records);
    const count = members?.length ?? 1;
    records.set(sequenceNumber, new Set(Array.from({ length: count }, (_, i) => i)));
    this.#count += count;
  }

  settled(shardId: string, delivered: readonly DeliveredRecord[]): void {
    const records = this.#shards.get(shardId);
    for (const { sequenceNumber, subSequenceNumber } of delivered) {
      if (records?.get(sequenceNumber)?.delete(subSequenceNumber) === true) this.#count--;
    }
  }

  trimmed(shardId: string, through: string): void {
    for (const [sequenceNumber, left] of this.#shards.get(shardId) ?? []) {
      if (compareSequenceNumbers(sequenceNumber, through) > 0) continue;
      this.#count -= left.size;
      left.clear();
    }
  }
}
