/** From what was seen of the leases to the candidates that `core/assignment` decides about. */

import { effectiveOwner, type Lease } from "@shardline/model";
import type { Candidate, Holding } from "./core/assignment.ts";
import { isFinished, type LeaseBook, type Sighting } from "./core/lease-book.ts";
import { parentGate, parentsWithHeirs } from "./core/parents.ts";
import type { WorkerConfig } from "./options.ts";
import type { ShardRunner } from "./shard-runner.ts";
import type { StreamWatch } from "./stream-watch.ts";

export interface ViewHost {
  readonly config: WorkerConfig;
  readonly watch: StreamWatch;
  readonly book: LeaseBook;
  readonly runners: ReadonlyMap<string, ShardRunner>;
}

export interface View {
  readonly candidates: readonly Candidate[];
  readonly workers: number;
  readonly expired: number;
}

interface Avoidance {
  readonly untilMs: number;
  readonly times: number;
}

/**
 * A lease that is free for so long is wanted by nobody else: whoever had not left it himself would have
 * taken it when it was overdue.
 */
const FORSAKEN_SCANS = 3;

export class LeaseView {
  readonly #host: ViewHost;
  readonly #eligibleSinceMs = new Map<string, number>();
  readonly #avoid = new Map<string, Avoidance>();
  #withHeirs: ReadonlySet<string> = new Set();
  /** Hand-offs that I asked for and that are not over. */
  readonly asked: Set<string> = new Set();
  /** The counter with which a tenure of mine ended without release, by lease. */
  readonly lapsed: Map<string, number> = new Map();
  /** Shards that the service has no more, whatever their rows say. */
  readonly trimmed: Set<string> = new Set();

  constructor(host: ViewHost) {
    this.#host = host;
  }

  at(nowMs: number): View {
    const { book, runners } = this.#host;
    this.#withHeirs = parentsWithHeirs([...book.sightings()].map(({ lease }) => lease));
    const candidates: Candidate[] = [];
    const workers = new Set<string>();
    let expired = 0;
    for (const sighting of book.sightings()) {
      const { leaseKey } = sighting.lease;
      const runner = runners.get(leaseKey);
      const held = runner?.tenure.isHeld() === true;
      if (!held && !this.#isEligible(sighting.lease, nowMs)) continue;
      const holding = this.#holding(sighting, runner, nowMs);
      if (holding.kind === "owned") workers.add(holding.owner);
      if (holding.kind === "free" && holding.expired) expired++;
      const avoid = (runner !== undefined && !held) || this.#isAvoided(leaseKey, holding, nowMs);
      candidates.push({ leaseKey, holding, avoid });
    }
    return { candidates, workers: workers.size, expired };
  }

  /** Does a lease wait for a listing that proves its parent trimmed (rule R7)? */
  wantsListing(): boolean {
    return [...this.#host.book.sightings()].some(
      ({ lease }) => !isFinished(lease) && this.#gate(lease) === "unproven",
    );
  }

  /** Leaves the lease to others for a while, if there are any; longer each time, up to the failover time. */
  avoid(leaseKey: string, nowMs: number, chance: number): void {
    const { leaseScanIntervalMs, failoverTimeMs } = this.#host.config;
    const times = (this.#avoid.get(leaseKey)?.times ?? 0) + 1;
    const ceilingMs = Math.min(failoverTimeMs, leaseScanIntervalMs * 2 ** Math.min(times + 1, 10));
    this.#avoid.set(leaseKey, { untilMs: nowMs + ceilingMs * (0.5 + 0.5 * chance), times });
  }

  forgive(leaseKey: string): void {
    this.#avoid.delete(leaseKey);
  }

  #isAvoided(leaseKey: string, holding: Holding, nowMs: number): boolean {
    const forsakenMs = this.#host.config.leaseScanIntervalMs * FORSAKEN_SCANS;
    if (holding.kind === "free" && holding.freeForMs >= forsakenMs) return false;
    return nowMs < (this.#avoid.get(leaseKey)?.untilMs ?? Number.NEGATIVE_INFINITY);
  }

  #gate(lease: Lease): "open" | "blocked" | "unproven" {
    const { book, watch } = this.#host;
    const rowOf = (id: string): Lease | undefined => book.get(id)?.lease;
    return parentGate(lease, rowOf, watch.listing, (id) => this.hasHeirs(id)).kind;
  }

  /** Has a child of that shard begun, as of the last view? */
  hasHeirs(shardId: string): boolean {
    return this.#withHeirs.has(shardId);
  }

  /** A lease that had to wait for its parents is not overdue from the first moment. */
  #isEligible(lease: Lease, nowMs: number): boolean {
    const { leaseKey } = lease;
    if (isFinished(lease) || this.trimmed.has(leaseKey) || this.#gate(lease) !== "open") {
      this.#eligibleSinceMs.delete(leaseKey);
      return false;
    }
    if (!this.#eligibleSinceMs.has(leaseKey)) this.#eligibleSinceMs.set(leaseKey, nowMs);
    return true;
  }

  #holding(sighting: Sighting, runner: ShardRunner | undefined, nowMs: number): Holding {
    const { workerId, failoverTimeMs } = this.#host.config;
    const { lease, unownedSinceMs, previousOwner } = sighting;
    const { leaseKey } = lease;
    if (runner?.tenure.isHeld() === true) {
      const own = runner.tenure.lease;
      const handingOff = own.checkpointOwner !== undefined || runner.isDraining;
      return { kind: "owned", owner: own.owner ?? workerId, handingOff };
    }
    const owner = effectiveOwner(lease);
    const eligibleMs = this.#eligibleSinceMs.get(leaseKey) ?? nowMs;
    if (owner === undefined) {
      const freeForMs = nowMs - Math.max(unownedSinceMs ?? nowMs, eligibleMs);
      return { kind: "free", freeForMs, previousOwner, expired: false };
    }
    const isMine = owner === workerId && lease.checkpointOwner === undefined;
    if (isMine && (this.asked.has(leaseKey) || this.lapsed.get(leaseKey) === lease.counter)) {
      return { kind: "reserved" };
    }
    if (this.#host.book.isExpired(sighting, nowMs)) {
      const freeForMs = nowMs - Math.max(sighting.sinceMs + failoverTimeMs, eligibleMs);
      return { kind: "free", freeForMs, previousOwner: owner, expired: true };
    }
    if (!isMine) {
      const handingOff = lease.checkpointOwner !== undefined;
      return { kind: "owned", owner: lease.owner ?? owner, handingOff };
    }
    // In my name but not by me: an earlier process of the same name, or a second one (F7). It is
    // left alone until it expires, as any other worker's that cannot be asked.
    return { kind: "owned", owner: `${workerId} (another)`, handingOff: true };
  }
}
