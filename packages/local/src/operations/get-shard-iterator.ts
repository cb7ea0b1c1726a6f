import { sealIterator } from "../stream-model/iterator.ts";
import { positionIn } from "../stream-model/starting-position.ts";
import type { ModelStream } from "../stream-model/stream.ts";
import { define } from "./define.ts";
import { epochMs } from "./epoch.ts";
import type { Operation, OperationContext } from "./operation.ts";
import { refuseDryRun } from "./put.ts";
import {
  checkShardIds,
  requireData,
  resolveShard,
  resolveStream,
  shardMissing,
  type StreamInput,
} from "./resolve.ts";
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
    checkShardIds(input, [input.ShardId], context);
    const stream = streamOf(input, input.ShardId, context);
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

/** Here the service says of a stream that is not there that its shard is not. */
function streamOf(input: StreamInput, id: string, context: OperationContext): ModelStream {
  const { StreamName, StreamARN } = input;
  const { streams } = context.model.account(context.accountId, context.region);
  if (StreamARN === undefined && StreamName !== undefined && !streams.has(StreamName)) {
    throw shardMissing(StreamName, context.accountId, id);
  }
  return resolveStream(input, "GetShardIterator", context);
}
