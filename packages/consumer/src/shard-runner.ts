/**
 * The data plane: one shard through one tenure, from the take to SHARD_END, release or loss.
 * One loop: read, unpack, deliver, mark progress. It decides nothing that a core can decide.
 */

import {
  type ChildShard,
  type Checkpoint,
  compareCheckpoints,
  effectiveOwner,
  type Failure,
  type Lease,
  type ReceivedRecord,
  type ShardlineError,
  sleep,
} from "@shardline/model";
import { bounded } from "./bounded.ts";
import { ShardCheckpointer } from "./checkpointer.ts";
import { parentGate } from "./core/parents.ts";
import { Progress } from "./core/progress.ts";
import { moved, type ShardPhase, type ShardState, type TenureEnd } from "./core/shard-state.ts";
import { type Finding, Unpacker } from "./core/unpack.ts";
import { Deliver, type Delivery } from "./deliver.ts";
import { ProcessorFailedError, RecordsTrimmedError } from "./errors.ts";
import { Meter } from "./meter.ts";
import type { WorkerConfig } from "./options.ts";
import { PollingSource, startPosition } from "./polling-source.ts";
import type { Ports } from "./ports.ts";
import type { ShardContext } from "./processor.ts";
import { childrenOf, createChildren, type EndStep, writeShardEnd } from "./shard-end.ts";
import type { Reporter } from "./reporter.ts";
import type { StreamWatch } from "./stream-watch.ts";
import type { LeaseVerb, Tenure, TenureWrite } from "./tenure.ts";

export type DrainReason = "stop" | "hand-off" | "surrender";

export interface RunnerEnd {
  readonly end: TenureEnd;
  /** The worker as a whole cannot go on. */
  readonly fatal?: ShardlineError | undefined;
  /** A listing showed that the shard is gone: nobody can read it any more. */
  readonly trimmed?: boolean;
}

export interface RunnerHost {
  readonly config: WorkerConfig;
  readonly ports: Ports;
  readonly watch: StreamWatch;
  readonly reporter: Reporter;
  shareBytes(): number;
  /** A child may be ready: look again soon. */
  poke(): void;
}

export interface ShardStatus {
  readonly shardId: string;
  readonly phase: ShardPhase;
  readonly phaseForMs: number;
  readonly fence: number;
  readonly checkpoint: Checkpoint;
  readonly lastDelivered: Checkpoint;
  readonly uncheckpointedRecords: number;
  readonly millisBehindLatest: number | undefined;
  readonly msSinceProgress: number;
  readonly recordsPerSecond: number;
  readonly bytesPerSecond: number;
}

type Stop =
  | { readonly kind: "lost" }
  | { readonly kind: "drain" }
  | { readonly kind: "end"; readonly children: readonly ChildShard[] }
  | { readonly kind: "blocked" }
  | { readonly kind: "trimmed" }
  | { readonly kind: "fatal"; readonly error: ShardlineError };

/** Between two looks at something that is not as it should be. */
const LOOK_AGAIN_MS = 1_000;
/** An idle shard's progress is written at once, but not more often than this. */
const IDLE_CHECKPOINT_MS = 1_000;

export class ShardRunner {
  readonly shardId: string;
  readonly tenure: Tenure;
  readonly #host: RunnerHost;
  readonly #progress: Progress;
  readonly #checkpointer: ShardCheckpointer;
  readonly #unpacker: Unpacker;
  readonly #source: PollingSource;
  readonly #deliver: Deliver;
  readonly #meter: Meter;
  readonly #start: Checkpoint;
  /** Aborts when a drain is asked for or the lease is lost: ends waits. */
  readonly #wake = new AbortController();
  /** Aborts when the lease is lost or a drain's deadline passed: what the user's functions see. */
  readonly #cutOff = new AbortController();
  #drainReason: DrainReason | undefined;
  #state: ShardState;
  #millisBehindLatest: number | undefined;
  #lastProgressMs: number;
  #lastFlushMs: number;
  #deliveredBytesSinceRenewal = 0;
  #renewedMs: number;
  #leftBehind: Promise<unknown> | undefined;
  #changed: (() => void) | undefined;

