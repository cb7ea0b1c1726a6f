/** From what a request says to the stream it means. */

import {
  accessDenied,
  invalidArgument,
  resourceInUse,
  resourceNotFound,
} from "../stream-model/errors.ts";
import type { ModelShard } from "../stream-model/shard.ts";
import type { ModelStream } from "../stream-model/stream.ts";
import { permits } from "../stream-model/resource-policy.ts";
import type { OperationContext, ServiceError } from "./operation.ts";

export interface StreamInput {
  readonly StreamName?: string | undefined;
  readonly StreamARN?: string | undefined;
}

const STREAM_ARN = /^arn:aws[^:]*:kinesis:([^:]*):(\d{12}):stream\/([^/]+)$/;

/**
 * The stream by name in the caller's account, or by ARN in any account whose policy allows it.
 * @param action the operation, for the policy of another account's stream
 */
export function resolveStream(
  input: StreamInput,
  action: string,
  context: OperationContext,
): ModelStream {
  if (input.StreamARN !== undefined)
    return resolveArn(input.StreamARN, input.StreamName, action, context);
  if (input.StreamName === undefined) {
    throw invalidArgument("Either StreamName or StreamARN should be provided.");
  }
  return context.model.stream(context.accountId, context.region, input.StreamName);
}

function resolveArn(
  arn: string,
  name: string | undefined,
  action: string,
  context: OperationContext,
): ModelStream {
  const [, region, accountId, streamName] = STREAM_ARN.exec(arn) ?? [];
  if (region === undefined || accountId === undefined || streamName === undefined) {
    throw invalidArgument(`Invalid StreamARN: ${arn}.`);
  }
  if (name !== undefined && name !== streamName) {
    throw invalidArgument(`StreamName ${name} and StreamARN ${arn} name different streams.`);
  }
  if (region !== context.region) {
    throw resourceNotFound(`Stream ${streamName} under account ${accountId} not found.`);
  }
  const stream = context.model.stream(accountId, region, streamName);
  checkAccess(stream.settings.policy, arn, accountId, action, context);
  return stream;
}

/** The owner may do everything; others what the resource's policy allows. */
export function checkAccess(
  policy: string | undefined,
  arn: string,
  ownerId: string,
  action: string,
  context: OperationContext,
): void {
  if (ownerId === context.accountId || permits(policy, context.accountId, action)) return;
  throw accessDenied(
    `User: arn:aws:iam::${context.accountId}:root is not authorized to perform: kinesis:${action} on resource: ${arn} because no resource-based policy allows the kinesis:${action} action`,
  );
}

/** @throws ServiceError ResourceInUseException unless the stream is ACTIVE */
export function requireActive(stream: ModelStream): void {
  const { status } = stream.settings;
  if (status === "ACTIVE") return;
  throw resourceInUse(
    `Stream ${stream.name} under account ${stream.identity.accountId} not ACTIVE, instead in state ${status}`,
  );
}

/** Streams being created or deleted have no data to write or read. */
export function requireData(stream: ModelStream): void {
  const { status } = stream.settings;
  if (status === "ACTIVE" || status === "UPDATING") return;
  throw resourceNotFound(
    `Stream ${stream.name} under account ${stream.identity.accountId} not found.`,
  );
}

const SHARD_INDEX = /^(?:[a-zA-Z]+-)?(\d{1,12})$/;

/** The shard by its id; the service takes any prefix and any padding: `shardId-0` is the first shard. */
export function resolveShard(
  stream: ModelStream,
  shardId: string,
  context: OperationContext,
): ModelShard {
  const live = liveShard(stream, shardId, context);
  if (live === undefined) throw shardMissing(stream.name, stream.identity.accountId, shardId);
  return live;
}

/** The same for resharding, where the service words it otherwise. */
export function resolveShardToChange(
  stream: ModelStream,
  shardId: string,
  context: OperationContext,
): ModelShard {
  const live = liveShard(stream, shardId, context);
  if (live === undefined)
    throw shardNotFound(stream.name, stream.identity.accountId, canonicalShardId(shardId));
  return live;
}

export function shardMissing(streamName: string, accountId: string, shardId: string): ServiceError {
  return resourceNotFound(
    `Shard ${canonicalShardId(shardId)} in stream ${streamName} under account ${accountId} does not exist`,
  );
}

/** Ids that can be no shard's are refused before the stream is looked for. */
export function checkShardIds(
  input: StreamInput,
  shardIds: readonly string[],
  context: OperationContext,
): void {
  const malformed = shardIds.find((shardId) => !SHARD_INDEX.test(shardId));
  if (malformed === undefined) return;
  const streamName = input.StreamName ?? input.StreamARN?.split("/")[1] ?? "";
  throw shardNotFound(streamName, context.accountId, malformed);
}

function shardNotFound(streamName: string, accountId: string, shardId: string): ServiceError {
  return resourceNotFound(
    `Could not find shard ${shardId} in stream ${streamName} under account ${accountId}.`,
  );
}

function liveShard(
  stream: ModelStream,
  shardId: string,
  context: OperationContext,
): ModelShard | undefined {
  const found = stream.shards.get(canonicalShardId(shardId));
  if (found !== undefined) context.model.trim(stream, found, context);
  return found === undefined ? undefined : stream.shards.get(found.shardId);
}

export function canonicalShardId(shardId: string): string {
  const digits = SHARD_INDEX.exec(shardId)?.[1];
  return digits === undefined ? shardId : `shardId-${digits.padStart(12, "0")}`;
}
