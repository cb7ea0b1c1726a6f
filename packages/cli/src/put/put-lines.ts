/** Lines in, acknowledgements out, with a bound on what is under way. */

import {
  type Clock,
  deferred,
  limits,
  ShardlineError,
  sleep,
  type UserRecord,
} from "@shardline/model";
import type { PutResult } from "@shardline/producer";
import { CliError } from "../errors.ts";
import { readLines } from "../lines.ts";
import type { KeyOfLine } from "../partition-key.ts";

/** What `put` needs of a producer. */
export interface PutTarget {
  put(record: UserRecord): Promise<PutResult>;
}

export interface PutLinesOptions {
  readonly source: AsyncIterable<Uint8Array>;
  readonly keyOf: KeyOfLine;
  readonly clock: Clock;
  /** Undefined: as fast as the stream takes them. */
  readonly recordsPerSecond: number | undefined;
  readonly signal: AbortSignal;
  readonly onAcknowledged?: (lineNumber: number, result: PutResult) => void;
  readonly counts: PutCounts;
}

/** Kept up to date while it runs, for the progress and the summary. */
export interface PutCounts {
  records: number;
  acknowledged: number;
  failed: number;
  bytes: number;
  /** Lines that the key pattern did not match. */
  unmatched: number;
}

export function newCounts(): PutCounts {
  return { records: 0, acknowledged: 0, failed: 0, bytes: 0, unmatched: 0 };
}

const MAX_OUTSTANDING_RECORDS = 20_000;
const MAX_OUTSTANDING_BYTES: number = 32 * 1024 * 1024;

/**
 * Resolves when every line is acknowledged. At the first line that fails, or when `signal` aborts, it
 * reads no further, waits for what was begun and throws.
 * @throws CliError that names the line, or says how far it came.
 */
export async function putLines(target: PutTarget, options: PutLinesOptions): Promise<void> {
  const { signal, counts } = options;
  const flight = new Flight(target, options);
  const mayGoOn = (): boolean => !signal.aborted && flight.failure === undefined;
  try {
    for await (const lines of readLines(options.source, limits.MAX_MAX_RECORD_BYTES)) {
      for (const line of lines) {
        if (mayGoOn()) await flight.put(line);
      }
      if (!mayGoOn()) break;
    }
  } catch (error) {
    // A source that ends because of the signal throws an error that says less.
    if (!signal.aborted) throw error;
  } finally {
    await flight.landed();
  }
  const { acknowledged } = counts;
  if (flight.failure !== undefined) {
    throw new CliError(`${flight.failure} (${acknowledged} acknowledged)`);
  }
  if (signal.aborted) throw stoppedEarly(acknowledged);
}

export function stoppedEarly(acknowledged: number): CliError {
  return new CliError(`stopped before the end of the input (${acknowledged} acknowledged)`);
}

class Flight {
  readonly #target: PutTarget;
  readonly #options: PutLinesOptions;
  readonly #startedMs: number;
  #outstanding = 0;
  #outstandingBytes = 0;
  #wake: (() => void) | undefined;
  /** What is wrong with the first line that failed. */
  failure: string | undefined;

  constructor(target: PutTarget, options: PutLinesOptions) {
    this.#target = target;
    this.#options = options;
    this.#startedMs = options.clock.nowMs();
  }

  /** Resolves when the next line may come. */
  async put(data: Buffer): Promise<void> {
    const { counts, keyOf, onAcknowledged } = this.#options;
    const { partitionKey, matched } = keyOf(data);
    const lineNumber = ++counts.records;
    counts.bytes += data.length;
    if (!matched) counts.unmatched++;
    this.#outstanding++;
    this.#outstandingBytes += data.length;
    this.#target.put({ partitionKey, data }).then(
      (result) => {
        counts.acknowledged++;
        onAcknowledged?.(lineNumber, result);
        this.#land(data.length);
      },
      (error: unknown) => {
        counts.failed++;
        this.failure ??= lineFailed(lineNumber, error);
        this.#land(data.length);
      },
    );
    await this.#pace(lineNumber);
    while (
      this.#outstanding >= MAX_OUTSTANDING_RECORDS ||
      this.#outstandingBytes >= MAX_OUTSTANDING_BYTES
    ) {
      await this.#landing();
    }
  }

  async landed(): Promise<void> {
    while (this.#outstanding > 0) await this.#landing();
  }

  async #pace(records: number): Promise<void> {
    const { clock, recordsPerSecond, signal } = this.#options;
    if (recordsPerSecond === undefined) return;
    const dueMs = this.#startedMs + (records * 1000) / recordsPerSecond;
    const waitMs = dueMs - clock.nowMs();
    // Timers are no finer than this; shorter waits add up to the next one.
    if (waitMs < 5) return;
    await sleep(clock, waitMs, { signal }).catch(() => undefined);
  }

  #landing(): Promise<void> {
    const { promise, resolve } = deferred<void>();
    this.#wake = resolve;
    return promise;
  }

  #land(bytes: number): void {
    this.#outstanding--;
    this.#outstandingBytes -= bytes;
    this.#wake?.();
    this.#wake = undefined;
  }
}

function lineFailed(lineNumber: number, error: unknown): string {
  return `line ${lineNumber}: ${error instanceof Error ? error.message : String(error)}${adviceFor(error)}`;
}

function adviceFor(error: unknown): string {
  if (!ShardlineError.isShardlineError(error) || error.code !== "INVALID_RECORD") return "";
  const field = "field" in error ? error.field : undefined;
  if (field === "partitionKey") return ": change --key-pattern so that it finds a key in this line";
  return ": split the line up, or raise the stream's MaxRecordSize";
}
