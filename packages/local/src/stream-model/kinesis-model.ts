import { ModelAccount } from "./account.ts";
import type { AppendedRecord, Change } from "./changes.ts";
import { DEFAULT_MODEL_CONFIG, type ModelConfig } from "./config.ts";
import { resourceNotFound } from "./errors.ts";
import type { Instant } from "./instant.ts";
import { payloadLength } from "./payload.ts";
import { trimOldest } from "./memory-bound.ts";
import { parseSequenceNumber } from "./sequence-number.ts";
import { RateLimiter } from "./rate-limiter.ts";
import type { ModelShard } from "./shard.ts";
import { ModelStream } from "./stream.ts";
import { TokenSeal } from "./token-seal.ts";
import { Transitions } from "./transitions.ts";
import { Timestamp } from "./timestamp.ts";
import { utf8ByteLength } from "@shardline/model";

/** All streams of all accounts and regions of one local Kinesis. */
export class KinesisModel {
  readonly config: ModelConfig;
  readonly transitions: Transitions = new Transitions();
  readonly tokens: TokenSeal;
  /** Of API calls. */
  readonly rates: RateLimiter = new RateLimiter();
  readonly #accounts: Map<string, ModelAccount> = new Map();
  readonly #streamsById: Map<string, ModelStream> = new Map();
  readonly #listeners: Set<(change: Change) => void> = new Set();
  /** Of all logs; counted anew where records go. */
  #retainedBytes = 0;
  #trimmedAtMs: number = Number.NEGATIVE_INFINITY;

  constructor(config: Partial<ModelConfig> & Pick<ModelConfig, "random">) {
    this.config = { ...DEFAULT_MODEL_CONFIG, ...config };
    this.tokens = new TokenSeal(this.config.random);
  }

