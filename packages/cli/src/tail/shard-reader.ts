/** Reads one shard from a position to its end, without a lease, and hands over each answer. */

import {
  backoffMs,
  type CallOptions,
  type ChildShard,
  type Clock,
  type Failure,
  type FailureReason,
  type GetRecordsAnswer,
  type IteratorPosition,
  type KinesisApi,
  type KinesisRecord,
  limits,
  type Outcome,
  type Random,
  type StreamRef,
  sleep,
} from "@shardline/model";

export interface ShardReaderPorts {
  readonly kinesis: KinesisApi;
  readonly clock: Clock;
  readonly random: Random;
}

export interface ShardReaderOptions {
  readonly stream: StreamRef;
  readonly shardId: string;
  readonly position: IteratorPosition;
  /** Go on when all is read, or end there. */
  readonly follow: boolean;
  readonly signal: AbortSignal;
  /** Awaited before the next read: a slow reader of ours slows the reading. */
  readonly deliver: (records: readonly KinesisRecord[]) => Promise<void>;
}

export type ShardReadEnd =
  | { readonly kind: "shard-end"; readonly childShards: readonly ChildShard[] }
  | { readonly kind: "caught-up" }
  | { readonly kind: "stopped" }
  | Failure;

const CALL_TIMEOUT_MS = 10_000;
const BEHIND_PAUSE_MS: number = 1000 / limits.SHARD_READ_CALLS_PER_SECOND;
const IDLE_PAUSE_MS = 500;
const BACKOFF = { baseMs: 200, capMs: 5000 };
/** About ten seconds of an unreachable service. Throttling is waited out for ever. */
const MAX_FAILURES_IN_A_ROW = 8;
const FINAL: ReadonlySet<FailureReason> = new Set(["not-found", "denied", "invalid", "kms"]);

export class ShardReader {
  readonly #ports: ShardReaderPorts;
  readonly #options: ShardReaderOptions;
  readonly #call: CallOptions;
  #position: IteratorPosition;
  #iterator: string | undefined;
  #failuresInARow = 0;

  constructor(ports: ShardReaderPorts, options: ShardReaderOptions) {
    this.#ports = ports;
    this.#options = options;
    this.#position = options.position;
    this.#call = { timeoutMs: CALL_TIMEOUT_MS, signal: options.signal };
  }

  /** Rejects only with what `deliver` rejects with. */
  async run(): Promise<ShardReadEnd> {
    const { signal } = this.#options;
    while (!signal.aborted) {
      const answer = await this.#read();
      const end = answer.kind === "ok" ? await this.#accept(answer) : await this.#recover(answer);
      if (end !== undefined) return end;
    }
    return { kind: "stopped" };
  }

  async #read(): Promise<Outcome<GetRecordsAnswer>> {
    const { stream, shardId } = this.#options;
    const { kinesis } = this.#ports;
    if (this.#iterator === undefined) {
      const request = { stream, shardId, position: this.#position };
      const opened = await kinesis.getShardIterator(request, this.#call);
      if (opened.kind === "failed") return opened;
      this.#iterator = opened.shardIterator;
      if (this.#position.kind === "latest") {
        // Should this iterator expire, "latest" would then be later, and what came between lost.
        this.#position = { kind: "at-timestamp", timestampMs: this.#ports.clock.wallMs() };
      }
    }
    const maxRecords = limits.MAX_GET_RECORDS_RECORDS;
    return kinesis.getRecords({ stream, shardIterator: this.#iterator, maxRecords }, this.#call);
  }

  async #accept(answer: GetRecordsAnswer): Promise<ShardReadEnd | undefined> {
    this.#failuresInARow = 0;
    const last = answer.records.at(-1);
    if (last !== undefined) {
      await this.#options.deliver(answer.records);
      this.#position = { kind: "after-sequence-number", sequenceNumber: last.sequenceNumber };
    }
    this.#iterator = answer.nextShardIterator;
    if (this.#iterator === undefined) {
      return { kind: "shard-end", childShards: answer.childShards };
    }
    const caughtUp = (answer.millisBehindLatest ?? answer.records.length) === 0;
    if (caughtUp && !this.#options.follow) return { kind: "caught-up" };
    await this.#pause(caughtUp ? IDLE_PAUSE_MS : BEHIND_PAUSE_MS);
    return undefined;
  }

  async #recover(failed: Failure): Promise<Failure | undefined> {
    if (FINAL.has(failed.reason)) return failed;
    if (failed.reason === "expired-iterator") this.#iterator = undefined;
    if (failed.reason !== "throttled") this.#failuresInARow++;
    if (this.#failuresInARow > MAX_FAILURES_IN_A_ROW) return failed;
    const attempt = Math.max(1, this.#failuresInARow);
    await this.#pause(BACKOFF.baseMs + backoffMs(BACKOFF, attempt, this.#ports.random));
    return undefined;
  }

  async #pause(waitMs: number): Promise<void> {
    const { signal } = this.#options;
    // Only the signal can end it early, and the loop looks at the signal next.
    await sleep(this.#ports.clock, waitMs, { signal }).catch(() => undefined);
  }
}
