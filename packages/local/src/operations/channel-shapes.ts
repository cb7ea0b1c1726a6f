/**
 * Shapes of the channel operations.
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_CreateChannel.html
 */

export const channelArn = {
  type: "string",
  pattern: "arn:aws.*:kinesis:.*:\\d{12}:channel/\\S+",
  min: 1,
  max: 2048,
} as const;

export const channelName = {
  type: "string",
  pattern: "[a-zA-Z0-9_.-]+",
  min: 1,
  max: 128,
} as const;

export const recordConfiguration = {
  type: "structure",
  javaName: "RecordConfiguration",
  members: {
    RecordFormatType: {
      type: "string",
      values: ["GSR_JSON", "JSON", "STRING", "BYTE_ARRAY"],
      required: true,
    },
    GSRSchemaARN: { type: "string", min: 1, max: 2048 },
  },
} as const;

export const deadLetterQueue = {
  type: "structure",
  javaName: "DeadLetterQueueS3Configuration",
  members: {
    BucketARN: {
      type: "string",
      pattern: "arn:aws.*:s3:::\\S+",
      min: 1,
      max: 2048,
      required: true,
    },
    ExpectedBucketOwner: { type: "string", pattern: "\\d{12}", required: true },
    ErrorOutputPrefix: { type: "string", min: 0, max: 1024 },
  },
} as const;

export const s3Storage = {
  type: "structure",
  javaName: "S3StorageConfiguration",
  members: {
    BucketARN: {
      type: "string",
      pattern: "arn:aws.*:s3:::\\S+",
      min: 1,
      max: 2048,
      required: true,
    },
    ExpectedBucketOwner: { type: "string", pattern: "\\d{12}", required: true },
    OutputKeyTemplate: { type: "string", min: 1, max: 1024 },
    StorageClass: { type: "string", values: ["STANDARD", "INTELLIGENT_TIERING", "GLACIER_IR"] },
    CompressionType: { type: "string", values: ["NONE", "GZIP", "ZSTD"], required: true },
  },
} as const;

export const s3Table = {
  type: "structure",
  javaName: "S3TablesConfiguration",
  members: {
    TableBucketARN: {
      type: "string",
      pattern: "arn:aws.*:s3tables:\\S+",
      min: 1,
      max: 2048,
      required: true,
    },
    Namespace: { type: "string", min: 1, max: 255, required: true },
    TableName: { type: "string", min: 1, max: 255, required: true },
    CompressionType: { type: "string", values: ["NONE", "ZSTD", "SNAPPY"], required: true },
    PartitionSpec: {
      type: "structure",
      members: {
        PartitionFields: {
          type: "list",
          min: 1,
          max: 1,
          required: true,
          member: {
            type: "structure",
            javaName: "PartitionField",
            members: {
              Transform: { type: "string", values: ["TIME_HOUR"], required: true },
              SourceName: { type: "string", min: 1, max: 255, required: true },
            },
          },
        },
      },
    },
  },
} as const;

export const encryption = {
  type: "structure",
  members: {
    EncryptionType: { type: "string", values: ["KMS"], required: true },
    KeyId: { type: "string", min: 1, max: 2048, required: true },
  },
} as const;

export const logging = {
  type: "structure",
  members: {
    CloudWatchLogs: {
      type: "structure",
      required: true,
      members: {
        Enabled: { type: "boolean", required: true },
        LogGroupName: { type: "string", min: 1, max: 512 },
        LogStreamName: { type: "string", min: 1, max: 512 },
      },
    },
  },
} as const;

export const freshness = { type: "integer", min: 1 } as const;
