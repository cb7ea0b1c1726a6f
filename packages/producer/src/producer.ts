import {
  AbortedError,
  checkExplicitHashKey,
  checkPartitionKey,
  checkRecordSize,
  ClosedError,
  InvalidRecordError,
  limits,
  type StreamRef,
  type Timer,
  type UserRecord,
  utf8ByteLength,
} from "@shardline/model";
import { byteLengthOf } from "@shardline/aggregation";
import { Admission } from "./admission.ts";
import { producerEvents } from "./diagnostics.ts";
import { RecordRejectedError } from "./errors.ts";
import { Ledger } from "./ledger.ts";
import { type ProducerConfig, producerConfig, type ProducerOptions } from "./options.ts";
import type { PutResult } from "./result.ts";
import { RunLoop } from "./run-loop.ts";
import { Slots } from "./slots.ts";
import { Batch, BatchTicket, PromiseTicket, type PutOutcome, type Ticket } from "./ticket.ts";

/** What a record costs in memory beside its bytes, roughly. */
const RECORD_OVERHEAD_BYTES = 100;

/** A record that passed the checks. */
interface Putting {
  readonly loop: RunLoop;
  readonly partitionKey: string;
  readonly explicitHashKey: string | undefined;
  readonly data: Uint8Array | string;
  readonly dataBytes: number;
  readonly bytes: number;
}

// One executor for all promises: a closure for each would be garbage of every put().
let capturedResolve: (result: PutResult) => void;
let capturedReject: (error: Error) => void;
function capture(resolve: (result: PutResult) => void, reject: (error: Error) => void): void {
  capturedResolve = resolve;
  capturedReject = reject;
}

/** A record to put. Without a stream of its own it goes to the producer's. */
export interface ProducerRecord extends UserRecord {
  readonly streamName?: string | undefined;
  readonly streamArn?: string | undefined;
}

export interface WaitOptions {
  /** Ends the wait, not what was waited for. */
  readonly signal?: AbortSignal | undefined;
}

export interface CloseOptions {
  /** Send what is buffered first. Default true. */
  readonly drain?: boolean | undefined;
  /** Default: the option `closeTimeoutMs`. */
  readonly timeoutMs?: number | undefined;
}

export interface OutstandingRecords {
  /** In the buffer. */
  readonly records: number;
  readonly bytes: number;
  /** Calls of put() that wait for room. */
  readonly waiting: number;
  /** Since the put() of the oldest, waiting ones included; 0 if there is none. */
  readonly oldestAgeMs: number;
}

/** What close() could not deliver. Each of these records also rejected its put(). */
export interface CloseReport {
  /** Certainly not stored. */
  readonly rejected: number;
  /** On their way when the time was up. */
  readonly unknown: number;
}

/**
 * Puts records into Kinesis streams: aggregated, batched, retried, in bounded memory.
 * KPL counterpart: `KinesisProducer`.
 */
export class Producer implements AsyncDisposable {
  readonly #config: ProducerConfig;
  readonly #admission: Admission;
  readonly #ledger: Ledger;
  readonly #slots: Slots;
  readonly #abort = new AbortController();
  readonly #loops = new Map<string, RunLoop>();
  readonly #default: RunLoop | undefined;
  #closing: Promise<CloseReport> | undefined;

  /** @throws InvalidOptionsError */
  constructor(options: ProducerOptions) {
    this.#config = producerConfig(options);
    const { maxBufferedBytes, maxBufferedRecords, maxInFlightRequests } = this.#config;
    this.#admission = new Admission({ maxBytes: maxBufferedBytes, maxRecords: maxBufferedRecords });
    this.#ledger = new Ledger(this.#admission, this.#config.clock);
    this.#slots = new Slots(maxInFlightRequests);
    const { streamName, streamArn } = this.#config;
    if (streamArn !== undefined) this.#default = this.#open(streamArn, { streamArn });
    else if (streamName !== undefined) this.#default = this.#open(streamName, { streamName });
  }

  /** What is not settled yet; in O(1). KPL counterpart: `getOutstandingRecordsCount`. */
  get outstanding(): OutstandingRecords {
    const oldest = this.#ledger.oldestAcceptedAtMs;
    return {
      records: this.#admission.records,
      bytes: this.#admission.bytes,
      waiting: this.#admission.waiting,
      oldestAgeMs: oldest === undefined ? 0 : this.#config.clock.nowMs() - oldest,
    };
  }

