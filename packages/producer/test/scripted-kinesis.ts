import { decodeAggregate, KCL_DECODING } from "@shardline/aggregation";
import {
  type Clock,
  type Failure,
  failure,
  hashKeyFromDecimal,
  hashKeyOfPartitionKey,
  type HashKeyRange,
  type KinesisApi,
  type Outcome,
  type PutRecordRequest,
  type PutRecordsAnswer,
  type PutRecordsEntry,
  type PutRecordsEntryOutcome,
  type PutRecordsRequest,
  rangeContains,
  type Shard,
  sleep,
  type StreamDescription,
} from "@shardline/model";

export interface Stored {
  readonly shardId: string;
  readonly sequenceNumber: string;
  readonly entry: PutRecordsEntry;
  readonly atMs: number;
}

export interface SeenRecord {
  readonly partitionKey: string;
  readonly text: string;
  readonly shardId: string;
  readonly sequenceNumber: string;
  readonly subSequenceNumber: number;
}

/** What a test makes of a request: undefined lets the service do its work. */
export type Script = (
  request: PutRecordsRequest,
  index: number,
) => Promise<Outcome<PutRecordsAnswer>> | Outcome<PutRecordsAnswer> | undefined;

export const throttledEntry: PutRecordsEntryOutcome = {
  kind: "failed",
  code: "ProvisionedThroughputExceededException",
  message: "rate exceeded",
};

/** A stream with shards of equal ranges; each test scripts what goes wrong. */
export class ScriptedKinesis implements KinesisApi {
  readonly clock: Clock;
  shards: Shard[];
  readonly requests: PutRecordsRequest[] = [];
  readonly orderings: (string | undefined)[] = [];
  readonly stored: Stored[] = [];
  readonly calls: string[] = [];
  script: Script = () => undefined;
  latencyMs = 5;
  listFailure: Failure | undefined;
  describeFailure: Failure | undefined;
  description: Partial<StreamDescription> = {};
  /** ListShards gives closed shards too, as emulators do that know no filter. */
  listsClosedShards = false;
  inFlight = 0;
  maxInFlight = 0;
  closed = false;
  #sequence = 1000n;

  constructor(clock: Clock, shardCount: number) {
    this.clock = clock;
    this.shards = equalShards(shardCount);
  }