  constructor(tenure: Tenure, host: RunnerHost) {
    const { config, ports } = host;
    const nowMs = ports.clock.nowMs();
    const { lease } = tenure;
    this.shardId = lease.leaseKey;
    this.tenure = tenure;
    this.#host = host;
    this.#start = lease.checkpoint;
    this.#progress = new Progress(lease.checkpoint);
    this.#checkpointer = new ShardCheckpointer(this.shardId, tenure, this.#progress, () => {
      this.#changed?.();
    });
    const { hashRangePolicy } = config;
    const { shardId } = this;
    this.#unpacker = new Unpacker(
      { shardId, hashKeyRange: lease.hashKeyRange, hashRangePolicy },
      lease.checkpoint,
    );
    this.#source = new PollingSource(
      startPosition(lease, this.#fallbackStartMs()),
      { ...config, shardId },
      {
        ...ports,
        shareBytes: () => host.shareBytes(),
        onCall: (call, elapsedMs, failed) => host.reporter.read(shardId, call, elapsedMs, failed),
      },
    );
    this.#deliver = new Deliver(this.#deliverHost());
    this.#meter = new Meter(nowMs);
    this.#state = { phase: "starting", sinceMs: nowMs };
    this.#lastProgressMs = nowMs;
    this.#lastFlushMs = nowMs;
    this.#renewedMs = nowMs;
    tenure.signal.addEventListener("abort", () => this.#onLoss(), { once: true });
  }

  /** Settles when a function of the user that was left behind does. */
  get leftBehind(): Promise<unknown> | undefined {
    return this.#leftBehind;
  }

  get isDraining(): boolean {
    return this.#drainReason !== undefined;
  }

  status(): ShardStatus {
    const nowMs = this.#host.ports.clock.nowMs();
    return {
      shardId: this.shardId,
      phase: this.#state.phase,
      phaseForMs: nowMs - this.#state.sinceMs,
      fence: this.tenure.fence,
      checkpoint: this.#progress.durable,
      lastDelivered: this.#progress.lastDelivered,
      uncheckpointedRecords: this.#progress.uncheckpointedRecords,
      millisBehindLatest: this.#millisBehindLatest,
      msSinceProgress: nowMs - this.#lastProgressMs,
      ...this.#meter.rates(nowMs),
    };
  }

  /** Finish the running batch, checkpoint, give the lease back. The first reason counts. */
  drain(reason: DrainReason, timeoutMs: number): void {
    if (this.#drainReason !== undefined) return;
    this.#drainReason = reason;
    this.#wake.abort(reason);
    this.#host.ports.clock.setTimer(timeoutMs, () => this.cut(`${reason}: the time is over`), {
      background: true,
    });
  }

  /** Aborts the signal of the user's functions. */
  cut(reason: string): void {
    if (!this.#cutOff.signal.aborted) this.#cutOff.abort(reason);
  }

  async run(): Promise<RunnerEnd> {
    this.tenure.start({
      handOffAsked: (next) => {
        this.#host.reporter.handOff(this.shardId, this.#host.config.workerId, next);
        this.drain("hand-off", this.#host.config.handOffTimeoutMs);
      },
      dueCheckpoint: () => this.#checkpointer.due(),
      throughputKBps: () => this.#throughput(),
      wrote: (verb, elapsedMs, result) => this.#wrote(verb, elapsedMs, result),
    });
    const stop = (await this.#begin()) ?? (await this.#read());
    this.#source.close();
    const end = await this.#wind(stop);
    this.#move("over");
    this.#host.reporter.over(this.shardId, this.tenure, end.end);
    return end;
  }

  /** The parents once more, now by consistent reads (rule R7), then the user's `onShardStart`. */
  async #begin(): Promise<Stop | undefined> {
    const gate = await this.#parentsDone();
    if (gate !== undefined) return gate;
    const { config } = this.#host;
    const { lease } = this.tenure;
    const { onShardStart } = config;
    if (onShardStart !== undefined) {
      const context = { ...this.#context(), checkpoint: this.#start, pending: lease.pending };
      const stop = await this.#hook(async () => onShardStart(context));
      if (stop !== undefined) return stop;
    }
    this.#host.reporter.started(this.shardId, this.tenure.fence, this.#start);
    return undefined;
  }

  async #parentsDone(): Promise<Stop | undefined> {
    const { lease } = this.tenure;
    const rows = new Map<string, Lease | undefined>();
    if (
      parentGate(lease, () => undefined, undefined).kind === "open" &&
      lease.parentShardIds.length === 0
    ) {
      return undefined;
    }
    const { ports, config, watch } = this.#host;
    const { leaseCallTimeoutMs: timeoutMs } = config;
    for (const parentId of lease.parentShardIds) {
      const read = await bounded(
        ports.clock,
        { timeoutMs, signal: this.tenure.signal },
        (options) => ports.leases.get(parentId, options),
      );
      if (!this.tenure.isHeld()) return { kind: "lost" };
      if (read.kind === "failed") return { kind: "blocked" };
      rows.set(parentId, read.lease);
    }
    const rowOf = (id: string): Lease | undefined => rows.get(id);
    if (parentGate(lease, rowOf, watch.listing).kind === "open") return undefined;
    await watch.refresh();
    if (!this.tenure.isHeld()) return { kind: "lost" };
    return parentGate(lease, rowOf, watch.listing).kind === "open"
      ? undefined
      : { kind: "blocked" };
  }

  async #read(): Promise<Stop> {
    const { config, reporter } = this.#host;
    const limits = { maxRecords: config.maxRecordsPerBatch, maxBytes: config.maxBytesPerBatch };
    for (;;) {
      if (!this.tenure.isHeld()) return { kind: "lost" };
      if (this.isDraining) return { kind: "drain" };
      const batch = this.#unpacker.next(limits);
      if (batch !== undefined) {
        for (const finding of batch.findings) this.#report(finding);
        if (batch.records.length === 0) continue;
        const stop = await this.#process(batch.records, batch.bytes);
        if (stop !== undefined) return stop;
        continue;
      }
      this.#move("reading");
      const event = await this.#source.next(this.#wake.signal);
      switch (event.kind) {
        case "aborted":
          continue;
        case "records":
          this.#sawService(event.millisBehindLatest);
          if (event.trimmed) {
            const resumedAt = event.records[0]?.sequenceNumber;
            reporter.trimmed(this.shardId, this.#start, resumedAt);
            if (config.gapPolicy === "halt") {
              return { kind: "fatal", error: new RecordsTrimmedError(this.shardId, this.#start) };
            }
          }
          this.#unpacker.add(event.records);
          continue;
        case "idle":
          this.#sawService(event.millisBehindLatest);
          this.#flushWhenIdle();
          continue;
        case "stalled":
          this.#stalled("reading", event.forMs);
          continue;
        case "unreadable": {
          const stop = await this.#look(event.failure);
          if (stop !== undefined) return stop;
          continue;
        }
        case "end": {
          const stop = await this.#shardEnd(event.childShards);
          if (stop !== undefined) return stop;
        }
      }
    }
  }

  async #process(records: readonly ReceivedRecord[], bytes: number): Promise<Stop | undefined> {
    const { ports, config } = this.#host;
    const room = await this.#awaitRoom(records.length);
    if (room !== undefined) return room;
    this.#progress.deliver(records);
    const delivery = await this.#deliver.batch(records);
    if (delivery.kind !== "done") return this.#undelivered(delivery);
    const nowMs = ports.clock.nowMs();
    this.#lastProgressMs = nowMs;
    this.#deliveredBytesSinceRenewal += bytes;
    this.#meter.add(records.length, bytes, nowMs);
    const last = records.at(-1);
    if (config.autoCheckpoint && last !== undefined) this.#checkpointer.batchDone(last);
    this.#flushAfter(config.checkpointIntervalMs);
    return undefined;
  }

  #undelivered(delivery: Exclude<Delivery, { kind: "done" }>): Stop {
    switch (delivery.kind) {
      case "lost":
        return { kind: "lost" };
      case "undone":
        return { kind: "drain" };
      case "stuck":
        this.#stalled("processing", delivery.forMs);
        return { kind: "drain" };
      case "halt":
        return { kind: "fatal", error: new ProcessorFailedError(this.shardId, delivery.error) };
    }
  }

  /** Delivery waits while too much of it is not yet durable: the bound on what a crash repeats. */
  async #awaitRoom(records: number): Promise<Stop | undefined> {
    const { maxUncheckpointedRecords } = this.#host.config;
    while (
      this.#progress.uncheckpointedRecords > 0 &&
      this.#progress.uncheckpointedRecords + records > maxUncheckpointedRecords
    ) {
      if (!this.tenure.isHeld()) return { kind: "lost" };
      if (this.isDraining) return { kind: "drain" };
      this.#move("awaiting-checkpoint");
      await this.#advanceCheckpoint();
    }
    return undefined;
  }

  /** Writes what is done; if nothing new is, waits until something is, or a drain, or the loss. */
  async #advanceCheckpoint(): Promise<void> {
    if (this.#progress.hasNews) {
      const result = await this.#flush();
      if (result === "ok" || result === "lost") return;
      await this.#pause(LOOK_AGAIN_MS);
      return;
    }
    const { signal } = this.#wake;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.#changed = undefined;
        signal.removeEventListener("abort", done);
        resolve();
      };
      this.#changed = done;
      if (signal.aborted) done();
      else signal.addEventListener("abort", done, { once: true });
    });
  }

  /** The service said that the shard is read to its end. */
  async #shardEnd(told: readonly ChildShard[]): Promise<Stop | undefined> {
    const { watch } = this.#host;
    this.#move("ending");
    while (!this.#progress.complete || this.#progress.hasNews) {
      if (!this.tenure.isHeld()) return { kind: "lost" };
      if (this.isDraining) return { kind: "drain" };
      await this.#advanceCheckpoint();
    }
    const children = await childrenOf(this.shardId, told, watch);
    if (!this.tenure.isHeld()) return { kind: "lost" };
    if (children !== undefined && !("kind" in children)) return { kind: "end", children };
    this.#source.reopen();
    await this.#pause(LOOK_AGAIN_MS);
    return undefined;
  }

  /** ResourceNotFound, or a position that the service refuses: never SHARD_END (rule R11). */
  async #look(failure: Failure): Promise<Stop | undefined> {
    const { watch, reporter, config } = this.#host;
    const verdict = await watch.verify();
    if (!this.tenure.isHeld()) return { kind: "lost" };
    if (verdict.kind === "gone") return { kind: "fatal", error: verdict.error };
    if (verdict.kind === "same") {
      const failed = await watch.refresh();
      if (!this.tenure.isHeld()) return { kind: "lost" };
      if (failed === undefined && watch.listing?.has(this.shardId) === false) {
        reporter.trimmed(this.shardId, this.#progress.durable, undefined);
        return { kind: "trimmed" };
      }
      if (failure.reason === "invalid") {
        reporter.trimmed(this.shardId, this.#progress.durable, undefined);
        if (config.gapPolicy === "halt") {
          return { kind: "fatal", error: new RecordsTrimmedError(this.shardId, this.#start) };
        }
        this.#source.restart({ kind: "trim-horizon" });
      }
    }
    await this.#pause(LOOK_AGAIN_MS);
    return undefined;
  }

  /** What is left to do once the loop is over. */
  async #wind(stop: Stop): Promise<RunnerEnd> {
    switch (stop.kind) {
      case "lost":
        return this.#lost();
      case "end":
        return this.#end(stop.children);
      case "blocked":
        return this.#release("blocked");
      case "trimmed":
        return { ...(await this.#release("surrendered")), trimmed: true };
      case "fatal":
        this.#drainReason ??= "surrender";
        return { ...(await this.#drained()), fatal: stop.error };
      case "drain":
        return this.#drained();
    }
  }

  async #end(children: readonly ChildShard[]): Promise<RunnerEnd> {
    const { config, ports, watch, reporter } = this.#host;
    const { onShardEnd } = config;
    const childShardIds = children.map(({ shardId }) => shardId);
    const steps: (() => Promise<EndStep | "drain">)[] = [
      () =>
        createChildren(
          children,
          watch.identity,
          config.leaseCallTimeoutMs,
          this.tenure,
          ports,
          (id) =>
            reporter.leaseCreated(id, "child", {
              sequenceNumber: "TRIM_HORIZON",
              subSequenceNumber: 0,
            }),
        ),
      async () => {
        if (onShardEnd === undefined) return "ok";
        const context = { ...this.#context(), childShardIds };
        const stopped = await this.#hook(async () => onShardEnd(context));
        if (stopped === undefined) return "ok";
        return stopped.kind === "lost" ? "lost" : "drain";
      },
      () => writeShardEnd(this.tenure),
    ];
    for (const step of steps) {
      for (;;) {
        const result = await step();
        if (result === "ok") break;
        if (result === "lost" || !this.tenure.isHeld()) return this.#lost();
        if (result === "drain" || this.isDraining) return this.#drained();
        await this.#pause(LOOK_AGAIN_MS);
      }
    }
    reporter.ended(this.shardId, childShardIds);
    this.#host.poke();
    await this.tenure.release();
    return { end: "ended" };
  }

  /** Last checkpoint, `onStop`, release. */
  async #drained(): Promise<RunnerEnd> {
    const { onStop } = this.#host.config;
    const why = this.#drainReason ?? "surrender";
    if (!this.tenure.isHeld()) return this.#lost();
    this.#move("draining");
    if (onStop !== undefined && this.#leftBehind === undefined) {
      const context = { ...this.#context(), why, checkpoint: this.#checkpointer.face };
      const result = await this.#deliver.guarded(async () => onStop(context));
      if (result.kind === "threw") this.#host.reporter.hookFailed(this.shardId, result.error);
    }
    await this.#flush();
    if (!this.tenure.isHeld()) return this.#lost();
    return this.#release(why === "surrender" ? "surrendered" : "released");
  }

  async #release(end: TenureEnd): Promise<RunnerEnd> {
    const result = await this.tenure.release();
    return result.kind === "ok" ? { end } : this.#lost();
  }

  async #lost(): Promise<RunnerEnd> {
    const { onLeaseLost } = this.#host.config;
    const reason = this.tenure.loss ?? "released";
    if (onLeaseLost !== undefined) {
      const { signal: _, ...context } = this.#context();
      const result = await this.#deliver.guarded(async () => onLeaseLost({ ...context, reason }));
      if (result.kind === "threw") this.#host.reporter.hookFailed(this.shardId, result.error);
    }
    return { end: "lost" };
  }

  /** `onShardStart` and `onShardEnd`: tried a few times, then the lease is given up. */
  async #hook(run: () => Promise<unknown>): Promise<Stop | undefined> {
    const { maxAttempts, retryCapMs, retryBaseMs } = this.#host.config;
    for (let attempt = 1; ; attempt++) {
      if (!this.tenure.isHeld()) return { kind: "lost" };
      if (this.isDraining) return { kind: "drain" };
      const result = await this.#deliver.guarded(run);
      if (!this.tenure.isHeld()) return { kind: "lost" };
      if (result.kind === "returned") return undefined;
      if (result.kind === "threw") this.#host.reporter.hookFailed(this.shardId, result.error);
      if (result.kind !== "threw" || attempt >= maxAttempts) {
        this.#stalled(this.#state.phase, this.#host.ports.clock.nowMs() - this.#state.sinceMs);
        return { kind: "drain" };
      }
      await this.#pause(Math.min(retryCapMs, retryBaseMs * 2 ** attempt));
    }
  }

  #stalled(phase: string, forMs: number): void {
    this.#host.reporter.stalled(this.shardId, phase, forMs);
    this.drain("surrender", this.#host.config.handOffTimeoutMs);
  }

  #onLoss(): void {
    this.#wake.abort("lease lost");
    this.cut("lease lost");
    this.#source.close();
    this.#changed?.();
  }

  #flush(): ReturnType<ShardCheckpointer["flush"]> {
    this.#lastFlushMs = this.#host.ports.clock.nowMs();
    return this.#checkpointer.flush();
  }

  /** In the background: the next batch does not wait for it. */
  #flushAfter(intervalMs: number): void {
    if (!this.#progress.hasNews) return;
    if (this.#host.ports.clock.nowMs() - this.#lastFlushMs < intervalMs) return;
    void this.#flush();
  }

  #flushWhenIdle(): void {
    this.#flushAfter(Math.min(IDLE_CHECKPOINT_MS, this.#host.config.checkpointIntervalMs));
  }

  #sawService(millisBehindLatest: number | undefined): void {
    this.#millisBehindLatest = millisBehindLatest;
    this.#lastProgressMs = this.#host.ports.clock.nowMs();
    if (millisBehindLatest !== undefined)
      this.#host.reporter.behind(this.shardId, millisBehindLatest);
  }

  async #pause(delayMs: number): Promise<void> {
    try {
      await sleep(this.#host.ports.clock, delayMs, { signal: this.#wake.signal });
    } catch {
      // Woken by a drain or the loss: the caller looks at both.
    }
  }

  #throughput(): number | undefined {
    const nowMs = this.#host.ports.clock.nowMs();
    const elapsedMs = nowMs - this.#renewedMs;
    if (elapsedMs <= 0) return undefined;
    const kbps = this.#deliveredBytesSinceRenewal / 1024 / (elapsedMs / 1000);
    this.#deliveredBytesSinceRenewal = 0;
    this.#renewedMs = nowMs;
    return Number(kbps.toFixed(6));
  }

  #wrote(verb: LeaseVerb, elapsedMs: number, result: TenureWrite): void {
    const { reporter } = this.#host;
    reporter.leaseWrite(this.shardId, verb, elapsedMs, result);
    if (result.kind !== "ok" || verb !== "checkpoint") return;
    const { checkpoint, pending } = result.lease;
    reporter.checkpointed(this.shardId, this.tenure.fence, checkpoint, pending?.checkpoint);
  }

  #report(finding: Finding): void {
    this.#host.reporter.finding(this.shardId, finding);
  }

  #move(phase: ShardPhase): void {
    const nowMs = this.#host.ports.clock.nowMs();
    if (this.#state.phase !== phase) this.#state = moved(this.#state, phase, nowMs);
  }

  /** For rows of the KCL, which say LATEST or AT_TIMESTAMP without an instant. */
  #fallbackStartMs(): number {
    const { initialPosition, clock } = this.#host.config;
    return initialPosition.kind === "at-timestamp" ? initialPosition.timestampMs : clock.wallMs();
  }

  #context(): ShardContext {
    const { config, watch } = this.#host;
    return {
      shardId: this.shardId,
      streamName: watch.streamName,
      workerId: config.workerId,
      fence: this.tenure.fence,
      signal: this.#cutOff.signal,
    };
  }

  #deliverHost(): ConstructorParameters<typeof Deliver>[0] {
    const { config, ports, reporter } = this.#host;
    const { shardId } = this;
    return {
      config,
      clock: ports.clock,
      isHeld: () => this.tenure.isHeld(),
      isDraining: () => this.isDraining,
      cutOff: this.#cutOff.signal,
      wake: this.#wake.signal,
      context: (records, attempt) => ({
        ...this.#context(),
        records,
        attempt,
        checkpoint: this.#checkpointer.face,
        acknowledge: this.#checkpointer.acknowledge,
        millisBehindLatest: this.#millisBehindLatest,
      }),
      letter: (records, error, attempts) => ({ ...this.#context(), records, error, attempts }),
      phase: (phase) => this.#move(phase),
      cut: (reason) => this.cut(reason),
      processed: (records, elapsedMs) => reporter.processed(shardId, records, elapsedMs),
      failed: (records, attempt, error) =>
        reporter.processorFailed(shardId, records, attempt, error),
      deadLettered: (records, error) => reporter.deadLettered(shardId, records, error),
      leftBehind: (call) => {
        this.#leftBehind = call;
      },
    };
  }
}

/** The row says that `workerId` should let go of what it holds. */
export function isAskedOf(row: Lease, workerId: string): boolean {
  return row.checkpointOwner === workerId && effectiveOwner(row) === workerId;
}

/** Is `a` further than `b`? */
export function isFurther(a: Checkpoint, b: Checkpoint): boolean {
  return compareCheckpoints(a, b) > 0;
}
