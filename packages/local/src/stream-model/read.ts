/** Reading a shard from a position: what GetRecords and fan-out have in common. */

import { limits } from "@shardline/model";
import type { Instant } from "./instant.ts";
import type { ShardPosition } from "./iterator.ts";
import type { KinesisModel } from "./kinesis-model.ts";
import type { ModelShard } from "./shard.ts";
import type { ModelStream } from "./stream.ts";
import type { WireRecord } from "./wire-record.ts";

export interface Reading {
  readonly records: readonly WireRecord[];
  readonly sizeBytes: number;
  /** Where the next reading begins; undefined at the end of a closed shard. */
  readonly next: ShardPosition | undefined;
  readonly millisBehindLatest: number;
}

export function readShard(
  model: KinesisModel,
  stream: ModelStream,
  shard: ModelShard,
  from: ShardPosition,
  instant: Instant,
  maxRecords: number,
  maxBytes: number = limits.MAX_GET_RECORDS_BYTES,
): Reading {
  model.trim(stream, shard, instant);
  const { log } = shard;
  const start = log.seekSequence(from.sequenceNumber, from.after);
  const records = log.read(start, maxRecords, maxBytes);
  const end = start + records.length;
  const atTip = end >= log.endPosition;
  const last = records.at(-1);
  const next = last === undefined ? from : { sequenceNumber: last.SequenceNumber, after: true };
  return {
    records,
    sizeBytes: records.length === 0 ? 0 : log.bytesBefore(end) - log.bytesBefore(start),
    next: atTip && shard.closedAtMs !== undefined ? undefined : next,
    millisBehindLatest: atTip ? 0 : behindMs(log.arrivalMs(end - 1) ?? log.arrivalMs(end), instant),
  };
}

/** Never 0 while there is more to read: 0 says that the reader has caught up. */
function behindMs(arrivalMs: number | undefined, instant: Instant): number {
  return Math.max(1, Math.floor(instant.wallMs - (arrivalMs ?? instant.wallMs)));
}
