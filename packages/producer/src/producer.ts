import { setMaxListeners } from "node:events";
import {
  AbortedError,
  ClosedError,
  type InvalidOptionsError,
  InvalidRecordError,
  type StreamRef,
  type Timer,
} from "@shardline/model";
import { Admission } from "./admission.ts";
import type { PutOutcome } from "./batch.ts";
import { checkCloseOptions, type CloseOptions } from "./close-options.ts";
import { producerEvents } from "./diagnostics.ts";
import { Encoding } from "./encoding.ts";
import { RecordRejectedError } from "./errors.ts";
import { Intake, type RecordSource } from "./intake.ts";
import { Ledger } from "./ledger.ts";
import { type ProducerConfig, producerConfig, type ProducerOptions } from "./options.ts";
import type { ProducerRecord } from "./record.ts";
import type { PutResult } from "./result.ts";
import { Reporter } from "./reporter.ts";
import { RunLoop } from "./run-loop.ts";
import { Slots } from "./slots.ts";

export interface WaitOptions {
  /** Ends the wait, not what was waited for. */
  readonly signal?: AbortSignal | undefined;
}

export interface ConsumeOptions extends WaitOptions {
  /** Called for each record that was not stored, or possibly not. */
  readonly onFailure?: ((error: Error, index: number) => void) | undefined;
}

export interface ConsumeReport {
  readonly stored: number;
  readonly failed: number;
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
  readonly #intake: Intake;
  readonly #reporter: Reporter | undefined;
  readonly #abort = new AbortController();
  readonly #loops = new Map<string, RunLoop>();
  readonly #default: RunLoop | undefined;
  #closing: Promise<CloseReport> | undefined;

  /** @throws InvalidOptionsError */
  constructor(options: ProducerOptions) {
    this.#config = producerConfig(options);
    // Every request in flight listens to it: no leak for Node.js to warn of.
    setMaxListeners(0, this.#abort.signal);
    const { maxBufferedBytes, maxBufferedRecords, maxInFlightRequests } = this.#config;
    const { clock } = this.#config;
    const bounds = { maxBytes: maxBufferedBytes, maxRecords: maxBufferedRecords };
    this.#admission = new Admission(bounds, clock);
    this.#ledger = new Ledger(this.#admission, clock);
    this.#slots = new Slots(maxInFlightRequests);
    this.#reporter = Reporter.from(this.#config);
    this.#intake = new Intake({
      admission: this.#admission,
      ledger: this.#ledger,
      encoding: new Encoding(this.#config),
      recordTtlMs: this.#config.core.recordTtlMs,
      loopOf: (record) => this.#loopOf(record),
    });
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
    return this.#intake.put(record, options?.signal);
  }

  /** As put(), but where there is no room it takes nothing and returns undefined. */
  tryPut(record: ProducerRecord): Promise<PutResult> | undefined {
    return this.#admission.isFull ? undefined : this.put(record);
  }

  /**
   * Resolves when there is room for a record, so that a caller can keep its records until then.
   * @throws (by rejection) AbortedError, ClosedError.
   */
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
   * Puts all records, taking each from `records` when there is room for it. Resolves when all are
   * settled, with an outcome for each in order; a record that fails does not reject the whole.
   * Cheaper than as many calls of put().
   * @throws (by rejection) what `records` throws, after what came before it is settled.
   */
  async putMany(records: RecordSource, options: WaitOptions = {}): Promise<PutOutcome[]> {
    const outcomes: PutOutcome[] = [];
    await this.#intake.putEach(
      records,
      (index, outcome) => {
        outcomes[index] = outcome;
      },
      options.signal,
    );
    return outcomes;
  }

  /**
   * Puts an endless source as fast as there is room, and keeps no results. Each failure goes to
   * `onFailure`, without which the first one rejects once everything is settled.
   */
  async consume(records: RecordSource, options: ConsumeOptions = {}): Promise<ConsumeReport> {
    let stored = 0;
    const failures: Error[] = [];
    let failed = 0;
    await this.#intake.putEach(
      records,
      (index, outcome) => {
        if (outcome.status === "ok") stored++;
        else {
          failed++;
          if (options.onFailure !== undefined) options.onFailure(outcome.error, index);
          else if (failures.length === 0) failures.push(outcome.error);
        }
      },
      options.signal,
    );
    const [first] = failures;
    if (first !== undefined) throw first;
    return { stored, failed };
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
   * @throws (by rejection) InvalidOptionsError; the producer is as it was.
   * KPL counterpart: `flushSync` and `destroy`.
   */
  close(options: CloseOptions = {}): Promise<CloseReport> {
    try {
      const checked = checkCloseOptions(options);
      this.#closing ??= this.#close(checked);
    } catch (error) {
      return Promise.reject(error as InvalidOptionsError);
    }
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
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
    const loop: RunLoop = new RunLoop(
      key,
      stream,
      {
        core: config.core,
        requestTimeoutMs: config.requestTimeoutMs,
        shardMapRefreshMs: config.shardMapRefreshMs,
        distributionDefault: config.distributionStrategyDefault,
        maxRecordBytes: config.maxRecordBytes,
        lambda: config.lambda,
        idleMs: key === (config.streamArn ?? config.streamName) ? undefined : config.streamIdleMs,
      },
      {
        kinesis: config.kinesis,
        clock: config.clock,
        random: config.random,
        logger: config.logger,
        slots: this.#slots,
        signal: this.#abort.signal,
        settle: (settlement) => this.#ledger.settle(settlement),
        reporter: this.#reporter,
        idle: () => {
          loop.stop();
          this.#loops.delete(key);
        },
      },
    );
    this.#loops.set(key, loop);
    loop.setHurry(this.#ledger.isFlushing);
    return loop;
  }
}
