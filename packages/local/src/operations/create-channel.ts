import type { ChannelState } from "../stream-model/channel.ts";
import {
  invalidArgument,
  limitExceeded,
  resourceInUse,
  validation,
} from "../stream-model/errors.ts";
import { word } from "../stream-model/ids.ts";
import type { ModelStream } from "../stream-model/stream.ts";
import { CHANNEL_LIMIT } from "./capacity.ts";
import { checkOneDestination, describeChannel, passThrough } from "./channel-ref.ts";
import {
  channelName,
  deadLetterQueue,
  encryption,
  freshness,
  logging,
  recordConfiguration,
  s3Storage,
  s3Table,
} from "./channel-shapes.ts";
import { define } from "./define.ts";
import type { Operation, OperationContext } from "./operation.ts";
import { requireActive, resolveStream } from "./resolve.ts";
import type { InputOf } from "./shape.ts";
import { streamArn, tagMap } from "./shapes.ts";
import { checkNewTags } from "./tags.ts";

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_S3DestinationConfiguration.html */
const DEFAULT_FRESHNESS_SECONDS = 300;

const members = {
  ChannelName: { ...channelName, required: true },
  ServiceExecutionRoleARN: {
    type: "string",
    pattern: "arn:aws.*:iam::\\d{12}:role/\\S+",
    min: 1,
    max: 2048,
    required: true,
  },
  StreamConfigurationList: {
    type: "list",
    min: 1,
    max: 1,
    required: true,
    member: {
      type: "structure",
      javaName: "ChannelStreamConfiguration",
      members: {
        StreamARN: { ...streamArn, required: true },
        RecordConfiguration: { ...recordConfiguration, required: true },
      },
    },
  },
  S3DestinationConfiguration: {
    type: "structure",
    members: {
      DataFreshnessInSeconds: freshness,
      DeadLetterQueueS3Configuration: deadLetterQueue,
      StorageConfiguration: { ...s3Storage, required: true },
    },
  },
  S3TablesDestinationConfiguration: {
    type: "structure",
    members: {
      DataFreshnessInSeconds: freshness,
      DeadLetterQueueS3Configuration: { ...deadLetterQueue, required: true },
      S3TablesConfigurationList: { type: "list", min: 1, max: 1, member: s3Table, required: true },
    },
  },
  EncryptionConfiguration: encryption,
  Tags: tagMap,
  LoggingConfiguration: logging,
} as const;

type Input = InputOf<typeof members>;

export const createChannel: Operation = define(members, (input, context) => {
  const account = context.model.account(context.accountId, context.region);
  checkOneDestination(input.S3DestinationConfiguration, input.S3TablesDestinationConfiguration);
  const [source] = input.StreamConfigurationList;
  if (source === undefined) throw invalidArgument("StreamConfigurationList must name a stream.");
  checkFormat(input, source.RecordConfiguration);
  const stream = resolveStream(source, "CreateChannel", context);
  requireActive(stream);
  if (stream.settings.mode !== "ON_DEMAND") {
    throw validation(
      `Stream ${stream.name} under account ${context.accountId} is in PROVISIONED mode. Channels are only supported for streams in ON_DEMAND mode.`,
    );
  }
  const channels = [...account.channels.values()];
  if (channels.some((channel) => channel.name === input.ChannelName)) {
    throw resourceInUse(
      `Channel ${input.ChannelName} under account ${context.accountId} already exists.`,
    );
  }
  if (channels.length >= CHANNEL_LIMIT) {
    throw limitExceeded(`Account ${context.accountId} may have at most ${CHANNEL_LIMIT} channels.`);
  }
  const channel = newChannel(input, source.RecordConfiguration, stream, context);
  const active = (current: ChannelState): ChannelState => ({ ...current, status: "ACTIVE" });
  const { creatingMs } = context.model.config;
  const created = passThrough({ account, channel }, "CREATING", creatingMs, active, context);
  return { ChannelDescription: describeChannel(created) };
});

