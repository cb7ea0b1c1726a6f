/** The data plane's one loop: read, unpack, deliver, mark progress, until something ends it. */

import { type ChildShard, type Failure, type ReceivedRecord } from "@shardline/model";
import type { ShardCheckpointer } from "./checkpointer.ts";
import { Unpacker } from "./core/unpack.ts";
import type { Delivery } from "./deliver.ts";
import { ProcessorFailedError, RecordsTrimmedError } from "./errors.ts";
import { PollingSource, type SourceEvent, startPosition } from "./polling-source.ts";
import { childrenOf } from "./shard-end.ts";
import { LOOK_AGAIN_MS, type ShardSession, type Stop } from "./shard-session.ts";

/** An idle shard's progress is written at once, but not more often than this. */
const IDLE_CHECKPOINT_MS = 1_000;

export class ShardReader {
  readonly #session: ShardSession;
  readonly #unpacker: Unpacker;
  readonly #source: PollingSource;
  #lastFlushMs: number;
  #bytesSinceRenewal = 0;
  #renewedMs: number;

  constructor(session: ShardSession) {
    const { config, host, shardId, reporter } = session;
    const { lease } = session.tenure;
    this.#session = session;
    const { hashRangePolicy } = config;
    const { hashKeyRange } = lease;
    this.#unpacker = new Unpacker({ shardId, hashKeyRange, hashRangePolicy }, session.start);
    const start = startPosition(lease, fallbackStartMs(session));
    this.#source = new PollingSource(
      start,
      { ...config, shardId, retentionMs: host.watch.retentionMs },
      {
        ...host.ports,
        slots: host.readSlots,
        shareBytes: () => host.shareBytes(),
        onCall: (call, elapsedMs, failed) => reporter.read(shardId, call, elapsedMs, failed),
      },
    );
    this.#lastFlushMs = session.nowMs;
    this.#renewedMs = session.nowMs;
  }

  async run(): Promise<Stop> {
    try {
      for (;;) {
        const stop = await this.#step();
        if (stop !== undefined) return stop;
      }
    } finally {
      this.#source.close();
    }
  }

  /** KB/s delivered since it was last asked, for the lease row. */
  throughputKBps(): number | undefined {
    const { nowMs } = this.#session;
    const elapsedMs = nowMs - this.#renewedMs;
    if (elapsedMs <= 0) return undefined;
    const kbps = this.#bytesSinceRenewal / 1024 / (elapsedMs / 1000);
    this.#bytesSinceRenewal = 0;
    this.#renewedMs = nowMs;
    return Number(kbps.toFixed(6));
  }

  async #step(): Promise<Stop | undefined> {
    const { config, shardId, reporter } = this.#session;
    const interrupted = this.#session.interrupted();
    if (interrupted !== undefined) return interrupted;
    const batch = this.#unpacker.next({
      maxRecords: config.maxRecordsPerBatch,
      maxBytes: config.maxBytesPerBatch,
    });
    if (batch === undefined) {
      this.#session.move("reading");
      return this.#follow(await this.#source.next(this.#session.wake));
    }
    for (const finding of batch.findings) reporter.finding(shardId, finding);
    return batch.records.length === 0 ? undefined : this.#process(batch.records, batch.bytes);
  }

  async #follow(event: SourceEvent): Promise<Stop | undefined> {
    switch (event.kind) {
      case "aborted":
        return undefined;
      case "records":
        this.#sawService(event.millisBehindLatest);
        this.#unpacker.add(event.records);
        if (event.trimmedAfter === undefined) return undefined;
        return this.#gap(event.trimmedAfter, event.records[0]?.sequenceNumber);
      case "idle":
        this.#sawService(event.millisBehindLatest);
        this.#flushAfter(Math.min(IDLE_CHECKPOINT_MS, this.#session.config.checkpointIntervalMs));
        return undefined;
      case "stalled":
        this.#session.surrender("reading", event.forMs);
        return undefined;
      case "unreadable":
        return this.#look(event.failure);
      case "end":
        return this.#shardEnd(event.childShards);
    }
  }

  async #process(records: readonly ReceivedRecord[], bytes: number): Promise<Stop | undefined> {
    const session = this.#session;
    const noRoom = await this.#awaitRoom(records.length);
    if (noRoom !== undefined) return noRoom;
    session.progress.deliver(records);
    const delivery = await session.deliver.batch(records);
    if (delivery.kind !== "done") return this.#undelivered(delivery);
    const { nowMs } = session;
    session.lastProgressMs = nowMs;
    session.meter.add(records.length, bytes, nowMs);
    this.#bytesSinceRenewal += bytes;
    const last = records.at(-1);
    if (session.config.autoCheckpoint && last !== undefined) session.checkpointer.batchDone(last);
    this.#flushAfter(session.config.checkpointIntervalMs);
    return undefined;
  }

  #undelivered(delivery: Exclude<Delivery, { kind: "done" }>): Stop {
    const { shardId } = this.#session;
    switch (delivery.kind) {
      case "lost":
        return { kind: "lost" };
      case "undone":
        return { kind: "drain" };
      case "stuck":
        this.#session.surrender("processing", delivery.forMs);
        return { kind: "drain" };
      case "halt":
        return { kind: "fatal", error: new ProcessorFailedError(shardId, delivery.error) };
    }
  }

  /** Delivery waits while too much of it is not yet durable: the bound on what a crash repeats. */
  async #awaitRoom(records: number): Promise<Stop | undefined> {
    const { progress, config } = this.#session;
    for (;;) {
      const { uncheckpointedRecords } = progress;
      if (uncheckpointedRecords === 0) return undefined;
      if (uncheckpointedRecords + records <= config.maxUncheckpointedRecords) return undefined;
      this.#session.move("awaiting-checkpoint");
      await this.#advanceCheckpoint();
      const interrupted = this.#session.interrupted();
      if (interrupted !== undefined) return interrupted;
    }
  }

  /** Writes what is done; if nothing new is, waits until something is, or a drain, or the loss. */
  async #advanceCheckpoint(): Promise<void> {
    if (!this.#session.progress.hasNews) {
      await this.#session.changed();
      return;
    }
    const result = await this.#flush();
    if (typeof result !== "string") await this.#session.pause(LOOK_AGAIN_MS);
  }

  /** The service said that the shard is read to its end (rule R11). */
  async #shardEnd(told: readonly ChildShard[]): Promise<Stop | undefined> {
    const session = this.#session;
    session.move("ending");
    while (!session.progress.complete || session.progress.hasNews) {
      await this.#advanceCheckpoint();
      const interrupted = session.interrupted();
      if (interrupted !== undefined) return interrupted;
    }
    const children = await childrenOf(session.shardId, told, session.host.watch);
    if (!session.tenure.isHeld()) return { kind: "lost" };
    if (children !== undefined && !("kind" in children)) return { kind: "end", children };
    this.#source.reopen();
    await session.pause(LOOK_AGAIN_MS);
    return undefined;
  }

  /** ResourceNotFound, or a position that the service refuses: never SHARD_END (rule R11). */
  async #look(failure: Failure): Promise<Stop | undefined> {
    const { host, tenure, reporter, shardId, progress } = this.#session;
    const verdict = await host.watch.verify();
    if (!tenure.isHeld()) return { kind: "lost" };
    if (verdict.kind === "gone") return { kind: "fatal", error: verdict.error };
    if (verdict.kind === "same") {
      const failed = await host.watch.refresh();
      if (!tenure.isHeld()) return { kind: "lost" };
      if (failed === undefined && host.watch.listing?.has(shardId) === false) {
        reporter.trimmed(shardId, progress.durable, undefined);
        return { kind: "trimmed" };
      }
      if (failure.reason === "invalid") {
        this.#source.restart({ kind: "trim-horizon" });
        return this.#gap(progress.durable.sequenceNumber, undefined);
      }
    }
    await this.#session.pause(LOOK_AGAIN_MS);
    return undefined;
  }

  /** F46: what was after the checkpoint may be gone. */
  #gap(sequenceNumber: string, resumedAt: string | undefined): Stop | undefined {
    const { reporter, shardId, start, config } = this.#session;
    const atStart = sequenceNumber === start.sequenceNumber;
    const after = atStart ? start : { sequenceNumber, subSequenceNumber: 0 };
    reporter.trimmed(shardId, after, resumedAt);
    if (config.gapPolicy === "continue") return undefined;
    return { kind: "fatal", error: new RecordsTrimmedError(shardId, after) };
  }

  #flush(): ReturnType<ShardCheckpointer["flush"]> {
    this.#lastFlushMs = this.#session.nowMs;
    return this.#session.checkpointer.flush();
  }

  /** In the background: the next batch does not wait for it. */
  #flushAfter(intervalMs: number): void {
    const { progress, nowMs } = this.#session;
    if (progress.hasNews && nowMs - this.#lastFlushMs >= intervalMs) void this.#flush();
  }

  #sawService(millisBehindLatest: number | undefined): void {
    const session = this.#session;
    session.millisBehindLatest = millisBehindLatest;
    session.lastProgressMs = session.nowMs;
    if (millisBehindLatest === undefined) return;
    session.reporter.behind(session.shardId, millisBehindLatest);
  }
}

/** For rows of the KCL, which say LATEST or AT_TIMESTAMP without an instant. */
function fallbackStartMs({ config }: ShardSession): number {
  const { initialPosition, clock } = config;
  return initialPosition.kind === "at-timestamp" ? initialPosition.timestampMs : clock.wallMs();
}
