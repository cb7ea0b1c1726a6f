import { define } from "./define.ts";
import { streamHead } from "./describe.ts";
import type { Operation } from "./operation.ts";
import { canonicalShardId, resolveStream } from "./resolve.ts";
import { shardId, streamRef } from "./shapes.ts";

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DescribeStream.html */
const MAX_PAGE_SHARDS = 100;

export const describeStream: Operation = define(
  {
    Limit: { type: "integer", min: 1, max: 10_000 },
    ExclusiveStartShardId: shardId,
    ...streamRef,
  },
  (input, context) => {
    const stream = resolveStream(input, "DescribeStream", context);
    context.model.trimStream(stream, context);
    const after = input.ExclusiveStartShardId;
    const from = after === undefined ? "" : canonicalShardId(after);
    const shards = [...stream.liveShards(context)].filter((shard) => shard.shardId > from);
    const page = shards.slice(0, Math.min(input.Limit ?? MAX_PAGE_SHARDS, MAX_PAGE_SHARDS));
    return {
      StreamDescription: {
        ...streamHead(stream),
        Shards: page.map((shard) => shard.toWire()),
        HasMoreShards: page.length < shards.length,
      },
    };
  },
);
