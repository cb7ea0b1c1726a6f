/** Limits on how large streams and accounts may grow. */

import type { ModelAccount } from "../stream-model/account.ts";
import { currentCommitment } from "./commitment.ts";
import { limitExceeded, validation } from "../stream-model/errors.ts";

/** A new on-demand stream takes 4 MiB/s.
 * https://docs.aws.amazon.com/streams/latest/dev/how-do-i-size-a-stream.html */
export const ON_DEMAND_SHARDS = 4;

/** Open shards of provisioned streams in an account and region.
 * https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html */
export const SHARD_LIMIT = 20_000;

/** Shards of one stream. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateShardCount.html */
export const MAX_STREAM_SHARDS = 10_000;

/** https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html */
export const ON_DEMAND_STREAM_LIMIT = 50;

/** 10 GiB/s. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateStreamWarmThroughput.html */
const MAX_WARM_MIBPS = 10_240;

export function openShardCount(account: ModelAccount): number {
  let count = 0;
  for (const stream of account.streams.values()) {
    if (stream.settings.mode === "PROVISIONED") count += stream.shards.open.length;
  }
  return count;
}

/** @throws ServiceError LimitExceededException */
export function checkShardLimit(account: ModelAccount, additional: number): void {
  const current = openShardCount(account);
  if (current + additional <= SHARD_LIMIT) return;
  throw limitExceeded(
    `This request would exceed the shard limit for the account ${account.accountId} in ${account.region}. Current shard count for the account: ${current}. Limit: ${SHARD_LIMIT}. Number of additional shards that would have resulted from this request: ${additional}. Refer to the AWS Service Limits page (http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for current limits and how to request higher limits.`,
  );
}

/** Warm throughput is for on-demand streams of accounts with the billing commitment. */
export function checkWarmThroughput(
  mibps: number | undefined,
  onDemand: boolean,
  account: ModelAccount,
  wallMs: number,
): void {
  if (mibps === undefined) return;
  if (!onDemand)
    throw validation("WarmThroughputMiBps is only supported for streams in ON_DEMAND mode.");
  if (currentCommitment(account, wallMs) === undefined) {
    throw validation(
      "WarmThroughputMiBps is only supported for accounts with MinimumThroughputBillingCommitment enabled.",
    );
  }
  if (mibps > MAX_WARM_MIBPS) {
    throw limitExceeded(`WarmThroughputMiBps ${mibps} is above the limit of ${MAX_WARM_MIBPS}.`);
  }
}

/**
 * Channels in an account and region. The service has a limit, which DescribeLimits tells, but no page
 * states its number: this one is ours, small enough for tests to reach.
 */
export const CHANNEL_LIMIT = 100;
