/** What the consumer said, loudly, that it would not deliver, and what nobody could: the holes that S2 forgives. */

import { type Checkpoint, compareCheckpoints, compareSequenceNumbers } from "@shardline/model";
import type { StoredUserRecord } from "../oracle/stream-truth.ts";
import type { History, WorldEvent } from "./history.ts";

export interface Skip {
  readonly shardId: string;
  /** Of the shard's user records. */
  readonly indexes: readonly number[];
  readonly step: number;
}

export function skipsOf(history: History): readonly Skip[] {
  return history.events.flatMap((event) => {
    const { shardId } = event.payload as { shardId?: string };
    const indexes = shardId === undefined ? [] : indexesOf(history, event, shardId);
    return shardId === undefined || indexes.length === 0
      ? []
      : [{ shardId, indexes, step: event.step }];
  });
}

function indexesOf(
  history: History,
  { name, payload, step }: WorldEvent,
  shardId: string,
): number[] {
  const records = history.truth.shard(shardId);
  if (name === "records-dropped") {
    const { sequenceNumber } = payload as { sequenceNumber: string };
    return records.flatMap((one) => (one.sequenceNumber === sequenceNumber ? [one.index] : []));
  }
  if (name === "records-trimmed") {
    const { after, resumedAt } = payload as { after: Checkpoint; resumedAt: string | undefined };
    const trimmed = history.shards.get(shardId)?.trimmedThrough;
    return records.flatMap((one) => {
      const gone = isThrough(one, trimmed);
      const skipped =
        compareCheckpoints(one, after) > 0 &&
        (resumedAt === undefined || compareSequenceNumbers(one.sequenceNumber, resumedAt) < 0);
      return gone && skipped ? [one.index] : [];
    });
  }
  if (name === "world.trimmed") {
    const through = (payload as { throughSequenceNumber: string }).throughSequenceNumber;
    const left = records.some((one) => !isThrough(one, through));
    const row = history.rowWrites.findLast(
      (write) => write.leaseKey === shardId && write.step < step,
    );
    const checkpoint = row?.after?.checkpoint.sequenceNumber;
    // The horizon is where reading begins; and a gap after which nothing comes shows to nobody.
    const excused = !left || checkpoint === undefined || checkpoint === "TRIM_HORIZON";
    return excused ? records.flatMap((one) => (isThrough(one, through) ? [one.index] : [])) : [];
  }
  return [];
}

function isThrough(record: StoredUserRecord, sequenceNumber: string | undefined): boolean {
  return (
    sequenceNumber !== undefined &&
    compareSequenceNumbers(record.sequenceNumber, sequenceNumber) <= 0
  );
}
