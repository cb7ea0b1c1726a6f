/**
 * Reads one shard by GetRecords, one answer ahead of the reader at most.
 *
 * The service says nothing when it trims what was not read yet. It shows only if the reader stands AT
 * a record that it knows and does not get it back: so it does at the checkpoint, and at the last
 * record read whenever it is so far behind that the trimming may have overtaken it (F46).
 *
 * It starts AT the checkpointed record, which may be an aggregate that was processed in part, and
 * only after a record was seen goes on AFTER the last one, so an iterator that expires before the
 * first answer loses nothing and one that expires later repeats nothing (F45).
 */

import {
  AbortedError,
  bounded,
  type ChildShard,
  type Clock,
  compareSequenceNumbers,
  type Failure,
  isSentinel,
  type IteratorPosition,
  type KinesisApi,
  type KinesisRecord,
  type Lease,
  type Random,
  type Slots,
  sleep,
  type StreamRef,
} from "@shardline/model";
import { Pacing } from "./core/pacing.ts";

export type SourceEvent =
  | {
      readonly kind: "records";
      readonly records: readonly KinesisRecord[];
      readonly bytes: number;
      readonly millisBehindLatest: number | undefined;
      /** This record is gone, and so may be others after it that were not read (F46). */
      readonly trimmedAfter: string | undefined;
    }
  /** Nothing now, which is not the end (F47). */
  | { readonly kind: "idle"; readonly millisBehindLatest: number | undefined }
  /** The service says that the shard is closed and read to its end. */
  | { readonly kind: "end"; readonly childShards: readonly ChildShard[] }
  /** The stream or the shard is not found, or the checkpoint is refused: somebody must look. */
  | { readonly kind: "unreadable"; readonly failure: Failure }
  /** No answer for longer than `noProgressTimeoutMs` (F21). */
  | { readonly kind: "stalled"; readonly failure: Failure; readonly forMs: number }
  | { readonly kind: "aborted" };

export interface SourceConfig {
  readonly stream: StreamRef;
  readonly shardId: string;
  readonly maxRecordsPerRead: number;
  readonly idleTimeBetweenReadsMs: number;
  readonly kinesisCallTimeoutMs: number;
  readonly noProgressTimeoutMs: number;
  /** How long the stream keeps records. */
  readonly retentionMs: number;
}

/** Beyond this share of the retention a reader may be overtaken by the trimming. */
const DANGER_SHARE = 0.9;

export interface SourcePorts {
  readonly kinesis: KinesisApi;
  readonly clock: Clock;
  readonly random: Random;
  /**
   * For reads, shared by all shards of the worker: one with a thousand shards that fell behind would
   * have a thousand answers of up to 10 MiB in memory, and its renewals would wait behind them all.
   */
  readonly slots: Slots;
  /** Bytes that this shard may hold unprocessed. */
  readonly shareBytes: () => number;
  readonly onCall: (
    call: "getRecords" | "getShardIterator",
    elapsedMs: number,
    failed: Failure | undefined,
  ) => void;
}

export class PollingSource {
  readonly #config: SourceConfig;
  readonly #ports: SourcePorts;
  readonly #pacing: Pacing;
  readonly #closed = new AbortController();
  #start: IteratorPosition;
  #lastSequenceNumber: string | undefined;
  /** How far behind the end the reader was when the service last answered, and when that was. */
  #behindMs = 0;
  #answeredMs: number | undefined;
  /** The record that the present iterator was opened at; it must come back. */
  #expected: string | undefined;
  #lookedBackAt: string | undefined;
  #iterator: string | undefined;
  #ahead: Promise<SourceEvent> | undefined;
  /** Set by an answer that had the last records. */
  #end: readonly ChildShard[] | undefined;
  #failingSinceMs: number | undefined;
  #bytesPerRecord: number | undefined;

  constructor(start: IteratorPosition, config: SourceConfig, ports: SourcePorts) {
    this.#start = start;
    this.#config = config;
    this.#ports = ports;
    this.#pacing = new Pacing(config, ports.random);
  }

