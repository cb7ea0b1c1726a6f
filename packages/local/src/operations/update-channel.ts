import type { ChannelState } from "../stream-model/channel.ts";
import { invalidArgument } from "../stream-model/errors.ts";
import {
  describeChannel,
  passThrough,
  requireActiveChannel,
  resolveChannel,
} from "./channel-ref.ts";
import { channelArn, logging } from "./channel-shapes.ts";
import { define } from "./define.ts";
import type { Operation } from "./operation.ts";
import type { InputOf } from "./shape.ts";

const destination = {
  type: "structure",
  members: { DataFreshnessInSeconds: { type: "integer", min: 1, required: true } },
} as const;

const members = {
  ChannelARN: { ...channelArn, required: true },
  S3DestinationConfiguration: destination,
  S3TablesDestinationConfiguration: destination,
  LoggingConfiguration: logging,
} as const;

/** Only freshness and logging can be changed. */
export const updateChannel: Operation = define(members, (input, context) => {
  const ref = resolveChannel(input.ChannelARN, context);
  requireActiveChannel(ref.channel);
  const changed = changedBy(input, ref.channel);
  const { updatingMs } = context.model.config;
  const active = (current: ChannelState): ChannelState => ({
    ...current,
    ...changed,
    status: "ACTIVE",
  });
  const passing = passThrough(ref, "UPDATING", updatingMs, active, context);
  return { ChannelDescription: describeChannel({ ...passing, ...changed }) };
});

function changedBy(input: InputOf<typeof members>, channel: ChannelState): Partial<ChannelState> {
  const { S3DestinationConfiguration: s3, S3TablesDestinationConfiguration: s3Tables } = input;
  if (
    (s3 !== undefined && channel.s3 === undefined) ||
    (s3Tables !== undefined && channel.s3Tables === undefined)
  ) {
    throw invalidArgument(`The destination of channel ${channel.arn} cannot be changed.`);
  }
  if (s3 === undefined && s3Tables === undefined && input.LoggingConfiguration === undefined) {
    throw invalidArgument(
      "The request changes nothing: specify a destination's freshness or LoggingConfiguration.",
    );
  }
  const logs = input.LoggingConfiguration?.CloudWatchLogs;
  const present = channel.logging["CloudWatchLogs"] as object;
  return {
    ...(s3 === undefined ? {} : { s3: { ...channel.s3, ...s3 } }),
    ...(s3Tables === undefined ? {} : { s3Tables: { ...channel.s3Tables, ...s3Tables } }),
    ...(logs === undefined ? {} : { logging: { CloudWatchLogs: { ...present, ...logs } } }),
  };
}
