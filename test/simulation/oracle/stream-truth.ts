/** The user records that the stream really holds, in the order in which a reader must see them. */

import {
  compareCheckpoints,
  hashKeyOf,
  type RecordPosition,
  rangeContains,
} from "@shardline/model";
import type { History, StoredRecord } from "../history/history.ts";
import { type EnvelopeMember, readEnvelope } from "./read-envelope.ts";

export interface StoredUserRecord extends RecordPosition {
  readonly shardId: string;
  readonly putId: string;
  readonly partitionKey: string;
  readonly explicitHashKey: string | undefined;
  readonly data: string;
  /** False if a KCL reader throws its envelope away: a member hashes outside of the shard. */
  readonly kept: boolean;
  readonly atMs: number;
  /** Index among the user records of its shard. */
  readonly index: number;
}

export class StreamTruth {
  readonly byShard: Map<string, StoredUserRecord[]> = new Map();
  readonly byPut: Map<string, StoredUserRecord[]> = new Map();
  readonly #byPosition = new Map<string, StoredUserRecord>();

  constructor(history: History) {
    for (const stored of history.stored) this.#add(history, stored);
  }

  shard(shardId: string): readonly StoredUserRecord[] {
    return this.byShard.get(shardId) ?? [];
  }

  at(shardId: string, position: RecordPosition): StoredUserRecord | undefined {
    return this.#byPosition.get(key(shardId, position));
  }

  /** How many user records of the shard are at or before the checkpoint. */
  countThrough(shardId: string, checkpoint: RecordPosition): number {
    const records = this.shard(shardId);
    let low = 0;
    let high = records.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareCheckpoints(records[middle] as StoredUserRecord, checkpoint) <= 0)
        low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #add(history: History, stored: StoredRecord): void {
    const { shardId, sequenceNumber, atMs } = stored;
    const range = history.shards.get(shardId)?.shard.hashKeyRange;
    if (range === undefined) throw new Error(`a record on an unknown shard: ${shardId}`);
    const envelope = readEnvelope(stored.data);
    const members = envelope ?? [
      { partitionKey: stored.partitionKey, explicitHashKey: undefined, data: stored.data },
    ];
    const fits = (one: EnvelopeMember): boolean =>
      rangeContains(range, hashKeyOf(one.partitionKey, one.explicitHashKey));
    const kept = envelope === undefined || envelope.every(fits);
    const list = this.byShard.get(shardId) ?? [];
    this.byShard.set(shardId, list);
    for (const [subSequenceNumber, one] of members.entries()) {
      const data = Buffer.from(one.data).toString("latin1");
      const record: StoredUserRecord = {
        shardId,
        sequenceNumber,
        subSequenceNumber,
        putId: putIdOf(data),
        partitionKey: one.partitionKey,
        explicitHashKey: one.explicitHashKey,
        data,
        kept,
        atMs,
        index: list.length,
      };
      list.push(record);
      const copies = this.byPut.get(record.putId) ?? [];
      copies.push(record);
      this.byPut.set(record.putId, copies);
      this.#byPosition.set(key(shardId, record), record);
    }
  }
}

/** Payloads begin with their put's id and a bar. */
export function putIdOf(data: string): string {
  return data.slice(0, data.indexOf("|"));
}

function key(shardId: string, { sequenceNumber, subSequenceNumber }: RecordPosition): string {
  return `${shardId}/${sequenceNumber}/${subSequenceNumber}`;
}
