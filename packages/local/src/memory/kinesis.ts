/** The Kinesis port in memory: the operations of the local server without the wire. */

import {
  type CallOptions,
  type Clock,
  failure,
  type Failure,
  type FailureReason,
  filterParameters,
  type GetRecordsAnswer,
  hashKeyFromDecimal,
  type IteratorPosition,
  type KinesisApi,
  type Outcome,
  positionParameters,
  type PutRecordRequest,
  type PutRecordsAnswer,
  type PutRecordsRequest,
  type Shard,
  type ShardFilter,
  type StreamDescription,
  streamParameters,
  type StreamRef,
} from "@shardline/model";
import { operations } from "../operations/index.ts";
import { payloadBytes, ServiceError, Timestamp } from "../operations/operation.ts";
import { DEFAULT_ACCOUNT_ID } from "../stream-model/account-id.ts";
import type { KinesisModel } from "../stream-model/kinesis-model.ts";
import type { WireShard } from "../stream-model/shard.ts";
import type { WireChildShard, WireHashKeyRange, WireRecord } from "../stream-model/wire-record.ts";

export interface MemoryKinesisOptions {
  readonly model: KinesisModel;
  readonly clock: Clock;
  /** Default: the account of callers that name none. */
  readonly accountId?: string | undefined;
  /** Default: us-east-1. */
  readonly region?: string | undefined;
}

/** Answers at once and never fails by itself: the simulation wraps it to make calls slow and lossy. */
export class MemoryKinesis implements KinesisApi {
  readonly #model: KinesisModel;
  readonly #clock: Clock;
  readonly #accountId: string;
  readonly #region: string;

  constructor(options: MemoryKinesisOptions) {
    this.#model = options.model;
    this.#clock = options.clock;
    this.#accountId = options.accountId ?? DEFAULT_ACCOUNT_ID;
    this.#region = options.region ?? "us-east-1";
  }

  /**
   * Any operation of the service in its own shapes; the way to create, split and delete streams.
   * @throws ServiceError
   */
  call(operation: string, input: Record<string, unknown>): Record<string, unknown> {
    const run = operations.get(operation);
    if (run === undefined) throw new ServiceError("UnknownOperationException", operation);
    const instant = { nowMs: this.#clock.nowMs(), wallMs: this.#clock.wallMs() };
    const place = { model: this.#model, accountId: this.#accountId, region: this.#region };
    return run(input, { ...place, ...instant }) as Record<string, unknown>;
  }

  async putRecords(
    request: PutRecordsRequest,
    options: CallOptions,
  ): Promise<Outcome<PutRecordsAnswer>> {
    const Records = request.entries.map(wireEntry);
    return this.#outcome(
      "PutRecords",
      { ...streamParameters(request.stream), Records },
      options,
      (answer) => ({
        entries: (answer["Records"] as WireResult[]).map((result) =>
          result.ErrorCode === undefined
            ? {
                kind: "ok",
                shardId: result.ShardId as string,
                sequenceNumber: result.SequenceNumber as string,
              }
            : { kind: "failed", code: result.ErrorCode, message: result.ErrorMessage ?? "" },
        ),
      }),
    );
  }

  async putRecord(
    request: PutRecordRequest,
    options: CallOptions,
  ): Promise<Outcome<{ readonly shardId: string; readonly sequenceNumber: string }>> {
    const ordering = request.sequenceNumberForOrdering;
    const input = {
      ...streamParameters(request.stream),
      ...wireEntry(request),
      ...(ordering === undefined ? {} : { SequenceNumberForOrdering: ordering }),
    };
    return this.#outcome("PutRecord", input, options, (answer) => ({
      shardId: answer["ShardId"] as string,
      sequenceNumber: answer["SequenceNumber"] as string,
    }));
  }

  async describeStream(
    stream: StreamRef,
    options: CallOptions,
  ): Promise<Outcome<{ readonly description: StreamDescription }>> {
    return this.#outcome("DescribeStreamSummary", streamParameters(stream), options, (answer) => ({
      description: toDescription(answer["StreamDescriptionSummary"] as Record<string, unknown>),
    }));
  }

  async listShards(
    request: { readonly stream: StreamRef; readonly filter: ShardFilter },
    options: CallOptions,
  ): Promise<Outcome<{ readonly shards: readonly Shard[] }>> {
    const shards: Shard[] = [];
    let input: Record<string, unknown> = {
      ...streamParameters(request.stream),
      ...filterParameters(request.filter, toTimestamp),
    };
    for (;;) {
      const page = this.#outcome("ListShards", input, options, (answer) => ({
        shards: (answer["Shards"] as WireShard[]).map(toShard),
        token: answer["NextToken"] as string | undefined,
      }));
      if (page.kind === "failed") return page;
      shards.push(...page.shards);
      if (page.token === undefined) return { kind: "ok", shards };
      input = { NextToken: page.token };
    }
  }

  async getShardIterator(
    request: {
      readonly stream: StreamRef;
      readonly shardId: string;
      readonly position: IteratorPosition;
    },
    options: CallOptions,
  ): Promise<Outcome<{ readonly shardIterator: string }>> {
    const input = {
      ...streamParameters(request.stream),
      ShardId: request.shardId,
      ...positionParameters(request.position, toTimestamp),
    };
    return this.#outcome("GetShardIterator", input, options, (answer) => ({
      shardIterator: answer["ShardIterator"] as string,
    }));
  }

  async getRecords(
    request: {
      readonly stream: StreamRef;
      readonly shardIterator: string;
      readonly maxRecords: number;
    },
    options: CallOptions,
  ): Promise<Outcome<GetRecordsAnswer>> {
    const input = { ShardIterator: request.shardIterator, Limit: request.maxRecords };
    return this.#outcome("GetRecords", input, options, (answer) => ({
      records: (answer["Records"] as WireRecord[]).map(toRecord),
      nextShardIterator: answer["NextShardIterator"] as string | undefined,
      millisBehindLatest: answer["MillisBehindLatest"] as number,
      childShards: ((answer["ChildShards"] ?? []) as WireChildShard[]).map(toChild),
    }));
  }

  async close(): Promise<void> {}

  #outcome<T extends object>(
    operation: string,
    input: Record<string, unknown>,
    options: CallOptions,
    read: (answer: Record<string, unknown>) => T,
  ): Outcome<T> {
    if (options.signal?.aborted === true)
      return failure("aborted", "Aborted", "aborted before it was sent");
    try {
      return { kind: "ok", ...read(this.call(operation, input)) };
    } catch (error) {
      return toFailure(error);
    }
  }
}

