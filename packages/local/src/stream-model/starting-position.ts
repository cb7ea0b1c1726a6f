/** Where reading begins, from what GetShardIterator and SubscribeToShard are asked for. */

import { invalidArgument } from "./errors.ts";
import type { Instant } from "./instant.ts";
import type { ShardPosition } from "./iterator.ts";
import { parseSequenceNumber } from "./sequence-number.ts";
import type { ModelShard } from "./shard.ts";
import type { ModelStream } from "./stream.ts";

export interface StartingPosition {
  readonly type:
    | "AFTER_SEQUENCE_NUMBER"
    | "LATEST"
    | "AT_TIMESTAMP"
    | "AT_SEQUENCE_NUMBER"
    | "TRIM_HORIZON";
  readonly sequenceNumber: string | undefined;
  readonly timestampMs: number | undefined;
}

/** @throws ServiceError InvalidArgumentException; `operation` is the name in its message */
export function positionIn(
  stream: ModelStream,
  shard: ModelShard,
  start: StartingPosition,
  instant: Instant,
  operation: string,
): ShardPosition {
  const horizon: ShardPosition = { sequenceNumber: shard.startingSequenceNumber, after: false };
  switch (start.type) {
    case "TRIM_HORIZON":
    case "LATEST":
      if (start.sequenceNumber !== undefined)
        throw sequenceNumberRule(start.type, "also a StartingSequenceNumber");
      return start.type === "LATEST" ? tip(shard, instant) : horizon;
    case "AT_TIMESTAMP":
      if (start.sequenceNumber !== undefined) {
        checkSequenceNumber(stream, shard, start.sequenceNumber, operation);
      }
      return atTimestamp(shard, start.timestampMs, instant);
    case "AT_SEQUENCE_NUMBER":
    case "AFTER_SEQUENCE_NUMBER": {
      const { sequenceNumber } = start;
      if (sequenceNumber === undefined)
        throw sequenceNumberRule(start.type, "no StartingSequenceNumber");
      checkSequenceNumber(stream, shard, sequenceNumber, operation);
      return { sequenceNumber, after: start.type === "AFTER_SEQUENCE_NUMBER" };
    }
  }
}

/** After the newest record. */
function tip(shard: ModelShard, instant: Instant): ShardPosition {
  return { sequenceNumber: shard.tipSequenceNumber(instant.wallMs), after: true };
}

function atTimestamp(
  shard: ModelShard,
  timestampMs: number | undefined,
  instant: Instant,
): ShardPosition {
  if (timestampMs === undefined) {
    throw invalidArgument(
      "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. Current request has no timestamp parameter.",
    );
  }
  if (timestampMs > instant.wallMs) {
    throw invalidArgument(
      `The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. timestampInMillis: ${timestampMs}, currentTimestampInMillis: ${Math.floor(instant.wallMs)}`,
    );
  }
  const first = shard.log.sequenceNumberAt(shard.log.seekTime(timestampMs));
  return first === undefined ? tip(shard, instant) : { sequenceNumber: first, after: false };
}

function checkSequenceNumber(
  stream: ModelStream,
  shard: ModelShard,
  text: string,
  operation: string,
): void {
  const parts = parseSequenceNumber(text);
  const place = `StartingSequenceNumber ${text} used in ${operation} on shard ${shard.shardId} in stream ${stream.name} under account ${stream.identity.accountId} is invalid`;
  if (parts === undefined) throw invalidArgument(`${place}.`);
  if (parts.shardIndex !== shard.index) {
    const encoded = `shardId-${String(parts.shardIndex).padStart(12, "0")}`;
    throw invalidArgument(
      `Invalid StartingSequenceNumber. It encodes ${encoded}, while it was used in a call to a shard with ${shard.shardId}`,
    );
  }
  if (parts.createdSeconds !== shard.createdSeconds) {
    throw invalidArgument(`${place} because it did not come from this stream.`);
  }
}

function sequenceNumberRule(type: string, and: string): Error {
  return invalidArgument(
    `Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified ${type} and ${and}.`,
  );
}
