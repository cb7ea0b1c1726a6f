import { invalidArgument } from "../stream-model/errors.ts";
import { areAdjacent } from "../stream-model/uniform.ts";
import { define } from "./define.ts";
import type { Operation } from "./operation.ts";
import { replaceShards, updating } from "./reshard.ts";
import { requireActive, resolveShard, resolveStream } from "./resolve.ts";
import { shardId, streamRef } from "./shapes.ts";
import { requireOpen, requireProvisioned } from "./split-shard.ts";

export const mergeShards: Operation = define(
  {
    ...streamRef,
    ShardToMerge: { ...shardId, required: true },
    AdjacentShardToMerge: { ...shardId, required: true },
  },
  (input, context) => {
    const stream = resolveStream(input, "MergeShards", context);
    requireActive(stream);
    requireProvisioned(stream, "MergeShards");
    const shard = resolveShard(stream, input.ShardToMerge, context);
    const adjacent = resolveShard(stream, input.AdjacentShardToMerge, context);
    requireOpen(stream, shard);
    requireOpen(stream, adjacent);
    const inOrder = shard.range.start < adjacent.range.start;
    const [left, right] = inOrder ? [shard.range, adjacent.range] : [adjacent.range, shard.range];
    if (!areAdjacent(left, right)) {
      throw invalidArgument(
        `Shards ${shard.shardId} and ${adjacent.shardId} in stream ${stream.name} under account ${stream.identity.accountId} are not an adjacent pair of shards eligible for merging`,
      );
    }
    updating(stream, context, (wallMs) => {
      replaceShards(stream, [shard, adjacent], [{ start: left.start, end: right.end }], wallMs);
    });
    return {};
  },
);
