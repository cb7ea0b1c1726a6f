import type { ModelAccount } from "../stream-model/account.ts";
import type { ModelStream } from "../stream-model/stream.ts";
import { currentCommitment } from "./commitment.ts";
import { define } from "./define.ts";
import { streamHead } from "./describe.ts";
import type { Operation } from "./operation.ts";
import { resolveStream } from "./resolve.ts";
import { streamRef } from "./shapes.ts";

export const describeStreamSummary: Operation = define({ ...streamRef }, (input, context) => {
  const stream = resolveStream(input, "DescribeStreamSummary", context);
  const account = context.model.account(stream.identity.accountId, stream.identity.region);
  const { settings } = stream;
  return {
    StreamDescriptionSummary: {
      ...streamHead(stream),
      OpenShardCount: stream.openShardCount,
      ConsumerCount: stream.consumers.size,
      ChannelCount: [...account.channels.values()].filter(
        (channel) => channel.streamArn === stream.arn,
      ).length,
      MaxRecordSizeInKiB: settings.maxRecordKiB,
      ...(settings.mode === "ON_DEMAND" ? { RecordDistributionStrategy: settings.strategy } : {}),
      ...warmThroughput(stream, account, context.wallMs),
    },
  };
});

/** Only on-demand streams of accounts with the billing commitment have it. */
function warmThroughput(stream: ModelStream, account: ModelAccount, wallMs: number): object {
  const { mode, warmMiBps } = stream.settings;
  if (
    mode !== "ON_DEMAND" ||
    currentCommitment(account, wallMs) === undefined ||
    warmMiBps === undefined
  )
    return {};
  return { WarmThroughput: { TargetMiBps: warmMiBps, CurrentMiBps: warmMiBps } };
}