interface WireResult {
  readonly ShardId?: string;
  readonly SequenceNumber?: string;
  readonly ErrorCode?: string;
  readonly ErrorMessage?: string;
}

const REASONS: Readonly<Record<string, FailureReason>> = {
  ProvisionedThroughputExceededException: "throttled",
  LimitExceededException: "throttled",
  ResourceNotFoundException: "not-found",
  ResourceInUseException: "in-use",
  AccessDeniedException: "denied",
  InvalidArgumentException: "invalid",
  ValidationException: "invalid",
  SerializationException: "invalid",
  ExpiredIteratorException: "expired-iterator",
  ExpiredNextTokenException: "expired-token",
  InternalFailureException: "unavailable",
};

function toFailure(error: unknown): Failure {
  if (!(error instanceof ServiceError)) throw error;
  return failure(REASONS[error.code] ?? "unknown", error.code, error.message);
}

function wireEntry(entry: PutRecordsRequest["entries"][number]): Record<string, unknown> {
  const { partitionKey, explicitHashKey, data } = entry;
  // The wire would copy: callers may use their buffers again.
  const input = { PartitionKey: partitionKey, Data: new Uint8Array(data) };
  return explicitHashKey === undefined ? input : { ...input, ExplicitHashKey: explicitHashKey };
}

function toTimestamp(epochMs: number): Timestamp {
  return new Timestamp(epochMs);
}

function toDescription(summary: Record<string, unknown>): StreamDescription {
  return {
    streamName: summary["StreamName"] as string,
    streamArn: summary["StreamARN"] as string,
    status: summary["StreamStatus"] as StreamDescription["status"],
    creationTimestampMs: (summary["StreamCreationTimestamp"] as Timestamp).epochMs,
    retentionPeriodHours: summary["RetentionPeriodHours"] as number,
    openShardCount: summary["OpenShardCount"] as number,
    maxRecordBytes: (summary["MaxRecordSizeInKiB"] as number) * 1024,
    recordDistributionStrategy:
      summary["RecordDistributionStrategy"] === "AUTO" ? "AUTO" : "USER_PARTITION_KEY",
  };
}

function toRange(range: WireHashKeyRange): Shard["hashKeyRange"] {
  return {
    start: hashKeyFromDecimal(range.StartingHashKey),
    end: hashKeyFromDecimal(range.EndingHashKey),
  };
}

function toShard(shard: WireShard): Shard {
  const { StartingSequenceNumber, EndingSequenceNumber } = shard.SequenceNumberRange;
  const parents = [shard.ParentShardId, shard.AdjacentParentShardId];
  return {
    shardId: shard.ShardId,
    hashKeyRange: toRange(shard.HashKeyRange),
    parentShardIds: parents.filter((parent) => parent !== undefined),
    startingSequenceNumber: StartingSequenceNumber,
    endingSequenceNumber: EndingSequenceNumber,
  };
}

function toChild(child: WireChildShard): GetRecordsAnswer["childShards"][number] {
  return {
    shardId: child.ShardId,
    parentShardIds: child.ParentShards,
    hashKeyRange: toRange(child.HashKeyRange),
  };
}

function toRecord(record: WireRecord): GetRecordsAnswer["records"][number] {
  return {
    sequenceNumber: record.SequenceNumber,
    partitionKey: record.PartitionKey ?? "",
    data: payloadBytes(record.Data),
    approximateArrivalTimestampMs: record.ApproximateArrivalTimestamp.epochMs,
    encryptionType: record.EncryptionType,
  };
}
