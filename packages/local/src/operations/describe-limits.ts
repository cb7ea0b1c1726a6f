import { CHANNEL_LIMIT, ON_DEMAND_STREAM_LIMIT, openShardCount, SHARD_LIMIT } from "./capacity.ts";
import { define } from "./define.ts";
import type { Operation } from "./operation.ts";

export const describeLimits: Operation = define({}, (_input, context) => {
  const account = context.model.account(context.accountId, context.region);
  const streams = [...account.streams.values()];
  return {
    ShardLimit: SHARD_LIMIT,
    OpenShardCount: openShardCount(account),
    OnDemandStreamCount: streams.filter((stream) => stream.settings.mode === "ON_DEMAND").length,
    OnDemandStreamCountLimit: ON_DEMAND_STREAM_LIMIT,
    ChannelCount: account.channels.size,
    ChannelCountLimit: CHANNEL_LIMIT,
  };
});
