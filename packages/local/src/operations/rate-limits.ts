/**
 * How often each operation may be called, from its page of the API reference,
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_Operations.html
 * and https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html
 * (operations without a rate there have none here). GetRecords is limited by its shard's quota.
 */

import { limitExceeded, throughputExceeded } from "../stream-model/errors.ts";
import type { Operation, OperationContext } from "./operation.ts";
import { canonicalShardId } from "./resolve.ts";

interface RateLimit {
  readonly perSecond: number;
  readonly per: "account" | "stream" | "shard";
}

const FIVE_PER_ACCOUNT: RateLimit = { perSecond: 5, per: "account" };
const FIVE_PER_STREAM: RateLimit = { perSecond: 5, per: "stream" };

const RATE_LIMITS: Readonly<Record<string, RateLimit>> = {
  AddTagsToStream: FIVE_PER_ACCOUNT,
  CreateChannel: FIVE_PER_ACCOUNT,
  CreateStream: FIVE_PER_ACCOUNT,
  DecreaseStreamRetentionPeriod: FIVE_PER_ACCOUNT,
  DeleteChannel: FIVE_PER_ACCOUNT,
  DeleteStream: FIVE_PER_ACCOUNT,
  DeregisterStreamConsumer: FIVE_PER_STREAM,
  DescribeAccountSettings: FIVE_PER_ACCOUNT,
  DescribeChannel: FIVE_PER_ACCOUNT,
  DescribeLimits: { perSecond: 1, per: "account" },
  DescribeStream: { perSecond: 10, per: "account" },
  DescribeStreamConsumer: { perSecond: 20, per: "stream" },
  DescribeStreamSummary: { perSecond: 20, per: "account" },
  GetShardIterator: { perSecond: 5, per: "shard" },
  IncreaseStreamRetentionPeriod: FIVE_PER_ACCOUNT,
  ListChannels: FIVE_PER_ACCOUNT,
  ListShards: { perSecond: 1000, per: "stream" },
  ListStreamConsumers: FIVE_PER_STREAM,
  ListStreams: FIVE_PER_ACCOUNT,
  ListTagsForStream: FIVE_PER_ACCOUNT,
  MergeShards: FIVE_PER_ACCOUNT,
  RegisterStreamConsumer: FIVE_PER_ACCOUNT,
  RemoveTagsFromStream: FIVE_PER_ACCOUNT,
  SplitShard: FIVE_PER_ACCOUNT,
  UpdateAccountSettings: FIVE_PER_ACCOUNT,
  UpdateChannel: FIVE_PER_ACCOUNT,
  UpdateShardCount: { perSecond: 10, per: "account" },
  UpdateStreamWarmThroughput: FIVE_PER_ACCOUNT,
};

/** The operation, refusing calls above its rate where the model's limits are on. */
export function rateLimited(name: string, operation: Operation): Operation {
  const limit = RATE_LIMITS[name];
  if (limit === undefined) return operation;
  return (input, context) => {
    if (context.model.config.apiRateLimits) check(name, limit, input, context);
    return operation(input, context);
  };
}

function check(
  name: string,
  limit: RateLimit,
  input: Record<string, unknown>,
  context: OperationContext,
): void {
  const stream = limit.per === "account" ? "" : streamNameOf(input);
  const shard = limit.per === "shard" ? canonicalShardId(textOf(input["ShardId"])) : "";
  const key = `${name}/${context.accountId}/${context.region}/${stream}/${shard}`;
  if (context.model.rates.tryCall(key, limit.perSecond, context.nowMs)) return;
  if (limit.per === "shard") {
    throw throughputExceeded(
      `Rate exceeded for shard ${shard} in stream ${stream} under account ${context.accountId}.`,
    );
  }
  const what = stream === "" ? "" : ` for stream ${stream}`;
  throw limitExceeded(`Rate exceeded${what} under account ${context.accountId}.`);
}

/** However the request names it; a page token counts as a stream of its own. */
function streamNameOf(input: Record<string, unknown>): string {
  const arn = input["StreamARN"] ?? input["ConsumerARN"];
  return textOf(
    input["StreamName"] ?? (typeof arn === "string" ? arn.split("/")[1] : input["NextToken"]),
  );
}

/** The input is not validated yet. */
function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
