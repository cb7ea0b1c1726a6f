/** What the consumer said, loudly, that it would not deliver: the only holes that S2 forgives. */

import { type Checkpoint, compareCheckpoints, compareSequenceNumbers } from "@shardline/model";
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

function indexesOf(history: History, { name, payload }: WorldEvent, shardId: string): number[] {
  const records = history.truth.shard(shardId);
  if (name === "records-dropped") {
    const { sequenceNumber } = payload as { sequenceNumber: string };
    return records.flatMap((one) => (one.sequenceNumber === sequenceNumber ? [one.index] : []));
  }
  if (name === "records-trimmed") {
    const { after, resumedAt } = payload as { after: Checkpoint; resumedAt: string | undefined };
    const trimmed = history.shards.get(shardId)?.trimmedThrough;
    return records.flatMap((one) => {
      const gone =
        trimmed !== undefined && compareSequenceNumbers(one.sequenceNumber, trimmed) <= 0;
      const skipped =
        compareCheckpoints(one, after) > 0 &&
        (resumedAt === undefined || compareSequenceNumbers(one.sequenceNumber, resumedAt) < 0);
      return gone && skipped ? [one.index] : [];
    });
  }
  return [];
}
