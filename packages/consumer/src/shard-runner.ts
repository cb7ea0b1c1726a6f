/** One shard through one tenure: parents, `onShardStart`, reading, and the end of it. */

import { bounded, type Checkpoint, type Lease } from "@shardline/model";
import { parentGate } from "./core/parents.ts";
import type { ShardPhase } from "./core/shard-state.ts";
import { closeShard, type RunnerEnd } from "./shard-close.ts";
import { ShardReader } from "./shard-reader.ts";
import { type DrainReason, type SessionHost, ShardSession, type Stop } from "./shard-session.ts";
import type { LeaseVerb, Tenure, TenureWrite } from "./tenure.ts";

export interface ShardStatus {
  readonly shardId: string;
  readonly phase: ShardPhase;
  readonly phaseForMs: number;
  readonly fence: number;
  readonly checkpoint: Checkpoint;
  readonly lastDelivered: Checkpoint;
  readonly uncheckpointedRecords: number;
  readonly millisBehindLatest: number | undefined;
  /** Since a batch was done or the service last answered. */
  readonly msSinceProgress: number;
  readonly recordsPerSecond: number;
  readonly bytesPerSecond: number;
}

export class ShardRunner {
  readonly shardId: string;
  readonly tenure: Tenure;
  readonly #session: ShardSession;
  readonly #reader: ShardReader;

  constructor(tenure: Tenure, host: SessionHost) {
    this.shardId = tenure.leaseKey;
    this.tenure = tenure;
    this.#session = new ShardSession(tenure, host);
    this.#reader = new ShardReader(this.#session);
  }

  /** Settles when a function of the user that was left behind does. */
  get leftBehind(): Promise<unknown> | undefined {
    return this.#session.leftBehind;
  }

  get isDraining(): boolean {
    return this.#session.isDraining;
  }

  drain(reason: DrainReason, timeoutMs: number): void {
    this.#session.drain(reason, timeoutMs);
  }

  status(): ShardStatus {
    const { nowMs, state, progress, meter, millisBehindLatest, lastProgressMs } = this.#session;
    return {
      shardId: this.shardId,
      phase: state.phase,
      phaseForMs: nowMs - state.sinceMs,
      fence: this.tenure.fence,
      checkpoint: progress.durable,
      lastDelivered: progress.lastDelivered,
      uncheckpointedRecords: progress.uncheckpointedRecords,
      millisBehindLatest,
      msSinceProgress: nowMs - lastProgressMs,
      ...meter.rates(nowMs),
    };
  }

  async run(): Promise<RunnerEnd> {
    const { reporter, config } = this.#session;
    this.tenure.start({
      handOffAsked: (next) => {
        reporter.handOff(this.shardId, config.workerId, next);
        this.drain("hand-off", config.handOffTimeoutMs);
      },
      dueCheckpoint: () => this.#session.checkpointer.due(),
      throughputKBps: () => this.#reader.throughputKBps(),
      wrote: (verb, elapsedMs, result) => this.#wrote(verb, elapsedMs, result),
    });
    const stop = (await this.#begin()) ?? (await this.#reader.run());
    const end = await closeShard(this.#session, stop);
    this.#session.move("over");
    reporter.over(this.shardId, this.tenure, end.end);
    return end;
  }

  /** The parents once more, now by consistent reads (rule R7), then the user's `onShardStart`. */
  async #begin(): Promise<Stop | undefined> {
    const { start, config, reporter } = this.#session;
    const { lease, fence } = this.tenure;
    const blocked = await this.#parentsUnfinished(lease);
    if (blocked !== undefined) return blocked;
    const { onShardStart } = config;
    if (onShardStart !== undefined) {
      const context = { ...this.#session.context(), checkpoint: start, pending: lease.pending };
      const stop = await this.#session.hook(async () => {
        this.#session.begun = true;
        await onShardStart(context);
      });
      if (stop !== undefined) return stop;
    }
    this.#session.begun = true;
    reporter.started(this.shardId, fence, start);
    return undefined;
  }

  async #parentsUnfinished(lease: Lease): Promise<Stop | undefined> {
    const { host, config } = this.#session;
    if (lease.parentShardIds.length === 0) return undefined;
    const rows = new Map<string, Lease>();
    const { clock, leases } = host.ports;
    const call = { timeoutMs: config.leaseCallTimeoutMs, signal: this.tenure.signal };
    for (const parentId of lease.parentShardIds) {
      const read = await bounded(clock, call, (options) => leases.get(parentId, options));
      if (!this.tenure.isHeld()) return { kind: "lost" };
      if (read.kind === "failed") return { kind: "blocked" };
      if (read.lease !== undefined) rows.set(parentId, read.lease);
    }
    const isOpen = (): boolean =>
      parentGate(
        lease,
        (id) => rows.get(id),
        host.watch.listing,
        (id) => host.hasHeirs(id),
      ).kind === "open";
    if (isOpen()) return undefined;
    await host.watch.refresh();
    if (!this.tenure.isHeld()) return { kind: "lost" };
    return isOpen() ? undefined : { kind: "blocked" };
  }

  #wrote(verb: LeaseVerb, elapsedMs: number, result: TenureWrite): void {
    const { reporter } = this.#session;
    reporter.leaseWrite(this.shardId, verb, elapsedMs, result);
    if (result.kind !== "ok" || verb !== "checkpoint") return;
    const { checkpoint, pending } = result.lease;
    reporter.checkpointed(this.shardId, this.tenure.fence, checkpoint, pending?.checkpoint);
  }
}
