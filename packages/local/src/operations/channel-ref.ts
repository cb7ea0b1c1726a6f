/** From an ARN to the channel, and from the channel to what the service shows of it. */

import type { ModelAccount } from "../stream-model/account.ts";
import type { ChannelState, ChannelStatus } from "../stream-model/channel.ts";
import { invalidArgument, resourceInUse, resourceNotFound } from "../stream-model/errors.ts";
import type { Instant } from "../stream-model/instant.ts";
import { type OperationContext, Timestamp } from "./operation.ts";

export interface ChannelRef {
  readonly account: ModelAccount;
  readonly channel: ChannelState;
}

export function resolveChannel(arn: string, context: OperationContext): ChannelRef {
  const account = context.model.account(context.accountId, context.region);
  const channel = account.channels.get(arn);
  if (channel === undefined)
    throw resourceNotFound(`Channel ${arn} under account ${context.accountId} not found.`);
  return { account, channel };
}

export function requireActiveChannel(channel: ChannelState): void {
  if (channel.status === "ACTIVE") return;
  throw resourceInUse(`Channel ${channel.arn} is not ACTIVE, instead in state ${channel.status}`);
}

/** Puts the channel in its passing state, and `then` after the delay; undefined removes it. */
export function passThrough(
  ref: ChannelRef,
  status: ChannelStatus,
  delayMs: number,
  then: (current: ChannelState) => ChannelState | undefined,
  context: OperationContext,
): ChannelState {
  const { account } = ref;
  const { model } = context;
  const passing = { ...ref.channel, status };
  account.channels.set(passing.arn, passing);
  model.accountChanged(account);
  model.transitions.after(delayMs, context, (_instant: Instant) => {
    const current = account.channels.get(passing.arn);
    if (current?.status !== status) return;
    const next = then(current);
    if (next === undefined) account.channels.delete(passing.arn);
    else account.channels.set(passing.arn, next);
    model.accountChanged(account);
  });
  return passing;
}

export function describeChannel(channel: ChannelState): object {
  const created = new Timestamp(channel.createdAtMs);
  return {
    ChannelName: channel.name,
    ChannelARN: channel.arn,
    ChannelId: channel.channelId,
    ChannelStatus: channel.status,
    ChannelCreationTimestamp: created,
    ServiceExecutionRoleARN: channel.roleArn,
    StreamConfigurationList: [
      {
        StreamARN: channel.streamArn,
        StreamCreationTimestamp: new Timestamp(channel.streamCreatedAtMs),
        RecordConfiguration: channel.recordConfiguration,
      },
    ],
    ...(channel.s3 === undefined ? {} : { S3DestinationConfiguration: channel.s3 }),
    ...(channel.s3Tables === undefined
      ? {}
      : { S3TablesDestinationConfiguration: channel.s3Tables }),
    ...(channel.encryption === undefined ? {} : { EncryptionConfiguration: channel.encryption }),
    LoggingConfiguration: channel.logging,
  };
}

/** Exactly one destination. @throws ServiceError InvalidArgumentException */
export function checkOneDestination(s3: unknown, s3Tables: unknown): void {
  if ((s3 === undefined) !== (s3Tables === undefined)) return;
  throw invalidArgument(
    "Either S3DestinationConfiguration or S3TablesDestinationConfiguration must be specified, but not both.",
  );
}