  /**
   * Resolves when the record is stored. Waits while the buffer is full; `signal` ends that wait, but not
   * the sending of a record that is in the buffer. The data is copied once there is room.
   *
   * @throws (by rejection) InvalidRecordError, RecordRejectedError (certainly not stored),
   * RecordOutcomeUnknownError (possibly stored), AbortedError, ClosedError.
   * KPL counterpart: `addUserRecord`.
   */
  put(record: ProducerRecord, options?: WaitOptions): Promise<PutResult> {
    const promise = new Promise<PutResult>(capture);
    const resolve = capturedResolve;
    const reject = capturedReject;
    try {
      const putting = this.#check(record);
      const moment = this.#ledger.enter();
      const ticket = new PromiseTicket(moment, putting.bytes, resolve, reject);
      if (this.#admission.tryEnter(putting.bytes)) this.#accept(putting, ticket);
      else this.#waitForRoom(putting, ticket, options?.signal);
    } catch (error) {
      reject(error as Error);
    }
    return promise;
  }

  /**
   * As put(), but where there is no room it takes nothing and returns undefined.
   * @throws nothing; bad records reject.
   */
  tryPut(record: ProducerRecord): Promise<PutResult> | undefined {
    if (this.#admission.isFull) return undefined;
    return this.put(record);
  }

  /** Resolves when there is room for a record, so that a caller can stay ahead of put()'s waiting. */
  room(options: WaitOptions = {}): Promise<void> {
    const { signal } = options;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) throw AbortedError.from(signal);
      if (this.#closing !== undefined) throw new ClosedError("the producer");
      if (!this.#admission.isFull) resolve();
      else this.#admission.waitWithoutTaking(resolve, reject, signal);
    });
  }

  /**
   * Puts all records, taking each from `records` when there is room for it. Resolves, never rejects,
   * when all are settled: one outcome for each record, in order. Cheaper than as many put()s.
   */
  putMany(
    records: Iterable<ProducerRecord> | AsyncIterable<ProducerRecord>,
    options: WaitOptions = {},
  ): Promise<PutOutcome[]> {
    return new Promise((resolve, reject) => {
      this.#fillBatch(records, new Batch(resolve), options.signal).catch(reject);
    });
  }

  /**
   * Resolves when everything put before this call is settled, well or not. Nothing lingers meanwhile.
   * @throws (by rejection) AbortedError; the records stay in the buffer.
   * KPL counterpart: `flushSync`.
   */
  flush(options: WaitOptions = {}): Promise<void> {
    const { signal } = options;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) throw AbortedError.from(signal);
      const onAbort = (): void => {
        cancel();
        this.#setHurry();
        reject(AbortedError.from(signal));
      };
      const cancel = this.#ledger.onAllSettled(() => {
        signal?.removeEventListener("abort", onAbort);
        this.#setHurry();
        resolve();
      });
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#setHurry();
    });
  }

  /**
   * Refuses new records, sends what is buffered (unless `drain` is false) and ends by the deadline. What
   * is then undone is rejected, and counted in the report. Further calls give the same promise.
   * KPL counterpart: `flushSync` and `destroy`.
   */
  close(options: CloseOptions = {}): Promise<CloseReport> {
    this.#closing ??= this.#close(options);
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #fillBatch(
    records: Iterable<ProducerRecord> | AsyncIterable<ProducerRecord>,
    batch: Batch,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    if (Symbol.iterator in records) {
      for (const record of records) {
        const waiting = this.#putInBatch(record, batch, signal);
        if (waiting !== undefined) await waiting;
      }
    } else {
      for await (const record of records) await this.#putInBatch(record, batch, signal);
    }
    batch.complete();
  }

  /** Returns what to wait for before the next one, if there was no room. */
  #putInBatch(
    record: ProducerRecord,
    batch: Batch,
    signal: AbortSignal | undefined,
  ): Promise<void> | undefined {
    const index = batch.expectOne();
    let putting: Putting;
    try {
      putting = this.#check(record);
    } catch (error) {
      batch.settle(index, { status: "failed", error: error as Error });
      return undefined;
    }
    const ticket = new BatchTicket(this.#ledger.enter(), putting.bytes, batch, index);
    if (this.#admission.tryEnter(putting.bytes)) {
      this.#accept(putting, ticket);
      return undefined;
    }
    return new Promise((resolve) => {
      this.#waitForRoom(putting, ticket, signal, resolve);
    });
  }

  #check(record: ProducerRecord): Putting {
    const loop = this.#loopOf(record);
    const { partitionKey, data } = record;
    const explicitHashKey = checkRecord(record);
    const dataBytes = byteLengthOf(data);
    const keyBytes = utf8ByteLength(partitionKey);
    checkRecordSize(dataBytes, keyBytes, loop.maxRecordBytes ?? limits.MAX_MAX_RECORD_BYTES);
    const bytes = dataBytes + keyBytes + RECORD_OVERHEAD_BYTES;
    return { loop, partitionKey, explicitHashKey, data, dataBytes, bytes };
  }

  #accept(putting: Putting, ticket: Ticket): void {
    const { partitionKey, explicitHashKey, data, dataBytes } = putting;
    const arrival = { record: ticket, partitionKey, explicitHashKey, data, dataBytes };
    putting.loop.accept(arrival, this.#ledger.nowMs());
  }

  #waitForRoom(
    putting: Putting,
    ticket: Ticket,
    signal: AbortSignal | undefined,
    over?: () => void,
  ): void {
    const fail = (error: Error): void => {
      ticket.reject(error);
      this.#ledger.leave(ticket.moment);
      over?.();
    };
    if (signal?.aborted) {
      fail(AbortedError.from(signal));
      return;
    }
    const enter = (): void => {
      this.#accept(putting, ticket);
      over?.();
    };
    this.#admission.wait(putting.bytes, enter, fail, signal);
  }

  async #close(options: CloseOptions): Promise<CloseReport> {
    const before = this.#ledger.failed;
    const timeoutMs = options.timeoutMs ?? this.#config.closeTimeoutMs;
    const refused = (): number =>
      this.#admission.refuseAll(new RecordRejectedError("Closed", "the producer was closed", []));
    let waiting = 0;
    if (options.drain === false) {
      waiting += refused();
      for (const loop of this.#loops.values()) {
        loop.abandon("Closed", "the producer was closed", false);
      }
    }
    await this.#flushFor(timeoutMs);
    waiting += refused();
    this.#abort.abort(new ClosedError("the producer"));
    for (const loop of this.#loops.values()) {
      loop.abandon("Closed", "the producer was closed", true);
      loop.stop();
    }
    if (this.#config.ownsKinesis) await this.#config.kinesis.close();
    const after = this.#ledger.failed;
    const report = {
      rejected: after.rejected - before.rejected + waiting,
      unknown: after.unknown - before.unknown,
    };
    producerEvents.publish("closed", report);
    return report;
  }

  #flushFor(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      let timer: Timer | undefined;
      const cancel = this.#ledger.onAllSettled(() => {
        timer?.cancel();
        resolve();
      });
      if (this.#ledger.count === 0) return;
      timer = this.#config.clock.setTimer(timeoutMs, () => {
        cancel();
        resolve();
      });
      this.#setHurry();
    });
  }

  #setHurry(): void {
    for (const loop of this.#loops.values()) loop.setHurry(this.#ledger.isFlushing);
  }

  #loopOf(record: ProducerRecord): RunLoop {
    if (this.#closing !== undefined) throw new ClosedError("the producer");
    const { streamName, streamArn } = record;
    if (streamName === undefined && streamArn === undefined) {
      if (this.#default !== undefined) return this.#default;
      throw new InvalidRecordError("streamName", "nothing", "a stream, here or in the options");
    }
    if (streamName !== undefined && streamArn !== undefined) {
      throw new InvalidRecordError("streamArn", "given with streamName", "one of the two");
    }
    const key = (streamArn ?? streamName) as string;
    const stream = streamArn === undefined ? { streamName: streamName as string } : { streamArn };
    return this.#loops.get(key) ?? this.#open(key, stream);
  }

  #open(key: string, stream: StreamRef): RunLoop {
    const config = this.#config;
    const loop = new RunLoop(
      key,
      stream,
      {
        core: config.core,
        requestTimeoutMs: config.requestTimeoutMs,
        shardMapRefreshMs: config.shardMapRefreshMs,
        distributionDefault: config.distributionStrategyDefault,
        maxRecordBytes: config.maxRecordBytes,
      },
      {
        kinesis: config.kinesis,
        clock: config.clock,
        random: config.random,
        logger: config.logger,
        slots: this.#slots,
        signal: this.#abort.signal,
        settle: (settlement) => this.#ledger.settle(settlement),
      },
    );
    this.#loops.set(key, loop);
    loop.setHurry(this.#ledger.isFlushing);
    return loop;
  }
}

/** Returns the canonical explicit hash key. */
function checkRecord(record: ProducerRecord): string | undefined {
  checkPartitionKey(record.partitionKey);
  const { data, explicitHashKey } = record;
  if (typeof data !== "string" && !(data instanceof Uint8Array)) {
    throw new InvalidRecordError("data", typeof data, "a Uint8Array or a string");
  }
  return explicitHashKey === undefined ? undefined : checkExplicitHashKey(explicitHashKey);
}
