/**
 * One tenure: this worker's hold on one lease, from a successful take until it is released or lost.
 *
 * It renews the row by itself, serialises all writes to it (they share the counter), resolves doubt
 * (rule R4) and knows its own deadline (rule R2): 0.9 of the failover time from before the last
 * applied write was sent. Once over it is over for ever (rule R5).
 */

import {
  backoffMs,
  type BackoffPolicy,
  bounded,
  type CallOptions,
  type Checkpoint,
  type Clock,
  type Failure,
  isRetryable,
  type Lease,
  type LeaseTable,
  type LeaseWrite,
  type PendingCheckpoint,
  type Random,
  type Slots,
  sleep,
  type Timer,
} from "@shardline/model";
import {
  checkpointed,
  type Doubt,
  judge,
  released,
  renewed,
  type Verdict,
  withChildren,
} from "./core/verdict.ts";

export type TenureLoss = "expired" | "taken" | "row-gone" | "stopped";

export type TenureWrite =
  | { readonly kind: "ok"; readonly lease: Lease }
  | { readonly kind: "lost" }
  /** Given up for now; the tenure lives on. */
  | Failure;

export interface TenureConfig {
  readonly workerId: string;
  readonly failoverTimeMs: number;
  readonly leaseCallTimeoutMs: number;
}

export interface TenurePorts {
  readonly leases: LeaseTable;
  readonly clock: Clock;
  readonly random: Random;
  /** For writes, shared by all tenures of the worker. */
  readonly slots: Slots;
}

export interface TenureListener {
  /** The row says that another worker asked for the lease. */
  handOffAsked(next: string): void;
  /** What to write when a renewal is due: a checkpoint in its place, if there is one to write. */
  dueCheckpoint(): { readonly checkpoint: Checkpoint; readonly written: () => void } | undefined;
  throughputKBps(): number | undefined;
  wrote(verb: LeaseVerb, elapsedMs: number, result: TenureWrite): void;
}

export type LeaseVerb = "renew" | "checkpoint" | "setChildren" | "release";

interface Write {
  readonly verb: LeaseVerb;
  readonly intend: (held: Lease) => Lease;
  readonly send: (held: Lease, options: CallOptions) => Promise<LeaseWrite>;
}

/** The holder stops believing before a taker may begin: S4b. */
const HOLDER_SHARE = 0.9;
/** One write, with its second tries, gives up after this share of the failover time. */
const WRITE_SHARE = 0.6;

export class Tenure {
  readonly leaseKey: string;
  /** The counter that the take wrote. */
  readonly fence: number;
  readonly #config: TenureConfig;
  readonly #ports: TenurePorts;
  readonly #retry: BackoffPolicy;
  readonly #over = new AbortController();
  #listener: TenureListener | undefined;
  #lease: Lease;
  #deadlineMs: number;
  #nextRenewMs: number;
  #loss: TenureLoss | undefined;
  #released = false;
  #handOffTold = false;
  /** Writes in doubt that were sent from `#lease` as it is. */
  #doubts: Doubt[] = [];
  #queue: Promise<unknown> = Promise.resolve();
  #queued = 0;
  #timer: Timer | undefined;

  /** @param sentMs monotonic time before the take was sent. */
  constructor(lease: Lease, sentMs: number, config: TenureConfig, ports: TenurePorts) {
    this.leaseKey = lease.leaseKey;
    this.fence = lease.counter;
    this.#lease = lease;
    this.#config = config;
    this.#ports = ports;
    this.#retry = { baseMs: config.failoverTimeMs / 100, capMs: config.failoverTimeMs / 10 };
    this.#deadlineMs = sentMs + config.failoverTimeMs * HOLDER_SHARE;
    this.#nextRenewMs = this.#renewalAfter(sentMs);
  }

  /** Begins to renew. */
  start(listener: TenureListener): void {
    this.#listener = listener;
    this.#arm();
  }

  /** The row as last known. */
  get lease(): Lease {
    return this.#lease;
  }

