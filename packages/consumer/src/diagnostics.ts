/** What the consumer tells the outside: events on `shardline:consumer:*`, and its metric names. */

import { type Checkpoint, type EventChannel, eventChannel } from "@shardline/model";
import type { TenureEnd } from "./core/shard-state.ts";

/** In every event: which worker speaks, of which stream. */
export interface WorkerEvent {
  readonly workerId: string;
  readonly applicationName: string;
  readonly streamName: string;
}

/** In every event about one shard. */
export interface ShardEvent extends WorkerEvent {
  readonly shardId: string;
}

export interface ConsumerEvents {
  /** The worker found its stream and its table and begins. */
  readonly "worker-started": WorkerEvent & { readonly streamArn: string };
  readonly "worker-stopped": WorkerEvent & { readonly graceful: boolean };
  /** A lease row was written for a shard that had none. */
  readonly "lease-created": ShardEvent & { readonly checkpoint: Checkpoint; readonly why: string };
  readonly "lease-taken": ShardEvent & {
    readonly fence: number;
    readonly checkpoint: Checkpoint;
    readonly previousOwner: string | undefined;
  };
  readonly "lease-lost": ShardEvent & { readonly fence: number; readonly reason: string };
  readonly "lease-released": ShardEvent & { readonly fence: number; readonly why: TenureEnd };
  /** A finished lease was deleted: its children are under way. */
  readonly "lease-cleaned-up": ShardEvent;
  /** We asked `from` for a lease, or somebody asked us. */
  readonly "hand-off": ShardEvent & { readonly from: string; readonly to: string };
  readonly "shard-started": ShardEvent & {
    readonly fence: number;
    readonly checkpoint: Checkpoint;
  };
  /** SHARD_END is durable. */
  readonly "shard-ended": ShardEvent & { readonly childShardIds: readonly string[] };
  readonly "checkpoint-written": ShardEvent & {
    readonly fence: number;
    readonly checkpoint: Checkpoint;
    /** Only announced (`checkpoint.prepare`). */
    readonly pending: Checkpoint | undefined;
  };
  /** Records that will not be delivered, or were trimmed before they could be. */
  readonly "records-dropped": ShardEvent & {
    readonly reason: "out-of-range" | "damaged";
    readonly sequenceNumber: string;
    readonly records: number;
  };
  readonly "records-out-of-range": ShardEvent & {
    readonly sequenceNumber: string;
    readonly records: number;
  };
  /** The checkpoint is older than what the stream still has: some records may be gone unread (F46). */
  readonly "records-trimmed": ShardEvent & {
    readonly after: Checkpoint;
    readonly resumedAt: string | undefined;
  };
  /** Marked as an aggregate, but broken; delivered as one plain record. */
  readonly "aggregate-malformed": ShardEvent & {
    readonly sequenceNumber: string;
    readonly reason: string;
  };
  readonly "processor-failed": ShardEvent & {
    readonly attempt: number;
    readonly records: number;
    readonly firstSequenceNumber: string;
    readonly error: unknown;
  };
  /** Given to `onDeadLetter`, which took them; the checkpoint may pass them. */
  readonly "records-dead-lettered": ShardEvent & {
    readonly records: number;
    readonly firstSequenceNumber: string;
    readonly error: unknown;
  };
  /** A shard made no progress for too long and its lease is given up (L6, F21). */
  readonly stalled: ShardEvent & { readonly phase: string; readonly forMs: number };
  /**
   * Renewals are late, so leases that could be had are left to others: the machine or the table is too
   * slow for so many shards. Told when it begins; `LeasesLeft` counts on.
   */
  readonly overloaded: WorkerEvent & { readonly held: number; readonly left: number };
  /** A call to a service went wrong; it is tried again unless another event says otherwise. */
  readonly "call-failed": WorkerEvent & {
    readonly call: string;
    readonly shardId: string | undefined;
    readonly code: string;
    readonly reason: string;
  };
}

/** Subscribe here, or to the channels `shardline:consumer:<event>` of `node:diagnostics_channel`. */
export const consumerEvents: EventChannel<ConsumerEvents> =
  eventChannel<ConsumerEvents>("consumer");

/** Metric names: the KCL's where it has one. https://docs.aws.amazon.com/streams/latest/dev/monitoring-with-kcl.html */
export const metricNames = {
  recordsProcessed: "RecordsProcessed",
  dataBytesProcessed: "DataBytesProcessed",
  millisBehindLatest: "MillisBehindLatest",
  processRecordsTime: "RecordProcessor.processRecords.Time",
  getRecordsTime: "KinesisDataFetcher.getRecords.Time",
  getRecordsSuccess: "KinesisDataFetcher.getRecords.Success",
  expiredIterator: "ExpiredIterator",
  renewLeaseTime: "RenewLease.Time",
  renewLeaseSuccess: "RenewLease.Success",
  updateLeaseTime: "UpdateLease.Time",
  updateLeaseSuccess: "UpdateLease.Success",
  lostLeases: "LostLeases",
  currentLeases: "CurrentLeases",
  takenLeases: "TakenLeases",
  expiredLeases: "ExpiredLeases",
  totalLeases: "TotalLeases",
  numWorkers: "NumWorkers",
  /** No KCL counterpart from here on: it does not measure these. */
  handOffs: "HandOffs",
  processorFailures: "ProcessorFailures",
  recordsDeadLettered: "RecordsDeadLettered",
  recordsDropped: "RecordsDropped",
  recordsTrimmed: "RecordsTrimmed",
  recordsOutOfRange: "RecordsOutOfRange",
  aggregatesMalformed: "AggregatesMalformed",
  stalledShards: "StalledShards",
  leasesLeft: "LeasesLeft",
  millisSinceProgress: "MillisSinceProgress",
} as const;
