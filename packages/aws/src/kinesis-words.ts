/** The service's words → ours, without trust: what is missing makes the answer malformed, never a crash. */

import type {
  Shard as SdkShard,
  ChildShard as SdkChildShard,
  StreamDescriptionSummary,
} from "@aws-sdk/client-kinesis";
import {
  type ChildShard,
  hashKeyFromDecimal,
  type HashKeyRange,
  limits,
  type Shard,
  type StreamDescription,
} from "@shardline/model";

/** Thrown by these readers and turned into a `malformed` failure by the caller. */
export class MalformedAnswer extends Error {}

/** Foreign bytes may also trip a reader where it trusted the SDK's types. */
export function problemOf(error: unknown): string {
  return error instanceof MalformedAnswer ? error.message : "its fields have unexpected types";
}

export function toShard(shard: SdkShard): Shard {
  const range = shard.SequenceNumberRange;
  return {
    shardId: needText(shard.ShardId, "ShardId"),
    hashKeyRange: toHashKeyRange(shard.HashKeyRange),
    parentShardIds: [shard.ParentShardId, shard.AdjacentParentShardId]
      .map((id) => optionalText(id, "ParentShardId"))
      .filter((id) => id !== undefined),
    startingSequenceNumber: needText(range?.StartingSequenceNumber, "StartingSequenceNumber"),
    endingSequenceNumber: optionalText(range?.EndingSequenceNumber, "EndingSequenceNumber"),
  };
}

export function toChildShard(shard: SdkChildShard): ChildShard {
  return {
    shardId: needText(shard.ShardId, "ShardId"),
    parentShardIds: need(shard.ParentShards, "ParentShards").map((id) =>
      needText(id, "ParentShards"),
    ),
    hashKeyRange: toHashKeyRange(shard.HashKeyRange),
  };
}

export function toDescription(summary: StreamDescriptionSummary | undefined): StreamDescription {
  const given = need(summary, "StreamDescriptionSummary");
  const maxRecordKiB = given.MaxRecordSizeInKiB;
  return {
    streamName: needText(given.StreamName, "StreamName"),
    streamArn: needText(given.StreamARN, "StreamARN"),
    status: need(given.StreamStatus, "StreamStatus"),
    creationTimestampMs: need(given.StreamCreationTimestamp, "StreamCreationTimestamp").getTime(),
    retentionPeriodHours: given.RetentionPeriodHours ?? 24,
    openShardCount: given.OpenShardCount ?? 0,
    maxRecordBytes:
      maxRecordKiB === undefined ? limits.DEFAULT_MAX_RECORD_BYTES : maxRecordKiB * 1024,
    recordDistributionStrategy: given.RecordDistributionStrategy ?? "USER_PARTITION_KEY",
  };
}

function toHashKeyRange(
  range: { StartingHashKey?: string | undefined; EndingHashKey?: string | undefined } | undefined,
): HashKeyRange {
  return { start: toHashKey(range?.StartingHashKey), end: toHashKey(range?.EndingHashKey) };
}

function toHashKey(decimal: string | undefined): string {
  if (typeof decimal !== "string" || !/^[0-9]{1,39}$/.test(decimal)) {
    throw new MalformedAnswer("a hash key is no decimal number");
  }
  return hashKeyFromDecimal(decimal);
}

/** Exported for single fields; the SDK hands on whatever type the JSON has. */
export function needText(value: unknown, name: string): string {
  if (typeof value !== "string") throw new MalformedAnswer(`${name} is missing or no text`);
  return value;
}

/** The wire's null, with which the service says that there is no more, is absent here. */
export function optionalText(value: unknown, name: string): string | undefined {
  return value === undefined || value === null ? undefined : needText(value, name);
}

function need<T>(value: T | undefined | null, name: string): T {
  if (value === undefined || value === null) throw new MalformedAnswer(`${name} is missing`);
  return value;
}
