/** The SDK, as its users have it, calls every operation of the local service: over HTTP/2, its default, and HTTP/1.1. */

import * as sdk from "@aws-sdk/client-kinesis";
import { startLocal } from "@shardline/local";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { describe, expect, it } from "vitest";

type Fields = Record<string, unknown>;
type Step = readonly [operation: string, input: Fields, answer?: object];

const ACCOUNT = "123456789012";
const arn = (name: string): string => `arn:aws:kinesis:us-east-1:${ACCOUNT}:stream/${name}`;
const StreamARN = arn("p");
const onDemand = { StreamMode: "ON_DEMAND" } as const;
const Policy = JSON.stringify({
  Statement: { Effect: "Allow", Principal: "*", Action: "kinesis:*" },
});
const Data = new TextEncoder().encode("data");
const key = { StreamName: "p", EncryptionType: "KMS", KeyId: "alias/aws/kinesis" };
const bucket = { BucketARN: "arn:aws:s3:::b", ExpectedBucketOwner: ACCOUNT };

/** What an earlier answer gave, by the name of its member. */
const given = (name: string): { readonly given: string } => ({ given: name });

const steps: readonly Step[] = [
  ["CreateStream", { StreamName: "p", ShardCount: 2 }],
  ["CreateStream", { StreamName: "o", StreamModeDetails: onDemand }],
  ["ListStreams", {}, { StreamNames: ["o", "p"], HasMoreStreams: false }],
  ["DescribeLimits", {}, { OpenShardCount: 2, OnDemandStreamCount: 1 }],
  [
    "DescribeStream",
    { StreamName: "p" },
    { StreamDescription: { StreamARN, StreamStatus: "ACTIVE" } },
  ],
  ["DescribeStreamSummary", { StreamARN }, { StreamDescriptionSummary: { OpenShardCount: 2 } }],
  [
    "PutRecord",
    { StreamName: "p", PartitionKey: "k", ExplicitHashKey: "0", Data },
    { ShardId: "shardId-000000000000" },
  ],
  [
    "PutRecords",
    { StreamName: "p", Records: [{ PartitionKey: "k", ExplicitHashKey: "1", Data }] },
    { FailedRecordCount: 0 },
  ],
  [
    "GetShardIterator",
    { StreamName: "p", ShardId: "shardId-000000000000", ShardIteratorType: "TRIM_HORIZON" },
  ],
  [
    "GetRecords",
    { ShardIterator: given("ShardIterator") },
    { Records: [{ Data, PartitionKey: "k" }, { Data }] },
  ],
  ["RegisterStreamConsumer", { StreamARN, ConsumerName: "c" }],
  [
    "DescribeStreamConsumer",
    { StreamARN, ConsumerName: "c" },
    { ConsumerDescription: { ConsumerStatus: "ACTIVE" } },
  ],
  ["ListStreamConsumers", { StreamARN }, { Consumers: [{ ConsumerName: "c" }] }],
  [
    "SubscribeToShard",
    {
      ConsumerARN: given("ConsumerARN"),
      ShardId: "shardId-000000000000",
      StartingPosition: { Type: "TRIM_HORIZON" },
    },
    {
      Records: [{ Data, PartitionKey: "k", ApproximateArrivalTimestamp: expect.any(Date) }, {}],
      ContinuationSequenceNumber: expect.stringMatching(/^\d{56}$/),
      MillisBehindLatest: 0,
    },
  ],
  ["DeregisterStreamConsumer", { ConsumerARN: given("ConsumerARN") }],
  [
    "SplitShard",
    { StreamName: "p", ShardToSplit: "shardId-000000000000", NewStartingHashKey: "100" },
  ],
  [
    "MergeShards",
    {
      StreamName: "p",
      ShardToMerge: "shardId-000000000002",
      AdjacentShardToMerge: "shardId-000000000003",
    },
  ],
  [
    "UpdateShardCount",
    { StreamName: "p", TargetShardCount: 3, ScalingType: "UNIFORM_SCALING" },
    { CurrentShardCount: 2 },
  ],
  ["ListShards", { StreamName: "p", ShardFilter: { Type: "AT_LATEST" } }, { Shards: [{}, {}, {}] }],
  ["AddTagsToStream", { StreamName: "p", Tags: { a: "b" } }],
  [
    "ListTagsForStream",
    { StreamName: "p" },
    { Tags: [{ Key: "a", Value: "b" }], HasMoreTags: false },
  ],
  ["RemoveTagsFromStream", { StreamName: "p", TagKeys: ["a"] }],
  ["TagResource", { ResourceARN: StreamARN, Tags: { c: "d" } }],
  ["ListTagsForResource", { ResourceARN: StreamARN }, { Tags: [{ Key: "c", Value: "d" }] }],
  ["UntagResource", { ResourceARN: StreamARN, TagKeys: ["c"] }],
  ["IncreaseStreamRetentionPeriod", { StreamName: "p", RetentionPeriodHours: 48 }],
  ["DecreaseStreamRetentionPeriod", { StreamName: "p", RetentionPeriodHours: 24 }],
  [
    "EnableEnhancedMonitoring",
    { StreamName: "p", ShardLevelMetrics: ["ALL"] },
    { CurrentShardLevelMetrics: [] },
  ],
  [
    "DisableEnhancedMonitoring",
    { StreamName: "p", ShardLevelMetrics: ["ALL"] },
    { DesiredShardLevelMetrics: [] },
  ],
  ["StartStreamEncryption", key],
  ["StopStreamEncryption", key],
  ["PutResourcePolicy", { ResourceARN: StreamARN, Policy }],
  ["GetResourcePolicy", { ResourceARN: StreamARN }, { Policy }],
  ["DeleteResourcePolicy", { ResourceARN: StreamARN }],
  ["UpdateMaxRecordSize", { StreamARN, MaxRecordSizeInKiB: 2048 }],
  ["UpdateStreamMode", { StreamARN, StreamModeDetails: onDemand }],
  ["UpdateStreamRecordDistributionStrategy", { StreamARN, RecordDistributionStrategy: "AUTO" }],
  [
    "UpdateAccountSettings",
    { MinimumThroughputBillingCommitment: { Status: "ENABLED" } },
    { MinimumThroughputBillingCommitment: { Status: "ENABLED", StartedAt: expect.any(Date) } },
  ],
  ["DescribeAccountSettings", {}, { MinimumThroughputBillingCommitment: { Status: "ENABLED" } }],
  [
    "UpdateStreamWarmThroughput",
    { StreamARN, WarmThroughputMiBps: 5 },
    { WarmThroughput: { TargetMiBps: 5 } },
  ],
  [
    "CreateChannel",
    {
      ChannelName: "ch",
      ServiceExecutionRoleARN: `arn:aws:iam::${ACCOUNT}:role/r`,
      StreamConfigurationList: [
        { StreamARN: arn("o"), RecordConfiguration: { RecordFormatType: "JSON" } },
      ],
      S3DestinationConfiguration: { StorageConfiguration: { ...bucket, CompressionType: "ZSTD" } },
    },
    { ChannelDescription: { ChannelName: "ch", ChannelCreationTimestamp: expect.any(Date) } },
  ],
  [
    "ListChannels",
    { StreamFilter: [{ StreamARN: arn("o") }] },
    { ChannelSummaries: [{ ChannelDestinationType: "S3" }] },
  ],
  [
    "DescribeChannel",
    { ChannelARN: given("ChannelARN") },
    { ChannelDescription: { ChannelStatus: "ACTIVE" } },
  ],
  [
    "UpdateChannel",
    { ChannelARN: given("ChannelARN"), S3DestinationConfiguration: { DataFreshnessInSeconds: 60 } },
  ],
  ["DeleteChannel", { ChannelARN: given("ChannelARN") }],
  ["DeleteStream", { StreamName: "p" }],
];

