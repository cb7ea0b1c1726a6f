/**
 * What the parts of one tenure share: the lease, the progress, the signals, the phase, and the
 * functions of the user under their guard.
 */

import {
  type Checkpoint,
  type ChildShard,
  type ReceivedRecord,
  type ShardlineError,
  type Slots,
  sleep,
  type Timer,
} from "@shardline/model";
import { ShardCheckpointer } from "./checkpointer.ts";
import { Progress } from "./core/progress.ts";
import { moved, type ShardPhase, type ShardState } from "./core/shard-state.ts";
import { Deliver } from "./deliver.ts";
import { Meter } from "./meter.ts";
import type { WorkerConfig } from "./options.ts";
import type { Ports } from "./ports.ts";
import type { ShardContext } from "./processor.ts";
import type { Reporter } from "./reporter.ts";
import type { StreamWatch } from "./stream-watch.ts";
import type { Tenure } from "./tenure.ts";

export type DrainReason = "stop" | "hand-off" | "surrender";

export interface SessionHost {
  readonly config: WorkerConfig;
  readonly ports: Ports;
  readonly watch: StreamWatch;
  readonly reporter: Reporter;
  /** Has a child of that shard begun? Then the shard was finished. */
  hasHeirs(shardId: string): boolean;
  /** Shared by all shards of the worker. */
  readonly readSlots: Slots;
  /** Bytes that one shard may hold unprocessed. */
  shareBytes(): number;
}

/** Why reading came to its end. */
export type Stop =
  | { readonly kind: "lost" }
  | { readonly kind: "drain" }
  /** SHARD_END may be written once the children are made. */
  | { readonly kind: "end"; readonly children: readonly ChildShard[] }
  | { readonly kind: "blocked" }
  | { readonly kind: "trimmed" }
  | { readonly kind: "fatal"; readonly error: ShardlineError };

/** Between two looks at something that is not as it should be. */
export const LOOK_AGAIN_MS = 1_000;

export class ShardSession {
  readonly shardId: string;
  readonly tenure: Tenure;
  readonly host: SessionHost;
  /** The checkpoint at which the tenure began. */
  readonly start: Checkpoint;
  readonly progress: Progress;
  readonly checkpointer: ShardCheckpointer;
  readonly deliver: Deliver;
  readonly meter: Meter;
  millisBehindLatest: number | undefined;
  lastProgressMs: number;
  /** From here on the user knows of the tenure. */
  begun = false;
  /** Settles when a function of the user that was left behind does. */
  leftBehind: Promise<unknown> | undefined;
  /** Aborts when a drain is asked for or the lease is lost: ends waits. */
  readonly #wake = new AbortController();
  /** Aborts when the lease is lost or a drain's deadline passed: what the user's functions see. */
  readonly #cutOff = new AbortController();
  #drainReason: DrainReason | undefined;
  #drainTimer: Timer | undefined;
  #state: ShardState;
  #changed: (() => void) | undefined;

