import { resourceInUse } from "../stream-model/errors.ts";
import { ShardSubscription } from "../stream-model/shard-subscription.ts";
import { positionIn } from "../stream-model/starting-position.ts";
import { define } from "./define.ts";
import { resolveConsumer } from "./consumer-ref.ts";
import { epochMs } from "./epoch.ts";
import type { Operation } from "./operation.ts";
import { refuseDryRun } from "./put.ts";
import { requireData, resolveShard } from "./resolve.ts";
import {
  boolean,
  consumerArn,
  iteratorType,
  sequenceNumber,
  shardId,
  streamId,
  timestamp,
} from "./shapes.ts";

/** Answers with a `Subscription`. */
export const subscribeToShard: Operation = define(
  {
    ConsumerARN: { ...consumerArn, required: true },
    StreamId: streamId,
    ShardId: { ...shardId, required: true },
    StartingPosition: {
      type: "structure",
      required: true,
      members: {
        Type: { ...iteratorType, required: true },
        SequenceNumber: sequenceNumber,
        Timestamp: timestamp,
      },
    },
    DryRun: boolean,
  },
  (input, context) => {
    const { model } = context;
    const { stream, consumer } = resolveConsumer(input, "SubscribeToShard", context);
    requireData(stream);
    if (consumer.status !== "ACTIVE") {
      throw resourceInUse(
        `Consumer ${consumer.arn} is not ACTIVE, instead in state ${consumer.status}`,
      );
    }
    refuseDryRun(input.DryRun);
    const shard = resolveShard(stream, input.ShardId, context);
    const { Type: type, SequenceNumber, Timestamp } = input.StartingPosition;
    const start = { type, sequenceNumber: SequenceNumber, timestampMs: epochMs(Timestamp) };
    const position = positionIn(stream, shard, start, context, "SubscribeToShard");
    return ShardSubscription.open({ model, stream, consumer, shard }, position, context);
  },
);
