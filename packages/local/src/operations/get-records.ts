import { limits } from "@shardline/model";
import { throughputExceeded } from "../stream-model/errors.ts";
import { openIterator, sealIterator } from "../stream-model/iterator.ts";
import { readShard } from "../stream-model/read.ts";
import { define } from "./define.ts";
import type { Operation } from "./operation.ts";
import { refuseDryRun, shardThrottled } from "./put.ts";
import { checkAccess, requireData } from "./resolve.ts";
import { boolean, streamArn, streamId } from "./shapes.ts";

/** At the end of a closed shard: `ChildShards` and no `NextShardIterator`, with or without records. */
export const getRecords: Operation = define(
  {
    Limit: { type: "integer", min: 1, max: limits.MAX_GET_RECORDS_RECORDS },
    ShardIterator: { type: "string", min: 1, max: 512, required: true },
    StreamARN: streamArn,
    StreamId: streamId,
    DryRun: boolean,
  },
  (input, context) => {
    const { model } = context;
    const { stream, shard, position } = openIterator(model, input.ShardIterator, context);
    const { settings, arn, identity } = stream;
    checkAccess(settings.policy, arn, identity.accountId, "GetRecords", context);
    requireData(stream);
    refuseDryRun(input.DryRun);
    if (model.config.quotas && !shard.quota.tryRead(context.nowMs)) {
      throw throughputExceeded(shardThrottled(stream, shard));
    }
    const maxRecords = input.Limit ?? limits.MAX_GET_RECORDS_RECORDS;
    const reading = readShard(model, stream, shard, position, context, maxRecords);
    if (model.config.quotas) shard.quota.chargeRead(reading.sizeBytes, context.nowMs);
    const answer = { Records: reading.records, MillisBehindLatest: reading.millisBehindLatest };
    return reading.next === undefined
      ? { ...answer, ChildShards: shard.childShards() }
      : { ...answer, NextShardIterator: sealIterator(model, stream, shard, reading.next, context) };
  },
);