/** Each destination takes only some formats; tables need a schema. */
function checkFormat(input: Input, record: InputOf<typeof recordConfiguration.members>): void {
  const tables = input.S3TablesDestinationConfiguration !== undefined;
  const format = record.RecordFormatType;
  if (format !== "JSON" && (format === "GSR_JSON") !== tables) {
    throw invalidArgument(`RecordFormatType ${format} is not supported for this destination.`);
  }
  if (tables && record.GSRSchemaARN === undefined) {
    throw invalidArgument(
      "GSRSchemaARN is required when the channel's destination is a streaming table.",
    );
  }
}

function newChannel(
  input: Input,
  record: Readonly<Record<string, unknown>>,
  stream: ModelStream,
  context: OperationContext,
): ChannelState {
  const channelId = word(context.model.config.random, 20);
  const errorPrefix = `kinesis-channel/errors/${input.ChannelName}/${channelId}/`;
  return {
    name: input.ChannelName,
    arn: `arn:aws:kinesis:${context.region}:${context.accountId}:channel/${channelId}`,
    channelId,
    status: "CREATING",
    createdAtMs: Math.floor(context.wallMs),
    roleArn: input.ServiceExecutionRoleARN,
    streamArn: stream.arn,
    streamCreatedAtMs: stream.settings.createdAtMs,
    recordConfiguration: { ...record },
    s3: s3Of(input, errorPrefix),
    s3Tables: s3TablesOf(input, errorPrefix),
    encryption: input.EncryptionConfiguration,
    logging: loggingOf(input, channelId),
    tags: checkNewTags({}, input.Tags ?? {}),
  };
}

const OUTPUT_KEY_TEMPLATE =
  "kinesis-channel/!{channel-name}/!{channel-id}/!{yyyy}/!{MM}/!{dd}/!{HH}/!{channel-name}-!{channel-id}-!{yyyy}-!{MM}-!{dd}-!{HH}-!{mm}!{extension}";

/** With the defaults that the service fills in and shows. */
function s3Of(input: Input, errorPrefix: string): ChannelState["s3"] {
  const given = input.S3DestinationConfiguration;
  if (given === undefined) return undefined;
  const storage = given.StorageConfiguration;
  const { BucketARN, ExpectedBucketOwner } = storage;
  return {
    DataFreshnessInSeconds: given.DataFreshnessInSeconds ?? DEFAULT_FRESHNESS_SECONDS,
    DeadLetterQueueS3Configuration: {
      ErrorOutputPrefix: errorPrefix,
      ...(given.DeadLetterQueueS3Configuration ?? { BucketARN, ExpectedBucketOwner }),
    },
    StorageConfiguration: {
      OutputKeyTemplate: OUTPUT_KEY_TEMPLATE,
      StorageClass: "STANDARD",
      ...storage,
    },
  };
}

function s3TablesOf(input: Input, errorPrefix: string): ChannelState["s3Tables"] {
  const given = input.S3TablesDestinationConfiguration;
  if (given === undefined) return undefined;
  return {
    DataFreshnessInSeconds: given.DataFreshnessInSeconds ?? DEFAULT_FRESHNESS_SECONDS,
    DeadLetterQueueS3Configuration: {
      ErrorOutputPrefix: errorPrefix,
      ...given.DeadLetterQueueS3Configuration,
    },
    S3TablesConfigurationList: given.S3TablesConfigurationList,
  };
}

function loggingOf(input: Input, channelId: string): ChannelState["logging"] {
  const given = input.LoggingConfiguration?.CloudWatchLogs ?? { Enabled: false };
  const LogGroupName = `/aws/kinesis/${input.ChannelName}/${channelId}`;
  return { CloudWatchLogs: { LogGroupName, LogStreamName: "DestinationDelivery", ...given } };
}