  constructor(tenure: Tenure, host: SessionHost) {
    const nowMs = host.ports.clock.nowMs();
    this.tenure = tenure;
    this.host = host;
    this.shardId = tenure.leaseKey;
    this.start = tenure.lease.checkpoint;
    this.progress = new Progress(this.start);
    this.checkpointer = new ShardCheckpointer(this.shardId, tenure, this.progress, () => {
      this.#changed?.();
    });
    this.deliver = new Deliver(this.#deliverHost());
    this.meter = new Meter(nowMs);
    this.#state = { phase: "starting", sinceMs: nowMs };
    this.lastProgressMs = nowMs;
    tenure.signal.addEventListener("abort", () => this.#onLoss(), { once: true });
  }

  get config(): WorkerConfig {
    return this.host.config;
  }

  get reporter(): Reporter {
    return this.host.reporter;
  }

  get nowMs(): number {
    return this.host.ports.clock.nowMs();
  }

  get state(): ShardState {
    return this.#state;
  }

  get wake(): AbortSignal {
    return this.#wake.signal;
  }

  get drainReason(): DrainReason | undefined {
    return this.#drainReason;
  }

  get isDraining(): boolean {
    return this.#drainReason !== undefined;
  }

  /** Undefined: go on. Asked after every await (rule R9). */
  interrupted(): Stop | undefined {
    if (!this.tenure.isHeld()) return { kind: "lost" };
    return this.isDraining ? { kind: "drain" } : undefined;
  }

  /** Finish the running batch, checkpoint, give the lease back. The first reason counts. */
  drain(reason: DrainReason, timeoutMs: number): void {
    if (this.#drainReason !== undefined || this.#state.phase === "over") return;
    this.#drainReason = reason;
    this.#wake.abort(reason);
    const { clock } = this.host.ports;
    this.#drainTimer = clock.setTimer(timeoutMs, () => this.cut(`${reason}: the time is over`));
  }

  /** Aborts the signal of the user's functions. */
  cut(reason: string): void {
    if (!this.#cutOff.signal.aborted) this.#cutOff.abort(reason);
  }

  /** The shard makes no progress here: let another worker try. */
  surrender(phase: string, forMs: number): void {
    this.reporter.stalled(this.shardId, phase, forMs);
    this.drain("surrender", this.config.handOffTimeoutMs);
  }

  move(phase: ShardPhase): void {
    if (this.#state.phase !== phase) this.#state = moved(this.#state, phase, this.nowMs);
    if (phase === "over") this.#drainTimer?.cancel();
  }

  context(): ShardContext {
    return {
      shardId: this.shardId,
      streamName: this.host.watch.streamName,
      workerId: this.config.workerId,
      fence: this.tenure.fence,
      signal: this.#cutOff.signal,
    };
  }

  /** Ends early when a drain is asked for or the lease is lost. */
  async pause(delayMs: number): Promise<void> {
    await sleep(this.host.ports.clock, delayMs, { signal: this.wake }).catch(() => undefined);
  }

  /** Until anything becomes done or durable, or a drain is asked for, or the lease is lost. */
  async changed(): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.#changed = undefined;
        this.wake.removeEventListener("abort", done);
        resolve();
      };
      this.#changed = done;
      if (this.wake.aborted) done();
      else this.wake.addEventListener("abort", done, { once: true });
    });
  }

  /** `onShardStart` and `onShardEnd`: tried a few times, then the lease is given up. */
  async hook(run: () => Promise<unknown>): Promise<Stop | undefined> {
    const { maxAttempts, retryCapMs, retryBaseMs } = this.config;
    for (let attempt = 1; ; attempt++) {
      const before = this.interrupted();
      if (before !== undefined) return before;
      const result = await this.deliver.guarded(run);
      if (!this.tenure.isHeld()) return { kind: "lost" };
      if (result.kind === "returned") return undefined;
      if (result.kind === "threw") this.reporter.hookFailed(this.shardId, result.error);
      if (result.kind !== "threw" || attempt >= maxAttempts) {
        this.surrender(this.#state.phase, this.nowMs - this.#state.sinceMs);
        return { kind: "drain" };
      }
      await this.pause(Math.min(retryCapMs, retryBaseMs * 2 ** attempt));
    }
  }

  #onLoss(): void {
    this.#wake.abort("lease lost");
    this.cut("lease lost");
  }

  #deliverHost(): ConstructorParameters<typeof Deliver>[0] {
    const { config, ports, reporter } = this.host;
    const { shardId } = this;
    return {
      config,
      clock: ports.clock,
      isHeld: () => this.tenure.isHeld(),
      isDraining: () => this.isDraining,
      cutOff: this.#cutOff.signal,
      wake: this.#wake.signal,
      context: (records: readonly ReceivedRecord[], attempt: number) => ({
        ...this.context(),
        records,
        attempt,
        checkpoint: this.checkpointer.face,
        acknowledge: this.checkpointer.acknowledge,
        millisBehindLatest: this.millisBehindLatest,
      }),
      letter: (records, error, attempts) => ({ ...this.context(), records, error, attempts }),
      phase: (phase) => this.move(phase),
      cut: (reason) => this.cut(reason),
      processed: (records, elapsedMs) => reporter.processed(shardId, records, elapsedMs),
      failed: (records, attempt, error) =>
        reporter.processorFailed(shardId, records, attempt, error),
      deadLettered: (records, error) => {
        reporter.deadLettered(shardId, records, error);
        this.checkpointer.deadLettered(records);
      },
      leftBehind: (call) => {
        this.leftBehind = call;
      },
    };
  }
}
