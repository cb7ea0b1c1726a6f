import { createStream } from "./create-stream.ts";
import { deleteStream } from "./delete-stream.ts";
import { describeStream } from "./describe-stream.ts";
import { describeStreamSummary } from "./describe-stream-summary.ts";
import { getRecords } from "./get-records.ts";
import { getShardIterator } from "./get-shard-iterator.ts";
import { listShards } from "./list-shards.ts";
import { mergeShards } from "./merge-shards.ts";
import type { Operation } from "./operation.ts";
import { putRecord } from "./put-record.ts";
import { putRecords } from "./put-records.ts";
import { splitShard } from "./split-shard.ts";
import { updateShardCount } from "./update-shard-count.ts";

/** By the name of the operation, as in `X-Amz-Target` after the dot. */
export const operations: ReadonlyMap<string, Operation> = new Map([
  ["CreateStream", createStream],
  ["DeleteStream", deleteStream],
  ["DescribeStream", describeStream],
  ["DescribeStreamSummary", describeStreamSummary],
  ["GetRecords", getRecords],
  ["GetShardIterator", getShardIterator],
  ["ListShards", listShards],
  ["MergeShards", mergeShards],
  ["PutRecord", putRecord],
  ["PutRecords", putRecords],
  ["SplitShard", splitShard],
  ["UpdateShardCount", updateShardCount],
]);
