import { invalidArgument, limitExceeded } from "../stream-model/errors.ts";
import type { ModelStream } from "../stream-model/stream.ts";
import { checkShardLimit, MAX_STREAM_SHARDS } from "./capacity.ts";
import { define } from "./define.ts";
import type { Operation, OperationContext } from "./operation.ts";
import { scale, updating } from "./reshard.ts";
import { requireActive, resolveStream } from "./resolve.ts";
import { streamRef } from "./shapes.ts";
import { requireProvisioned } from "./split-shard.ts";

/** Calls a stream takes in a rolling day; a service limit, so not counted where limits are off.
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateShardCount.html */
const MAX_UPDATES_PER_DAY = 10;
const DAY_MS = 24 * 60 * 60 * 1000;

export const updateShardCount: Operation = define(
  {
    ...streamRef,
    TargetShardCount: { type: "integer", min: 1, required: true },
    ScalingType: { type: "string", values: ["UNIFORM_SCALING"], required: true },
  },
  (input, context) => {
    const stream = resolveStream(input, "UpdateShardCount", context);
    requireActive(stream);
    requireProvisioned(stream, "UpdateShardCount");
    const current = stream.shards.open.length;
    const target = input.TargetShardCount;
    checkTarget(stream, current, target);
    const account = context.model.account(stream.identity.accountId, stream.identity.region);
    checkShardLimit(account, target - current);
    countUpdate(stream, context);
    updating(stream, context, (wallMs) => scale(stream, target, wallMs));
    return {
      StreamName: stream.name,
      StreamARN: stream.arn,
      CurrentShardCount: current,
      TargetShardCount: target,
    };
  },
);

function checkTarget(stream: ModelStream, current: number, target: number): void {
  const where = `stream ${stream.name} under account ${stream.identity.accountId}`;
  if (target === current) {
    throw invalidArgument(`TargetShardCount ${target} is the current shard count of ${where}.`);
  }
  if (target > current * 2) {
    throw invalidArgument(
      `UpdateShardCount cannot scale up over double your current open shard count. Current open shard count: ${current} Target shard count: ${target}`,
    );
  }
  if (target < current / 2) {
    throw invalidArgument(
      `UpdateShardCount cannot scale down below half your current open shard count. Current open shard count: ${current} Target shard count: ${target}`,
    );
  }
  if (target > MAX_STREAM_SHARDS) {
    throw limitExceeded(
      `TargetShardCount ${target} is above the limit of ${MAX_STREAM_SHARDS} shards for ${where}.`,
    );
  }
}

function countUpdate(stream: ModelStream, context: OperationContext): void {
  if (!context.model.config.apiRateLimits) return;
  const { shardCountUpdatesAtMs: updates } = stream;
  while (updates.length > 0 && (updates[0] as number) <= context.nowMs - DAY_MS) updates.shift();
  if (updates.length >= MAX_UPDATES_PER_DAY) {
    throw limitExceeded(
      `Stream ${stream.name} under account ${stream.identity.accountId} was scaled ${MAX_UPDATES_PER_DAY} times in the last 24 hours.`,
    );
  }
  updates.push(context.nowMs);
}