  /** Does what fell due since the last call. Operations call it first. */
  advance(instant: Instant): void {
    if (this.transitions.nextDueMs !== undefined) this.transitions.advance(instant);
    if (instant.nowMs < this.#trimmedAtMs + TRIM_EVERY_MS) return;
    this.#trimmedAtMs = instant.nowMs;
    for (const stream of this.#streamsById.values()) this.trimStream(stream, instant);
  }

  account(accountId: string, region: string): ModelAccount {
    const key = `${accountId}/${region}`;
    let account = this.#accounts.get(key);
    if (account === undefined) {
      account = new ModelAccount(accountId, region);
      this.#accounts.set(key, account);
    }
    return account;
  }

  streams(): Iterable<ModelStream> {
    return this.#streamsById.values();
  }

  streamById(streamId: string): ModelStream | undefined {
    return this.#streamsById.get(streamId);
  }

  /** @throws ServiceError ResourceNotFoundException */
  stream(accountId: string, region: string, streamName: string): ModelStream {
    const stream = this.account(accountId, region).streams.get(streamName);
    if (stream === undefined) {
      throw resourceNotFound(`Stream ${streamName} under account ${accountId} not found.`);
    }
    return stream;
  }

  addStream(stream: ModelStream): void {
    const { accountId, region, streamName, streamId } = stream.identity;
    this.account(accountId, region).streams.set(streamName, stream);
    this.#streamsById.set(streamId, stream);
    this.streamChanged(stream);
  }

  removeStream(stream: ModelStream): void {
    const { accountId, region, streamName, streamId } = stream.identity;
    this.account(accountId, region).streams.delete(streamName);
    this.#streamsById.delete(streamId);
    for (const shard of stream.shards.all()) this.#retainedBytes -= shard.log.retainedBytes;
    this.#emit({ kind: "stream-deleted", streamId });
    stream.wakeReaders();
  }

  /** To be called after every change of a stream but records. */
  streamChanged(stream: ModelStream): void {
    if (this.#listeners.size > 0) this.#emit({ kind: "stream", stream: stream.toSnapshot() });
  }

  accountChanged(account: ModelAccount): void {
    if (this.#listeners.size > 0) this.#emit({ kind: "account", account: account.toSnapshot() });
  }

  /**
   * To be called once after the records of one call.
   * @param grownBytes how much more memory the logs of their shards retain
   */
  recordsAppended(
    stream: ModelStream,
    appended: readonly AppendedRecord[],
    grownBytes: number,
  ): void {
    if (appended.length === 0) return;
    this.#emit({ kind: "records", streamId: stream.identity.streamId, appended });
    this.#retainedBytes += grownBytes;
    if (this.#retainedBytes > this.config.maxMemoryBytes) this.#boundMemory();
  }

  /** Drops what is past retention in this shard. */
  trim(stream: ModelStream, shard: ModelShard, instant: Instant): void {
    const startMs = stream.retentionStartMs(instant);
    const { firstArrivalMs } = shard.log;
    if (firstArrivalMs !== undefined && firstArrivalMs < startMs) {
      this.#drop(stream, shard, shard.log.seekTime(startMs), "retention");
    }
    if (shard.closedAtMs !== undefined && shard.closedAtMs < startMs) {
      stream.shards.remove(shard);
      this.streamChanged(stream);
    }
  }

  trimStream(stream: ModelStream, instant: Instant): void {
    for (const shard of [...stream.shards.all()]) this.trim(stream, shard, instant);
  }

  /** Calls `listener` with every change, inside the operation that makes it. Returns the function that ends it. */
  onChange(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Applies changes as a listener had them, or as `snapshot` gave them. Listeners hear nothing of it. */
  restore(changes: Iterable<Change>): void {
    for (const change of changes) this.#apply(change);
    for (const stream of this.#streamsById.values()) {
      for (const shard of stream.shards.open)
        shard.counter.raiseTo(shard.counter.index + RESTART_GAP);
    }
    this.#retainedBytes = this.#countRetained();
  }

  /** The whole model as the shortest list of changes that rebuilds it. */
  *snapshot(): Generator<Change> {
    for (const account of this.#accounts.values())
      yield { kind: "account", account: account.toSnapshot() };
    for (const stream of this.#streamsById.values()) {
      yield { kind: "stream", stream: stream.toSnapshot() };
      for (const shard of stream.shards.all()) yield* snapshotRecords(stream, shard);
    }
  }

  #apply(change: Change): void {
    switch (change.kind) {
      case "stream":
        return this.#restoreStream(change.stream);
      case "stream-deleted": {
        const stream = this.#streamsById.get(change.streamId);
        if (stream !== undefined) this.removeStream(stream);
        return;
      }
      case "records":
        return this.#restoreRecords(change.streamId, change.appended);
      case "trimmed": {
        const shard = this.#streamsById.get(change.streamId)?.shards.get(change.shardId);
        shard?.log.trimBefore(shard.log.seekSequence(change.throughSequenceNumber, true));
        return;
      }
      case "account":
        return this.account(change.account.accountId, change.account.region).restore(
          change.account,
        );
    }
  }

  #restoreStream(snapshot: Parameters<typeof ModelStream.fromSnapshot>[0]): void {
    const stream = ModelStream.fromSnapshot(snapshot);
    const before = this.#streamsById.get(snapshot.streamId);
    if (stream === undefined) {
      if (before !== undefined) this.removeStream(before);
      return;
    }
    for (const shard of stream.shards.all()) {
      const had = before?.shards.get(shard.shardId);
      if (had !== undefined) shard.adopt(had);
    }
    this.account(snapshot.accountId, snapshot.region).streams.set(snapshot.streamName, stream);
    this.#streamsById.set(snapshot.streamId, stream);
  }

  #restoreRecords(streamId: string, appended: readonly AppendedRecord[]): void {
    const stream = this.#streamsById.get(streamId);
    if (stream === undefined) return;
    for (const { shardId, record } of appended) {
      const shard = stream.shards.get(shardId);
      const parts = parseSequenceNumber(record.SequenceNumber);
      if (shard === undefined || parts === undefined) continue;
      const sizeBytes = payloadLength(record.Data) + utf8ByteLength(record.PartitionKey ?? "");
      shard.restoreRecord(record, parts.index, sizeBytes);
    }
  }

  #boundMemory(): void {
    this.#retainedBytes = this.#countRetained();
    if (this.#retainedBytes <= this.config.maxMemoryBytes) return;
    for (const { stream, shard, position } of trimOldest(
      this.#streamsById.values(),
      this.config.maxMemoryBytes,
    )) {
      this.#drop(stream, shard, position, "memory");
    }
    this.#retainedBytes = this.#countRetained();
  }

  #drop(
    stream: ModelStream,
    shard: ModelShard,
    position: number,
    reason: "retention" | "memory",
  ): void {
    const throughSequenceNumber = shard.log.sequenceNumberAt(position - 1);
    if (throughSequenceNumber === undefined) return;
    const before = shard.log.retainedBytes;
    const records = shard.log.trimBefore(position);
    this.#retainedBytes += shard.log.retainedBytes - before;
    const { streamId } = stream.identity;
    this.#emit({
      kind: "trimmed",
      streamId,
      shardId: shard.shardId,
      throughSequenceNumber,
      reason,
      records,
    });
  }

  #countRetained(): number {
    let bytes = 0;
    for (const stream of this.#streamsById.values()) {
      for (const shard of stream.shards.all()) bytes += shard.log.retainedBytes;
    }
    return bytes;
  }

  #emit(change: Change): void {
    for (const listener of this.#listeners) listener(change);
  }
}

/** Streams that are used are trimmed as they are; those that rest, this often. */
const TRIM_EVERY_MS = 60_000;

/**
 * Sequence numbers left out at a restart: a record that was read but whose storing was cut short
 * must not share its number with a later one, or a reader that checkpointed it would miss that one.
 */
const RESTART_GAP = 2 ** 20;

const SNAPSHOT_RECORDS = 500;

function* snapshotRecords(stream: ModelStream, shard: ModelShard): Generator<Change> {
  const { log, shardId } = shard;
  for (let position = log.firstPosition; position < log.endPosition; ) {
    const records = log.read(position, SNAPSHOT_RECORDS, Number.POSITIVE_INFINITY);
    position += records.length;
    const appended = records.map((record) => ({ shardId, record }));
    yield { kind: "records", streamId: stream.identity.streamId, appended };
  }
}

/** An arrival time shared by all records of one call. */
export function arrivalOf(instant: Instant): Timestamp {
  return new Timestamp(Math.floor(instant.wallMs));
}
