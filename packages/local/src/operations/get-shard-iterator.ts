import { sealIterator } from "../stream-model/iterator.ts";
import { positionIn } from "../stream-model/starting-position.ts";
import { define } from "./define.ts";
import { epochMs } from "./epoch.ts";
import type { Operation } from "./operation.ts";
import { refuseDryRun } from "./put.ts";
import { requireData, resolveShard, resolveStream } from "./resolve.ts";
import { boolean, iteratorType, sequenceNumber, shardId, streamRef, timestamp } from "./shapes.ts";

export const getShardIterator: Operation = define(
  {
    ShardId: { ...shardId, required: true },
    ShardIteratorType: { ...iteratorType, required: true },
    StartingSequenceNumber: sequenceNumber,
    ...streamRef,
    Timestamp: timestamp,
    DryRun: boolean,
  },
  (input, context) => {
    const stream = resolveStream(input, "GetShardIterator", context);
    requireData(stream);
    refuseDryRun(input.DryRun);
    const shard = resolveShard(stream, input.ShardId, context);
    const start = {
      type: input.ShardIteratorType,
      sequenceNumber: input.StartingSequenceNumber,
      timestampMs: epochMs(input.Timestamp),
    };
    const position = positionIn(stream, shard, start, context, "GetShardIterator");
    return { ShardIterator: sealIterator(context.model, stream, shard, position, context) };
  },
);
