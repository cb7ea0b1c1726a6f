/** What PutRecord and PutRecords have in common. */

import { type HashKey, hashKeyFromDecimal, utf8ByteLength } from "@shardline/model";
import { invalidArgument } from "../stream-model/errors.ts";
import type { ModelShard } from "../stream-model/shard.ts";
import type { ModelStream, NewRecord } from "../stream-model/stream.ts";
import { type OperationContext, type Payload, payloadLength, ServiceError } from "./operation.ts";

export interface PutEntry {
  readonly Data: Payload;
  readonly PartitionKey?: string | undefined;
  readonly ExplicitHashKey?: string | undefined;
}

export interface Placed extends NewRecord {
  readonly shard: ModelShard;
}

/** @throws ServiceError InvalidArgumentException; nothing is stored then */
export function place(stream: ModelStream, entry: PutEntry, context: OperationContext): Placed {
  const sizeBytes = payloadLength(entry.Data) + utf8ByteLength(entry.PartitionKey ?? "");
  if (sizeBytes > stream.settings.maxRecordKiB * 1024) {
    throw invalidArgument(
      `Record size, data and partition key together, of ${sizeBytes} bytes exceeds the maximum record size of ${stream.settings.maxRecordKiB} KiB of stream ${stream.name} under account ${stream.identity.accountId}.`,
    );
  }
  const shard = shardOf(stream, entry, context);
  return { shard, data: entry.Data, partitionKey: entry.PartitionKey, sizeBytes };
}

function shardOf(stream: ModelStream, entry: PutEntry, context: OperationContext): ModelShard {
  const { open } = stream.shards;
  if (stream.settings.strategy === "AUTO") {
    return open[Math.floor(context.model.config.random.next() * open.length)] as ModelShard;
  }
  if (entry.PartitionKey === undefined) throw missingPartitionKey();
  const explicit = explicitHashKey(entry);
  if (explicit !== undefined) return stream.shards.owner(explicit);
  return stream.shards.ownerOfPartitionKey(entry.PartitionKey);
}

function explicitHashKey(entry: PutEntry): HashKey | undefined {
  if (entry.ExplicitHashKey === undefined) return undefined;
  const hashKey = hashKeyFromDecimal(entry.ExplicitHashKey);
  if (hashKey.length <= 32) return hashKey;
  throw invalidArgument(
    `Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was ${entry.ExplicitHashKey}`,
  );
}

function missingPartitionKey(): ServiceError {
  return new ServiceError(
    "ValidationException",
    "1 validation error detected: Value null at 'partitionKey' failed to satisfy constraint: Member must not be null",
  );
}

/** Gaps between the numbers of calls: nobody may take sequence numbers for a count. */
export function firstStep(context: OperationContext): number {
  return 1 + Math.floor(context.model.config.random.next() * 4);
}

export function shardThrottled(stream: ModelStream, shard: ModelShard): string {
  return `Rate exceeded for shard ${shard.shardId} in stream ${stream.name} under account ${stream.identity.accountId}.`;
}

/** A request that asks only whether it would be allowed gets no further than this. */
export function refuseDryRun(dryRun: boolean | undefined): void {
  if (dryRun !== true) return;
  throw new ServiceError(
    "DryRunOperationException",
    "Request would have succeeded, but the DryRun parameter was specified.",
  );
}