  /** Aborts when the tenure is lost (not when it is released); the reason is a `TenureLoss`. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  get loss(): TenureLoss | undefined {
    return this.#loss;
  }

  get isReleased(): boolean {
    return this.#released;
  }

  /** Rule R9: asks the clock, not a timer that a stalled process would fire late. */
  isHeld(): boolean {
    if (this.#loss !== undefined || this.#released) return false;
    if (this.#ports.clock.nowMs() < this.#deadlineMs) return true;
    this.lose("expired");
    return false;
  }

  lose(reason: TenureLoss): void {
    if (this.#loss !== undefined || this.#released) return;
    this.#loss = reason;
    this.#timer?.cancel();
    this.#over.abort(reason);
  }

  renew(): Promise<TenureWrite> {
    return this.#enqueue({
      verb: "renew",
      intend: renewed,
      send: (held, options) =>
        this.#ports.leases.renew(held, this.#listener?.throughputKBps(), options),
    });
  }

  /** @param pending given: only announced, the checkpoint itself stays. */
  checkpoint(checkpoint: Checkpoint, pending?: PendingCheckpoint): Promise<TenureWrite> {
    const target = (held: Lease): Checkpoint =>
      pending === undefined ? checkpoint : held.checkpoint;
    return this.#enqueue({
      verb: "checkpoint",
      intend: (held) => checkpointed(held, target(held), pending),
      send: (held, options) =>
        this.#ports.leases.checkpoint(held, { checkpoint: target(held), pending }, options),
    });
  }

  setChildren(childShardIds: readonly string[]): Promise<TenureWrite> {
    return this.#enqueue({
      verb: "setChildren",
      intend: (held) => withChildren(held, childShardIds),
      send: (held, options) => this.#ports.leases.setChildren(held, childShardIds, options),
    });
  }

  /** Gives the lease back. Whatever comes of it, the tenure is over afterwards. */
  async release(): Promise<TenureWrite> {
    const result = await this.#enqueue({
      verb: "release",
      intend: released,
      send: (held, options) => this.#ports.leases.release(held, options),
    });
    if (result.kind === "failed") this.lose("stopped");
    return result;
  }

  #enqueue(write: Write): Promise<TenureWrite> {
    this.#queued++;
    const run = this.#queue.then(async (): Promise<TenureWrite> => {
      const startedMs = this.#ports.clock.nowMs();
      const result = await this.#perform(write, startedMs);
      this.#queued--;
      this.#listener?.wrote(write.verb, this.#ports.clock.nowMs() - startedMs, result);
      if (result.kind === "failed") {
        this.#nextRenewMs = this.#ports.clock.nowMs() + this.#retry.capMs;
      }
      this.#arm();
      return result;
    });
    // One write that breaks must not block those after it.
    this.#queue = run.catch(() => undefined);
    return run;
  }

  async #perform(write: Write, startedMs: number): Promise<TenureWrite> {
    const giveUpMs = startedMs + this.#config.failoverTimeMs * WRITE_SHARE;
    for (let attempt = 0; ; attempt++) {
      const { slots } = this.#ports;
      // What waits here was not sent: no doubt, and no deadline but the tenure's.
      const entered = slots.tryEnter() || (await this.#waitFor(slots));
      if (!entered) return { kind: "lost" };
      const result = await this.#attempt(write).finally(() => slots.leave());
      if (result !== "again") {
        const final = result.kind === "failed" && !isRetryable(result);
        const late = this.#ports.clock.nowMs() >= giveUpMs;
        if (result.kind !== "failed" || final || late) return result;
      } else if (attempt < 3) {
        continue;
      }
      const pauseMs = backoffMs(this.#retry, attempt, this.#ports.random);
      try {
        await sleep(this.#ports.clock, pauseMs, { signal: this.signal });
      } catch {
        return { kind: "lost" };
      }
    }
  }

  async #waitFor(slots: Slots): Promise<boolean> {
    try {
      await slots.enter(this.signal);
      return true;
    } catch {
      return false;
    }
  }

  /** One sending, and the consistent read if its answer is in doubt. */
  async #attempt(write: Write): Promise<TenureWrite | "again"> {
    if (!this.isHeld()) return { kind: "lost" };
    const held = this.#lease;
    const sentMs = this.#ports.clock.nowMs();
    const doubt: Doubt = { intended: write.intend(held), sentMs };
    const answer = await this.#call((options) => write.send(held, options));
    if (!this.isHeld()) return { kind: "lost" };
    if (answer.kind === "ok") return this.#advance(write, answer.lease, sentMs);
    if (answer.kind === "failed" && !answer.ambiguous) return answer;
    if (answer.kind === "obsolete") {
      const verdict = judge(held, doubt, this.#doubts, answer.current);
      return this.#conclude(write, verdict);
    }
    const read = await this.#call((options) => this.#ports.leases.get(this.leaseKey, options));
    if (!this.isHeld()) return { kind: "lost" };
    if (read.kind === "failed") {
      this.#doubts.push(doubt);
      return answer;
    }
    const verdict = judge(held, doubt, this.#doubts, read.lease);
    // It may still be under way and be applied later, so it stays in mind.
    this.#doubts.push(doubt);
    return this.#conclude(write, verdict);
  }

  #conclude(write: Write, verdict: Verdict): TenureWrite | "again" {
    switch (verdict.kind) {
      case "applied":
        return this.#advance(write, verdict.lease, verdict.sentMs);
      case "earlier-applied":
        this.#adopt(verdict.lease, verdict.sentMs);
        return "again";
      case "unapplied":
        this.#lease = verdict.lease;
        this.#tellHandOff();
        return "again";
      case "lost":
        this.lose(verdict.current === undefined ? "row-gone" : "taken");
        return { kind: "lost" };
    }
  }

  #advance(write: Write, lease: Lease, sentMs: number): TenureWrite {
    this.#adopt(lease, sentMs);
    if (write.verb === "release") {
      this.#released = true;
      this.#timer?.cancel();
    }
    return { kind: "ok", lease };
  }

  #adopt(lease: Lease, sentMs: number): void {
    this.#lease = lease;
    this.#doubts = [];
    this.#deadlineMs = sentMs + this.#config.failoverTimeMs * HOLDER_SHARE;
    this.#nextRenewMs = this.#renewalAfter(sentMs);
    this.#tellHandOff();
  }

  #tellHandOff(): void {
    const { checkpointOwner, owner } = this.#lease;
    if (checkpointOwner !== this.#config.workerId || owner === undefined) return;
    if (this.#handOffTold) return;
    this.#handOffTold = true;
    this.#listener?.handOffAsked(owner);
  }

  /** A third of the failover time, a little less at random so that the fleet does not beat in time. */
  #renewalAfter(sentMs: number): number {
    return sentMs + (this.#config.failoverTimeMs / 3) * (0.9 + 0.1 * this.#ports.random.next());
  }

  #arm(): void {
    this.#timer?.cancel();
    if (this.#loss !== undefined || this.#released) return;
    const nowMs = this.#ports.clock.nowMs();
    // While a write is under way it moves the deadline or not; a renewal would only queue behind it.
    const atMs =
      this.#queued > 0 ? this.#deadlineMs : Math.min(this.#nextRenewMs, this.#deadlineMs);
    this.#timer = this.#ports.clock.setTimer(Math.max(0, atMs - nowMs), () => this.#tick());
  }

  #tick(): void {
    if (!this.isHeld()) return;
    if (this.#queued === 0) void this.#beat();
    this.#arm();
  }

  async #beat(): Promise<void> {
    const due = this.#listener?.dueCheckpoint();
    if (due === undefined) {
      await this.renew();
      return;
    }
    const result = await this.checkpoint(due.checkpoint);
    if (result.kind === "ok") due.written();
  }

  #call<T extends { readonly kind: string }>(
    call: (options: CallOptions) => Promise<T>,
  ): Promise<T | Failure> {
    const timeoutMs = this.#config.leaseCallTimeoutMs;
    return bounded(this.#ports.clock, { timeoutMs, signal: this.signal }, call);
  }
}