const commands = new Map(
  Object.entries(sdk)
    .filter(
      ([name, value]) =>
        name.endsWith("Command") && !name.startsWith("$") && typeof value === "function",
    )
    .map(([name, value]) => [
      name.slice(0, -"Command".length),
      value as unknown as new (input: Fields) => never,
    ]),
);

describe("the SDK", () => {
  it("has no operation that these tests leave out", () => {
    const called = new Set(steps.map(([operation]) => operation));
    expect([...commands.keys()].filter((operation) => !called.has(operation))).toEqual([]);
  });

  it.each([
    ["HTTP/2", {}],
    ["HTTP/1.1", { requestHandler: new NodeHttpHandler() }],
  ])("calls every operation over %s", async (_name, handler) => {
    await using server = await startLocal({ kinesisPort: 0, dynamodbPort: 0 });
    const credentials = { accessKeyId: ACCOUNT, secretAccessKey: "x" };
    const client = new sdk.KinesisClient({
      ...{ endpoint: server.kinesisUrl, region: "us-east-1", credentials },
      ...{ maxAttempts: 1, ...handler },
    });
    const members = new Map<string, string>();
    for (const [operation, input, expected] of steps) {
      const Command = commands.get(operation) as new (input: Fields) => never;
      const answer = (await client.send(new Command(filled(input, members)))) as unknown as Fields;
      const told = operation === "SubscribeToShard" ? await firstEvent(answer) : answer;
      expect({ operation, answer: told }).toMatchObject({ operation, answer: expected ?? {} });
      remember(answer, members);
    }
    client.destroy();
  });
});

/** Leaving the loop closes the stream. */
async function firstEvent(answer: Fields): Promise<unknown> {
  const events = answer["EventStream"] as AsyncIterable<Fields>;
  for await (const event of events) return event["SubscribeToShardEvent"];
  return undefined;
}

function filled(input: Fields, members: ReadonlyMap<string, string>): Fields {
  const entries = Object.entries(input).map(([name, value]) => {
    const wanted =
      typeof value === "object" && value !== null && "given" in value ? value.given : undefined;
    return [name, typeof wanted === "string" ? members.get(wanted) : value];
  });
  return Object.fromEntries(entries) as Fields;
}

function remember(value: unknown, members: Map<string, string>): void {
  if (typeof value !== "object" || value === null) return;
  for (const [name, item] of Object.entries(value)) {
    if (typeof item === "string") members.set(name, item);
    else if (name !== "EventStream") remember(item, members);
  }
}
