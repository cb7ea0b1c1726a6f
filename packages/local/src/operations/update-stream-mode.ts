import { validation } from "../stream-model/errors.ts";
import { checkShardLimit, checkWarmThroughput } from "./capacity.ts";
import { define } from "./define.ts";
import type { Operation } from "./operation.ts";
import { updating, warmTo } from "./reshard.ts";
import { requireActive, resolveStream } from "./resolve.ts";
import { streamArn, streamId, streamModeDetails, warmThroughputMiBps } from "./shapes.ts";

export const updateStreamMode: Operation = define(
  {
    StreamARN: { ...streamArn, required: true },
    StreamId: streamId,
    StreamModeDetails: { ...streamModeDetails, required: true },
    WarmThroughputMiBps: warmThroughputMiBps,
  },
  (input, context) => {
    const stream = resolveStream(input, "UpdateStreamMode", context);
    requireActive(stream);
    const mode = input.StreamModeDetails.StreamMode;
    const { settings } = stream;
    const account = context.model.account(stream.identity.accountId, stream.identity.region);
    checkWarmThroughput(input.WarmThroughputMiBps, mode === "ON_DEMAND", account, context.wallMs);
    if (mode === "PROVISIONED" && settings.strategy === "AUTO") {
      throw validation(
        `Stream ${stream.name} under account ${stream.identity.accountId} uses record distribution strategy AUTO, which is only supported in ON_DEMAND mode.`,
      );
    }
    if (mode === "PROVISIONED" && settings.mode === "ON_DEMAND")
      checkShardLimit(account, stream.shards.open.length);
    updating(stream, context, (wallMs) => {
      settings.mode = mode;
      settings.warmMiBps =
        mode === "ON_DEMAND" ? (input.WarmThroughputMiBps ?? settings.warmMiBps) : undefined;
      warmTo(stream, wallMs);
    });
    return {};
  },
);
