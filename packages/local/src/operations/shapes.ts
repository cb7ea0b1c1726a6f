/**
 * Shapes that several operations share, with the bounds of the API reference:
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_Operations.html
 */

import type { MapShape } from "./shape.ts";

interface ListOf<Member> {
  readonly type: "list";
  readonly member: Member;
  readonly min: number;
  readonly max: number;
}

export const streamName = { type: "string", pattern: "[a-zA-Z0-9_.-]+", min: 1, max: 128 } as const;
export const streamArn = {
  type: "string",
  pattern: "arn:aws.*:kinesis:.*:\\d{12}:stream/\\S+",
  min: 1,
  max: 2048,
} as const;
export const streamId = {
  type: "string",
  pattern: "[a-z0-9]{20}-[a-z0-9]{3}",
  min: 1,
  max: 24,
} as const;
export const resourceArn = {
  type: "string",
  pattern: "arn:aws.*:kinesis:.*:\\d{12}:.*(?:stream|channel)/\\S+",
  min: 1,
  max: 2048,
} as const;
export const consumerArn = {
  type: "string",
  pattern:
    "^(arn):aws.*:kinesis:.*:\\d{12}:.*stream\\/[a-zA-Z0-9_.-]+\\/consumer\\/[a-zA-Z0-9_.-]+:[0-9]+",
  min: 1,
  max: 2048,
} as const;
export const consumerName = {
  type: "string",
  pattern: "[a-zA-Z0-9_.-]+",
  min: 1,
  max: 128,
} as const;
export const shardId = { type: "string", pattern: "[a-zA-Z0-9_.-]+", min: 1, max: 128 } as const;
export const sequenceNumber = { type: "string", pattern: "0|([1-9]\\d{0,128})" } as const;
export const hashKey = { type: "string", pattern: "0|([1-9]\\d{0,38})" } as const;
export const partitionKey = { type: "string", min: 1, max: 256 } as const;
export const data = { type: "blob", max: 10_485_760 } as const;
export const nextToken = { type: "string", min: 1, max: 1_048_576 } as const;
export const pageLimit = { type: "integer", min: 1, max: 10_000 } as const;
export const boolean = { type: "boolean" } as const;
export const timestamp = { type: "timestamp" } as const;
export const integer = { type: "integer" } as const;
export const keyId = { type: "string", min: 1, max: 2048 } as const;

export const tagKey = { type: "string", min: 1, max: 128 } as const;
const tagValue = { type: "string", min: 0, max: 256 } as const;
export const tagMap: MapShape = { type: "map", key: tagKey, value: tagValue, min: 1, max: 200 };
export const tagKeys: ListOf<typeof tagKey> = { type: "list", member: tagKey, min: 1, max: 50 };

export const encryptionType = { type: "string", values: ["NONE", "KMS"] } as const;
export const iteratorType = {
  type: "string",
  values: ["AFTER_SEQUENCE_NUMBER", "LATEST", "AT_TIMESTAMP", "AT_SEQUENCE_NUMBER", "TRIM_HORIZON"],
} as const;
export const metricsName = {
  type: "string",
  values: [
    "IncomingBytes",
    "IncomingRecords",
    "OutgoingBytes",
    "OutgoingRecords",
    "WriteProvisionedThroughputExceeded",
    "ReadProvisionedThroughputExceeded",
    "IteratorAgeMilliseconds",
    "ALL",
  ],
} as const;
export const metricsNames: ListOf<typeof metricsName> = {
  type: "list",
  member: metricsName,
  min: 1,
  max: 7,
};
export const streamModeDetails = {
  type: "structure",
  javaName: "StreamModeDetails",
  members: {
    StreamMode: { type: "string", values: ["PROVISIONED", "ON_DEMAND"], required: true },
  },
} as const;
export const distributionStrategy = {
  type: "string",
  values: ["AUTO", "USER_PARTITION_KEY"],
} as const;
export const maxRecordSizeInKiB = { type: "integer", min: 1024, max: 10_240 } as const;
export const warmThroughputMiBps = { type: "integer", min: 0 } as const;

/** How almost every operation names its stream. `StreamId` is reserved by the service and ignored. */
export const streamRef: {
  readonly StreamName: typeof streamName;
  readonly StreamARN: typeof streamArn;
  readonly StreamId: typeof streamId;
} = { StreamName: streamName, StreamARN: streamArn, StreamId: streamId };
