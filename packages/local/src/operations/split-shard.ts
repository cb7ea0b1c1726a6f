import { hashKeyFromDecimal, hashKeyToDecimal } from "@shardline/model";
import { invalidArgument, validation } from "../stream-model/errors.ts";
import type { ModelShard } from "../stream-model/shard.ts";
import type { ModelStream } from "../stream-model/stream.ts";
import { splitRange } from "../stream-model/uniform.ts";
import { checkShardLimit } from "./capacity.ts";
import { define } from "./define.ts";
import type { Operation } from "./operation.ts";
import { replaceShards, updating } from "./reshard.ts";
import { checkShardIds, requireActive, resolveShardToChange, resolveStream } from "./resolve.ts";
import { hashKey, shardId, streamRef } from "./shapes.ts";

export const splitShard: Operation = define(
  {
    NewStartingHashKey: { ...hashKey, required: true },
    ...streamRef,
    ShardToSplit: { ...shardId, required: true },
  },
  (input, context) => {
    checkShardIds(input, [input.ShardToSplit], context);
    const stream = resolveStream(input, "SplitShard", context);
    requireActive(stream);
    requireProvisioned(stream, "SplitShard");
    const shard = resolveShardToChange(stream, input.ShardToSplit, context);
    checkHashKey(stream, shard, input.NewStartingHashKey);
    requireOpen(stream, shard);
    const account = context.model.account(stream.identity.accountId, stream.identity.region);
    checkShardLimit(account, 1);
    const at = hashKeyFromDecimal(input.NewStartingHashKey);
    updating(stream, context, (wallMs) => {
      replaceShards(stream, [shard], splitRange(shard.range, at), wallMs);
    });
    return {};
  },
);

function checkHashKey(stream: ModelStream, shard: ModelShard, text: string): void {
  const at = BigInt(text);
  const start = BigInt(`0x${shard.range.start}`);
  const end = BigInt(`0x${shard.range.end}`);
  // The service leaves two keys at least below and one above.
  if (at > start + 1n && at < end) return;
  throw invalidArgument(
    `NewStartingHashKey ${text} used in SplitShard() on shard ${shard.shardId} in stream ${stream.name} under account ${stream.identity.accountId} is not both greater than one plus the shard's StartingHashKey ${hashKeyToDecimal(shard.range.start)} and less than the shard's EndingHashKey ${hashKeyToDecimal(shard.range.end)}.`,
  );
}

/** @throws ServiceError ValidationException */
export function requireProvisioned(stream: ModelStream, operation: string): void {
  if (stream.settings.mode === "PROVISIONED") return;
  throw validation(
    `Request is invalid. Stream ${stream.name} under account ${stream.identity.accountId} is in On-Demand mode. ${operation} is not supported for streams in On-Demand mode.`,
  );
}

/** @throws ServiceError InvalidArgumentException */
export function requireOpen(stream: ModelStream, shard: ModelShard): void {
  if (shard.closedAtMs === undefined) return;
  throw invalidArgument(
    `Shard ${shard.shardId} in stream ${stream.name} under account ${stream.identity.accountId} has already been merged or split, and thus is not eligible for merging or splitting.`,
  );
}
