/** Port: the Kinesis calls that the machines make. Implemented over the SDK in `aws`, in memory in `local`. */

import type { CallOptions, Outcome } from "./outcome.ts";
import type { KinesisRecord } from "./record.ts";
import type { ChildShard, Shard } from "./shard.ts";

/** By name or by ARN; the ARN reaches other accounts. */
export type StreamRef = { readonly streamName: string } | { readonly streamArn: string };

export interface PutRecordsEntry {
  readonly partitionKey: string;
  /** Canonical decimal digits. */
  readonly explicitHashKey?: string | undefined;
  readonly data: Uint8Array;
}

export type PutRecordsEntryOutcome =
  | { readonly kind: "ok"; readonly shardId: string; readonly sequenceNumber: string }
  | { readonly kind: "failed"; readonly code: string; readonly message: string };

export interface PutRecordsRequest {
  readonly stream: StreamRef;
  readonly entries: readonly PutRecordsEntry[];
}

export interface PutRecordsAnswer {
  /** One for each entry, in order. */
  readonly entries: readonly PutRecordsEntryOutcome[];
}

export interface PutRecordRequest extends PutRecordsEntry {
  readonly stream: StreamRef;
  /** Makes the service order this record after that one of the same key and shard. */
  readonly sequenceNumberForOrdering?: string | undefined;
}

export interface StreamDescription {
  readonly streamName: string;
  readonly streamArn: string;
  readonly status: "CREATING" | "ACTIVE" | "UPDATING" | "DELETING";
  readonly creationTimestampMs: number;
  readonly retentionPeriodHours: number;
  readonly openShardCount: number;
  readonly maxRecordBytes: number;
  /** AUTO streams spread records evenly and ignore keys: aggregation and order cannot be had. */
  readonly recordDistributionStrategy: "USER_PARTITION_KEY" | "AUTO";
}

export type ShardFilter =
  | { readonly kind: "all" }
  /** Open now. */
  | { readonly kind: "at-latest" }
  /** Open at the oldest untrimmed point. */
  | { readonly kind: "at-trim-horizon" }
  | { readonly kind: "at-timestamp"; readonly timestampMs: number };

export type IteratorPosition =
  | { readonly kind: "trim-horizon" }
  | { readonly kind: "latest" }
  | { readonly kind: "at-timestamp"; readonly timestampMs: number }
  | { readonly kind: "at-sequence-number"; readonly sequenceNumber: string }
  | { readonly kind: "after-sequence-number"; readonly sequenceNumber: string };

export interface GetRecordsAnswer {
  readonly records: readonly KinesisRecord[];
  /** Absent at the end of a closed shard. */
  readonly nextShardIterator: string | undefined;
  readonly millisBehindLatest: number | undefined;
  /** Not empty only at the end of a closed shard. */
  readonly childShards: readonly ChildShard[];
}

export interface KinesisApi {
  putRecords(request: PutRecordsRequest, options: CallOptions): Promise<Outcome<PutRecordsAnswer>>;
  putRecord(
    request: PutRecordRequest,
    options: CallOptions,
  ): Promise<Outcome<{ readonly shardId: string; readonly sequenceNumber: string }>>;
  describeStream(
    stream: StreamRef,
    options: CallOptions,
  ): Promise<Outcome<{ readonly description: StreamDescription }>>;
  /** All pages. */
  listShards(
    request: { readonly stream: StreamRef; readonly filter: ShardFilter },
    options: CallOptions,
  ): Promise<Outcome<{ readonly shards: readonly Shard[] }>>;
  getShardIterator(
    request: {
      readonly stream: StreamRef;
      readonly shardId: string;
      readonly position: IteratorPosition;
    },
    options: CallOptions,
  ): Promise<Outcome<{ readonly shardIterator: string }>>;
  getRecords(
    request: {
      readonly stream: StreamRef;
      readonly shardIterator: string;
      readonly maxRecords: number;
    },
    options: CallOptions,
  ): Promise<Outcome<GetRecordsAnswer>>;
  /** Lets go of sockets. Idempotent. */
  close(): Promise<void>;
}
