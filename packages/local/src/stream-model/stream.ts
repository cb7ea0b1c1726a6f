import type { HashKeyRange } from "@shardline/model";
import type { StreamSnapshot } from "./changes.ts";
import { ModelConsumer, type ConsumerState } from "./consumer.ts";
import type { Instant } from "./instant.ts";
import type { Payload } from "./payload.ts";
import type { ModelShard, ShardState } from "./shard.ts";
import { ShardMap } from "./shard-map.ts";
import type { Timestamp } from "./timestamp.ts";
import type { WireRecord } from "./wire-record.ts";

export type StreamStatus = "CREATING" | "ACTIVE" | "UPDATING" | "DELETING";
export type StreamMode = "PROVISIONED" | "ON_DEMAND";
export type DistributionStrategy = "USER_PARTITION_KEY" | "AUTO";

/** Everything about a stream but its shards, consumers and records. JSON-safe. */
export interface StreamSettings {
  status: StreamStatus;
  readonly createdAtMs: number;
  mode: StreamMode;
  retentionHours: number;
  metrics: readonly string[];
  /** Present while the stream is encrypted. */
  keyId?: string | undefined;
  tags: Readonly<Record<string, string>>;
  policy?: string | undefined;
  maxRecordKiB: number;
  strategy: DistributionStrategy;
  /** Of on-demand streams. */
  warmMiBps?: number | undefined;
}

export interface StreamIdentity {
  readonly accountId: string;
  readonly region: string;
  readonly streamName: string;
  readonly streamId: string;
}

interface StreamState {
  readonly settings: StreamSettings;
  readonly shards: readonly ShardState[];
  readonly nextShardIndex: number;
  readonly consumers: readonly ConsumerState[];
}

const HOUR_MS = 60 * 60 * 1000;

export class ModelStream {
  readonly identity: StreamIdentity;
  readonly arn: string;
  readonly settings: StreamSettings;
  readonly shards: ShardMap = new ShardMap();
  readonly consumers: Map<string, ModelConsumer> = new Map();
  /** Of ended and running shard count updates: the service allows ten in a day. */
  readonly shardCountUpdatesAtMs: number[] = [];
  readonly #consumerCreations: Map<string, number> = new Map();

  constructor(identity: StreamIdentity, settings: StreamSettings) {
    this.identity = identity;
    this.settings = settings;
    this.arn = streamArn(identity);
  }

  get name(): string {
    return this.identity.streamName;
  }

  /** Its second is part of a consumer's ARN: a name used again gets a later one. */
  consumerCreation(name: string, wallMs: number): number {
    const earlierMs = this.#consumerCreations.get(name);
    const sameSecond =
      earlierMs !== undefined && Math.floor(earlierMs / 1000) >= Math.floor(wallMs / 1000);
    const createdAtMs = sameSecond ? (Math.floor(earlierMs / 1000) + 1) * 1000 : wallMs;
    this.#consumerCreations.set(name, createdAtMs);
    return createdAtMs;
  }

  /** First shards of a new stream. */
  open(ranges: readonly HashKeyRange[], wallMs: number): void {
    this.shards.replace([], ranges, wallMs);
  }

  /** Stores a record in the shard, under the shard's next sequence number. */
  append(shard: ModelShard, entry: NewRecord, arrival: Timestamp, step: number): WireRecord {
    const seconds = Math.floor(arrival.epochMs / 1000);
    const record = wireRecord(
      shard.counter.next(seconds, step),
      arrival,
      entry,
      this.settings.keyId !== undefined,
    );
    shard.append(record, entry.sizeBytes);
    return record;
  }

  /** A stream that is being created shows no shards yet. */
  get openShardCount(): number {
    return this.settings.status === "CREATING" ? 0 : this.shards.open.length;
  }

  retentionStartMs(instant: Instant): number {
    return instant.wallMs - this.settings.retentionHours * HOUR_MS;
  }

  /** Shards of which anything may still be read: the open ones, and closed ones within retention. */
  *liveShards(instant: Instant): Generator<ModelShard> {
    if (this.settings.status === "CREATING") return;
    const startMs = this.retentionStartMs(instant);
    for (const shard of this.shards.all()) {
      if (shard.closedAtMs === undefined || shard.closedAtMs >= startMs) yield shard;
    }
  }

  wakeReaders(): void {
    for (const shard of this.shards.all()) shard.wake();
  }

  toSnapshot(): StreamSnapshot {
    const { accountId, region, streamName, streamId } = this.identity;
    const state: StreamState = {
      settings: { ...this.settings },
      shards: [...this.shards.all()].map((shard) => shard.toState()),
      nextShardIndex: this.shards.nextIndex,
      consumers: [...this.consumers.values()].map((consumer) => consumer.toState()),
    };
    return {
      accountId,
      region,
      streamName,
      streamId,
      state: state as unknown as Record<string, unknown>,
    };
  }

  /**
   * A stream that was being created or changed is active after a restart; one that was being
   * deleted is gone.
   */
  static fromSnapshot(snapshot: StreamSnapshot): ModelStream | undefined {
    const state = snapshot.state as unknown as StreamState;
    if (state.settings.status === "DELETING") return undefined;
    const { accountId, region, streamName, streamId } = snapshot;
    const identity = { accountId, region, streamName, streamId };
    const stream = new ModelStream(identity, { ...state.settings, status: "ACTIVE" });
    for (const shard of state.shards) stream.shards.restore(shard);
    stream.shards.nextIndex = state.nextShardIndex;
    stream.shards.settle();
    for (const consumer of state.consumers) {
      if (consumer.status === "DELETING") continue;
      stream.consumers.set(
        consumer.name,
        new ModelConsumer({ ...consumer, status: "ACTIVE" }, stream.arn),
      );
    }
    return stream;
  }
}

/** Of the usual form written out: copying members from one object to another costs several times as much. */
function wireRecord(
  SequenceNumber: string,
  ApproximateArrivalTimestamp: Timestamp,
  { data: Data, partitionKey: PartitionKey }: NewRecord,
  isEncrypted: boolean,
): WireRecord {
  const record: WireRecord =
    PartitionKey === undefined
      ? { SequenceNumber, ApproximateArrivalTimestamp, Data }
      : { SequenceNumber, ApproximateArrivalTimestamp, Data, PartitionKey };
  return isEncrypted ? { ...record, EncryptionType: "KMS" } : record;
}

export interface NewRecord {
  readonly data: Payload;
  readonly partitionKey: string | undefined;
  /** Data and partition key. */
  readonly sizeBytes: number;
}

export function streamArn(identity: Omit<StreamIdentity, "streamId">): string {
  return `arn:aws:kinesis:${identity.region}:${identity.accountId}:stream/${identity.streamName}`;
}
