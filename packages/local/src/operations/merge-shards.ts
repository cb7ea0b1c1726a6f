import { invalidArgument } from "../stream-model/errors.ts";
import { areAdjacent } from "../stream-model/uniform.ts";
import { define } from "./define.ts";
import type { Operation } from "./operation.ts";
import { replaceShards, updating } from "./reshard.ts";
import { checkShardIds, requireActive, resolveShardToChange, resolveStream } from "./resolve.ts";
import { shardId, streamRef } from "./shapes.ts";
import { requireOpen, requireProvisioned } from "./split-shard.ts";

export const mergeShards: Operation = define(
  {
    ShardToMerge: { ...shardId, required: true },
    AdjacentShardToMerge: { ...shardId, required: true },
    ...streamRef,
  },
  (input, context) => {
    checkShardIds(input, [input.ShardToMerge, input.AdjacentShardToMerge], context);
    const stream = resolveStream(input, "MergeShards", context);
    requireActive(stream);
    requireProvisioned(stream, "MergeShards");
    const shard = resolveShardToChange(stream, input.ShardToMerge, context);
    const adjacent = resolveShardToChange(stream, input.AdjacentShardToMerge, context);
    const inOrder = shard.range.start < adjacent.range.start;
    const [left, right] = inOrder ? [shard.range, adjacent.range] : [adjacent.range, shard.range];
    if (!areAdjacent(left, right)) {
      throw invalidArgument(
        `Shards ${shard.shardId} and ${adjacent.shardId} in stream ${stream.name} under account ${stream.identity.accountId} are not an adjacent pair of shards eligible for merging`,
      );
    }
    requireOpen(stream, shard);
    requireOpen(stream, adjacent);
    updating(stream, context, (wallMs) => {
      replaceShards(stream, [shard, adjacent], [{ start: left.start, end: right.end }], wallMs);
    });
    return {};
  },
);
