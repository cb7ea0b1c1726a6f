import { checkWarmThroughput } from "./capacity.ts";
import { define } from "./define.ts";
import type { Operation } from "./operation.ts";
import { updating, warmTo } from "./reshard.ts";
import { requireActive, resolveStream } from "./resolve.ts";
import { streamRef, warmThroughputMiBps } from "./shapes.ts";

export const updateStreamWarmThroughput: Operation = define(
  { ...streamRef, WarmThroughputMiBps: { ...warmThroughputMiBps, required: true } },
  (input, context) => {
    const stream = resolveStream(input, "UpdateStreamWarmThroughput", context);
    requireActive(stream);
    const { settings } = stream;
    const account = context.model.account(stream.identity.accountId, stream.identity.region);
    const target = input.WarmThroughputMiBps;
    checkWarmThroughput(target, settings.mode === "ON_DEMAND", account, context.wallMs);
    const current = settings.warmMiBps ?? stream.shards.open.length;
    updating(stream, context, (wallMs) => {
      settings.warmMiBps = target;
      warmTo(stream, wallMs);
    });
    return {
      StreamARN: stream.arn,
      StreamName: stream.name,
      WarmThroughput: { TargetMiBps: target, CurrentMiBps: current },
    };
  },
);