  async putRecords(
    request: PutRecordsRequest,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<Outcome<PutRecordsAnswer>> {
    const index = this.requests.push(request) - 1;
    this.calls.push("putRecords");
    this.inFlight++;
    this.maxInFlight = Math.max(this.maxInFlight, this.inFlight);
    try {
      const scripted = this.script(request, index);
      await sleep(this.clock, this.latencyMs, { signal: options.signal });
      return (await scripted) ?? this.store(request.entries);
    } catch {
      return failure("aborted", "Aborted", "aborted", true);
    } finally {
      this.inFlight--;
    }
  }

  async putRecord(
    request: PutRecordRequest,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<Outcome<{ readonly shardId: string; readonly sequenceNumber: string }>> {
    this.orderings.push(request.sequenceNumberForOrdering);
    const outcome = await this.putRecords({ stream: request.stream, entries: [request] }, options);
    if (outcome.kind === "failed") return outcome;
    const [first] = outcome.entries;
    if (first?.kind === "ok") return first;
    return failure("throttled", first?.code ?? "", first?.message ?? "");
  }

  /** Stores the entries as the service does; `only` picks some, the others are throttled. */
  store(
    entries: readonly PutRecordsEntry[],
    only: (entry: PutRecordsEntry, index: number) => boolean = () => true,
  ): Outcome<PutRecordsAnswer> {
    return {
      kind: "ok",
      entries: entries.map((entry, i) => {
        if (!only(entry, i)) return throttledEntry;
        const hashKey =
          entry.explicitHashKey === undefined
            ? hashKeyOfPartitionKey(entry.partitionKey)
            : hashKeyFromDecimal(entry.explicitHashKey);
        const shard = this.shards.find(
          (s) => s.endingSequenceNumber === undefined && rangeContains(s.hashKeyRange, hashKey),
        ) as Shard;
        const sequenceNumber = String(this.#sequence++);
        const { shardId } = shard;
        this.stored.push({ shardId, sequenceNumber, entry, atMs: this.clock.nowMs() });
        return { kind: "ok", shardId, sequenceNumber };
      }),
    };
  }

  async describeStream(): Promise<Outcome<{ readonly description: StreamDescription }>> {
    this.calls.push("describeStream");
    await sleep(this.clock, this.latencyMs);
    if (this.describeFailure !== undefined) return this.describeFailure;
    const description: StreamDescription = {
      streamName: "s",
      streamArn: "arn:aws:kinesis:us-east-1:123456789012:stream/s",
      status: "ACTIVE",
      creationTimestampMs: 0,
      retentionPeriodHours: 24,
      openShardCount: this.shards.length,
      maxRecordBytes: 1024 * 1024,
      recordDistributionStrategy: "USER_PARTITION_KEY",
      ...this.description,
    };
    return { kind: "ok", description };
  }

  async listShards(): Promise<Outcome<{ readonly shards: readonly Shard[] }>> {
    this.calls.push("listShards");
    await sleep(this.clock, this.latencyMs);
    if (this.listFailure !== undefined) return this.listFailure;
    return {
      kind: "ok",
      shards: this.shards.filter(
        (shard) => this.listsClosedShards || shard.endingSequenceNumber === undefined,
      ),
    };
  }

  getShardIterator(): never {
    throw new Error("a producer does not read");
  }

  getRecords(): never {
    throw new Error("a producer does not read");
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  /** Replaces a shard by two of half its range each. */
  split(shardId: string): void {
    const parent = this.shards.find((shard) => shard.shardId === shardId) as Shard;
    const { start, end } = parent.hashKeyRange;
    const low = BigInt(`0x${start}`);
    const middle = low + (BigInt(`0x${end}`) - low) / 2n;
    const ranges = [
      { start, end: hex(middle) },
      { start: hex(middle + 1n), end },
    ];
    this.#replace([parent], ranges);
  }

  merge(first: string, second: string): void {
    const parents = this.shards.filter((s) => s.shardId === first || s.shardId === second);
    const [a, b] = parents
      .map((s) => s.hashKeyRange)
      .toSorted((x, y) => (x.start < y.start ? -1 : 1));
    this.#replace(parents, [{ start: a?.start as string, end: b?.end as string }]);
  }

  /** As a KCL consumer sees the stream: parents first, aggregates with a stranger dropped. */
  read(decoding: "kcl" | "all" = "kcl"): SeenRecord[] {
    return this.shards.flatMap((shard) =>
      this.stored
        .filter(({ shardId }) => shardId === shard.shardId)
        .flatMap(({ entry, shardId, sequenceNumber }) => {
          const decoded = decodeAggregate(entry.data, {
            range: shard.hashKeyRange,
            ...(decoding === "kcl" ? KCL_DECODING : {}),
          });
          const records =
            decoded.kind === "plain" ? [{ ...entry, subSequenceNumber: 0 }] : decoded.records;
          return records.map(({ partitionKey, data, subSequenceNumber }) => ({
            partitionKey,
            text: Buffer.from(data).toString(),
            shardId,
            sequenceNumber,
            subSequenceNumber,
          }));
        }),
    );
  }

  #replace(parents: readonly Shard[], ranges: readonly HashKeyRange[]): void {
    const parentShardIds = parents.map((shard) => shard.shardId);
    this.shards = this.shards.map((shard) =>
      parentShardIds.includes(shard.shardId) ? { ...shard, endingSequenceNumber: "9" } : shard,
    );
    for (const hashKeyRange of ranges) {
      const shardId = shardIdOf(this.shards.length);
      this.shards.push({ shardId, hashKeyRange, parentShardIds, startingSequenceNumber: "1" });
    }
  }
}

export function shardIdOf(index: number): string {
  return `shardId-${String(index).padStart(12, "0")}`;
}

export function equalShards(count: number): Shard[] {
  const size = 2n ** 128n / BigInt(count);
  return Array.from({ length: count }, (_, i) => ({
    shardId: shardIdOf(i),
    hashKeyRange: {
      start: hex(size * BigInt(i)),
      end: hex(i === count - 1 ? 2n ** 128n - 1n : size * BigInt(i + 1) - 1n),
    },
    parentShardIds: [],
    startingSequenceNumber: "1",
  }));
}

function hex(value: bigint): string {
  return value.toString(16).padStart(32, "0");
}
