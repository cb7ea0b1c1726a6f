import { limitExceeded, resourceInUse, validation } from "../stream-model/errors.ts";
import { newStreamId } from "../stream-model/ids.ts";
import { ModelStream, type StreamSettings } from "../stream-model/stream.ts";
import { uniformRanges } from "../stream-model/uniform.ts";
import { define } from "./define.ts";
import type { Operation, OperationContext } from "./operation.ts";
import { checkNewTags } from "./tags.ts";
import {
  distributionStrategy,
  maxRecordSizeInKiB,
  streamModeDetails,
  streamName,
  tagMap,
  warmThroughputMiBps,
} from "./shapes.ts";
import { checkShardLimit, checkWarmThroughput, ON_DEMAND_SHARDS } from "./capacity.ts";

/** Streams in CREATING at once.
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_CreateStream.html */
const MAX_CREATING = 5;

export const createStream: Operation = define(
  {
    ShardCount: { type: "integer", min: 1, max: 100_000 },
    StreamName: { ...streamName, required: true },
    StreamModeDetails: streamModeDetails,
    Tags: tagMap,
    WarmThroughputMiBps: warmThroughputMiBps,
    MaxRecordSizeInKiB: maxRecordSizeInKiB,
    RecordDistributionStrategy: distributionStrategy,
  },
  (input, context) => {
    const { model, accountId, region } = context;
    const account = model.account(accountId, region);
    const onDemand = input.StreamModeDetails?.StreamMode === "ON_DEMAND";
    const shardCount = shardCountOf(onDemand, input.ShardCount);
    if (account.streams.has(input.StreamName)) {
      throw resourceInUse(`Stream ${input.StreamName} under account ${accountId} already exists.`);
    }
    checkCreating(context);
    if (input.Tags !== undefined) checkNewTags({}, input.Tags);
    if (!onDemand && (input.RecordDistributionStrategy ?? "USER_PARTITION_KEY") === "AUTO") {
      throw validation(
        "RecordDistributionStrategy AUTO is only supported for streams in ON_DEMAND mode.",
      );
    }
    checkWarmThroughput(input.WarmThroughputMiBps, onDemand, account, context.wallMs);
    if (!onDemand) checkShardLimit(account, shardCount);
    const settings: StreamSettings = {
      status: "CREATING",
      createdAtMs: Math.floor(context.wallMs),
      mode: onDemand ? "ON_DEMAND" : "PROVISIONED",
      retentionHours: 24,
      metrics: [],
      tags: { ...input.Tags },
      maxRecordKiB: input.MaxRecordSizeInKiB ?? 1024,
      strategy: input.RecordDistributionStrategy ?? "USER_PARTITION_KEY",
      warmMiBps: input.WarmThroughputMiBps,
    };
    create(context, input.StreamName, settings, shardCount);
    return {};
  },
);

function create(
  context: OperationContext,
  name: string,
  settings: StreamSettings,
  shardCount: number,
): void {
  const { model, accountId, region } = context;
  const streamId = newStreamId(model.config.random);
  const stream = new ModelStream({ accountId, region, streamName: name, streamId }, settings);
  stream.open(uniformRanges(shardCount), settings.createdAtMs);
  model.addStream(stream);
  model.transitions.after(model.config.creatingMs, context, () => {
    stream.settings.status = "ACTIVE";
    model.streamChanged(stream);
  });
}

function shardCountOf(onDemand: boolean, asked: number | undefined): number {
  if (onDemand) {
    if (asked === undefined) return ON_DEMAND_SHARDS;
    throw validation("ShardCount must not be specified for a stream in ON_DEMAND mode.");
  }
  if (asked !== undefined) return asked;
  throw validation("ShardCount must be specified for a stream in PROVISIONED mode.");
}

function checkCreating(context: OperationContext): void {
  const { streams } = context.model.account(context.accountId, context.region);
  const creating = [...streams.values()].filter((stream) => stream.settings.status === "CREATING");
  if (creating.length < MAX_CREATING) return;
  throw limitExceeded(
    `Only ${MAX_CREATING} streams may be in the CREATING state at a time; account ${context.accountId} has ${creating.length}.`,
  );
}