  /** The next answer; what was read and not yet asked for waits here. */
  async next(signal: AbortSignal): Promise<SourceEvent> {
    if (signal.aborted) return { kind: "aborted" };
    this.#ahead ??= this.#read();
    const event = await orAborted(this.#ahead, signal);
    if (event === undefined) return { kind: "aborted" };
    this.#ahead = undefined;
    if (event.kind === "records" && event.bytes * 2 <= this.#ports.shareBytes()) {
      this.#ahead = this.#read();
    }
    return event;
  }

  /** Reads on after the last record: an end was reported that was none. */
  reopen(): void {
    this.#iterator = undefined;
    this.#end = undefined;
    this.#ahead = undefined;
  }

  /** Begins again elsewhere, after the position was found unreadable. */
  restart(start: IteratorPosition): void {
    this.#start = start;
    this.#iterator = undefined;
    this.#lastSequenceNumber = undefined;
    this.#end = undefined;
    this.#ahead = undefined;
  }

  /** Ends a read that is under way. */
  close(): void {
    this.#closed.abort();
  }

  async #read(): Promise<SourceEvent> {
    if (this.#end !== undefined) return { kind: "end", childShards: this.#end };
    const { clock, slots } = this.#ports;
    const { signal } = this.#closed;
    for (;;) {
      try {
        const waitMs = this.#pacing.waitMs(clock.nowMs());
        if (waitMs > 0) await sleep(clock, waitMs, { signal });
        if (!slots.tryEnter()) await slots.enter(signal);
      } catch (error) {
        if (error instanceof AbortedError) return { kind: "aborted" };
        throw error;
      }
      try {
        const event = await this.#attempt();
        if (signal.aborted) return { kind: "aborted" };
        if (event !== undefined) return event;
      } finally {
        slots.leave();
      }
    }
  }

  /** One step: an iterator or an answer. Undefined: try again when pacing says so. */
  async #attempt(): Promise<SourceEvent | undefined> {
    const { kinesis } = this.#ports;
    const startedMs = this.#ports.clock.nowMs();
    const { stream, shardId } = this.#config;
    if (this.#iterator === undefined || this.#mustLookBack()) {
      const position = this.#position();
      this.#expected = position.kind === "at-sequence-number" ? position.sequenceNumber : undefined;
      this.#lookedBackAt = this.#lastSequenceNumber;
      const opened = await this.#call("getShardIterator", (options) =>
        kinesis.getShardIterator({ stream, shardId, position }, options),
      );
      if (opened.kind === "failed") return this.#trouble(opened, startedMs);
      this.#iterator = opened.shardIterator;
    }
    const shardIterator = this.#iterator;
    const maxRecords = this.#maxRecords();
    const answer = await this.#call("getRecords", (options) =>
      kinesis.getRecords({ stream, shardIterator, maxRecords }, options),
    );
    if (answer.kind === "failed") return this.#trouble(answer, startedMs);
    const { records, nextShardIterator, millisBehindLatest, childShards } = answer;
    this.#failingSinceMs = undefined;
    this.#iterator = nextShardIterator;
    this.#behindMs = millisBehindLatest ?? 0;
    this.#answeredMs = this.#ports.clock.nowMs();
    const bytes = this.#measure(records);
    const caughtUp = (millisBehindLatest ?? 0) === 0;
    this.#pacing.after({ kind: "ok", bytes, caughtUp }, startedMs, this.#ports.clock.nowMs());
    if (records.length > 0) {
      const trimmedAfter = this.#trimmedAfter(records);
      this.#lastSequenceNumber = records.at(-1)?.sequenceNumber;
      if (nextShardIterator === undefined) this.#end = childShards;
      return { kind: "records", records, bytes, millisBehindLatest, trimmedAfter };
    }
    if (nextShardIterator === undefined) return { kind: "end", childShards };
    return { kind: "idle", millisBehindLatest };
  }

  #position(): IteratorPosition {
    const sequenceNumber = this.#lastSequenceNumber;
    if (sequenceNumber === undefined) return this.#start;
    return this.#inDanger()
      ? { kind: "at-sequence-number", sequenceNumber }
      : { kind: "after-sequence-number", sequenceNumber };
  }

  /** Not twice at one record: an answer that holds it alone would be all there ever is. */
  #mustLookBack(): boolean {
    const last = this.#lastSequenceNumber;
    return last !== undefined && last !== this.#lookedBackAt && this.#inDanger();
  }

  #inDanger(): boolean {
    if (this.#answeredMs === undefined) return false;
    const behindMs = this.#behindMs + this.#ports.clock.nowMs() - this.#answeredMs;
    return behindMs >= this.#config.retentionMs * DANGER_SHARE;
  }

  #trimmedAfter(records: readonly KinesisRecord[]): string | undefined {
    const expected = this.#expected;
    this.#expected = undefined;
    const first = records[0]?.sequenceNumber;
    if (expected === undefined || first === undefined) return undefined;
    return compareSequenceNumbers(first, expected) > 0 ? expected : undefined;
  }

  /** Asks for no more records than are likely to fit. */
  #maxRecords(): number {
    const { maxRecordsPerRead } = this.#config;
    if (this.#bytesPerRecord === undefined) return maxRecordsPerRead;
    const fitting = Math.floor(this.#ports.shareBytes() / Math.max(1, this.#bytesPerRecord));
    return Math.min(maxRecordsPerRead, Math.max(1, fitting));
  }

  #measure(records: readonly KinesisRecord[]): number {
    if (records.length === 0) return 0;
    let bytes = 0;
    for (const { data } of records) bytes += data.length;
    this.#bytesPerRecord = bytes / records.length;
    return bytes;
  }

  #trouble(failure: Failure, startedMs: number): SourceEvent | undefined {
    const nowMs = this.#ports.clock.nowMs();
    if (failure.reason === "expired-iterator") {
      this.#iterator = undefined;
      this.#pacing.after({ kind: "ok", bytes: 0, caughtUp: false }, startedMs, nowMs);
      return undefined;
    }
    const kind = failure.reason === "throttled" ? "throttled" : "failed";
    this.#pacing.after({ kind }, startedMs, nowMs);
    // A refused iterator is opened anew; a refused position is for the reader to judge.
    const refused = failure.reason === "invalid" && this.#iterator === undefined;
    if (failure.reason === "not-found" || refused) {
      this.#iterator = undefined;
      return { kind: "unreadable", failure };
    }
    if (failure.reason === "invalid") this.#iterator = undefined;
    this.#failingSinceMs ??= startedMs;
    const forMs = nowMs - this.#failingSinceMs;
    if (forMs < this.#config.noProgressTimeoutMs) return undefined;
    this.#failingSinceMs = undefined;
    return { kind: "stalled", failure, forMs };
  }

  async #call<T extends { readonly kind: string }>(
    call: "getRecords" | "getShardIterator",
    send: (options: { timeoutMs: number; signal?: AbortSignal | undefined }) => Promise<T>,
  ): Promise<T | Failure> {
    const { clock, onCall } = this.#ports;
    const startedMs = clock.nowMs();
    const timeoutMs = this.#config.kinesisCallTimeoutMs;
    const answer = await bounded(clock, { timeoutMs, signal: this.#closed.signal }, send);
    const failed = answer.kind === "failed" ? (answer as Failure) : undefined;
    if (!this.#closed.signal.aborted) onCall(call, clock.nowMs() - startedMs, failed);
    return answer;
  }
}

/** Where the first read of a tenure begins. */
export function startPosition(lease: Lease, fallbackTimestampMs: number): IteratorPosition {
  const { sequenceNumber } = lease.checkpoint;
  if (!isSentinel(sequenceNumber)) return { kind: "at-sequence-number", sequenceNumber };
  if (sequenceNumber === "TRIM_HORIZON" || sequenceNumber === "SHARD_END") {
    return { kind: "trim-horizon" };
  }
  const timestampMs = lease.startTimestampMs ?? fallbackTimestampMs;
  return { kind: "at-timestamp", timestampMs };
}

/** The promise's value, or undefined as soon as the signal aborts. */
async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  let onAbort = (): void => {};
  const aborted = new Promise<undefined>((resolve) => {
    onAbort = () => resolve(undefined);
    signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
