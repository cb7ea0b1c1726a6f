/**
 * Which leases should be mine, decided by every worker for itself from what it has seen (rule R6).
 *
 * Workers with the same view make the same plan: free leases are dealt to the least loaded, and
 * while somebody holds two more than another, the plan moves one. Each worker does only its own part
 * of the plan, so that two seldom reach for the same lease; when they do, the conditional write
 * lets one of them win. Leases that stay free although another worker was to take them are taken by
 * whoever sees it. Moves of leases that have an owner are only ever asked for (graceful hand-off).
 *
 * A1 with nothing free and all loads within one of each other nothing is done (L3); A2 a worker
 * that joins asks for at most what brings it level; A3 `maxLeases` is never exceeded.
 */

import type { Random } from "@shardline/model";

export type Holding =
  /** No effective owner, or one that is taken for dead. */
  | {
      readonly kind: "free";
      readonly freeForMs: number;
      /** Who had it: not to be counted on to take it again. */
      readonly previousOwner: string | undefined;
      readonly expired: boolean;
    }
  /** `owner` has it, or is about to by a hand-off that is under way. */
  | { readonly kind: "owned"; readonly owner: string; readonly handingOff: boolean }
  /** Handed to me, or still in my name after my own tenure of it ended: only I should take it now. */
  | { readonly kind: "reserved" };

export interface Candidate {
  readonly leaseKey: string;
  readonly holding: Holding;
  /** I gave it up a short while ago, or my last runner of it is still winding up. */
  readonly avoid: boolean;
}

export interface AssignmentConfig {
  readonly workerId: string;
  readonly maxLeases: number;
  /** After this a free lease is anybody's. */
  readonly overdueMs: number;
  /** After this a worker that could level the load and does not is no longer waited for. */
  readonly patienceMs: number;
}

export interface Plan {
  /** Leases to take, in this order. */
  readonly take: readonly string[];
  /** Leases to ask their owners for. */
  readonly request: readonly string[];
}

/** Most hand-offs asked for in one turn. */
const MAX_REQUESTS = 8;

export class Assignment {
  readonly #config: AssignmentConfig;
  readonly #random: Random;
  /** The owners of others' leases at the last turn: a move waits until the picture stands still. */
  #lastPicture = "";
  #unlevelSinceMs: number | undefined;

  constructor(config: AssignmentConfig, random: Random) {
    this.#config = config;
    this.#random = random;
  }

  /** @param candidates every lease that may be read now (unfinished, parents done). */
  plan(candidates: readonly Candidate[], nowMs: number): Plan {
    const loads = this.#loads(candidates);
    const take = this.#takes(candidates, loads);
    const anyFree = candidates.some(({ holding, avoid }) => holding.kind !== "owned" && !avoid);
    const still = this.#picture(candidates, []) === this.#lastPicture;
    const request = anyFree || !still ? [] : this.#requests(candidates, loads, nowMs);
    this.#lastPicture = this.#picture(candidates, request);
    return { take, request };
  }

  /** Leases of each live worker, with those on their way to it; me included. */
  #loads(candidates: readonly Candidate[]): Map<string, number> {
    const loads = new Map<string, number>([[this.#config.workerId, 0]]);
    for (const { holding } of candidates) {
      if (holding.kind === "owned") add(loads, holding.owner, 1);
      else if (holding.kind === "reserved") add(loads, this.#config.workerId, 1);
    }
    return loads;
  }

  #takes(candidates: readonly Candidate[], loads: ReadonlyMap<string, number>): string[] {
    const { workerId, maxLeases, overdueMs } = this.#config;
    const mine = candidates.filter(
      ({ holding }) =>
        holding.kind === "owned" && holding.owner === workerId && !holding.handingOff,
    ).length;
    const room = Math.max(0, maxLeases - mine);
    const reserved = candidates.filter(
      ({ holding, avoid }) => holding.kind === "reserved" && !avoid,
    );
    const free = candidates.filter(({ holding }) => holding.kind === "free").sort(byKey);
    const dealt = this.#deal(free, loads);
    const overdue = free.filter(
      ({ holding, avoid, leaseKey }) =>
        !avoid &&
        holding.kind === "free" &&
        holding.freeForMs >= overdueMs &&
        !dealt.includes(leaseKey),
    );
    return [
      ...reserved.map(({ leaseKey }) => leaseKey),
      ...this.#shuffled(dealt),
      ...this.#shuffled(overdue.map(({ leaseKey }) => leaseKey)),
    ].slice(0, room);
  }

  /** Deals the free leases to the least loaded; returns mine. */
  #deal(free: readonly Candidate[], loads: ReadonlyMap<string, number>): string[] {
    const { workerId } = this.#config;
    const doubtful = new Set<string>();
    for (const { holding } of free) {
      if (holding.kind === "free" && holding.previousOwner !== undefined) {
        doubtful.add(holding.previousOwner);
      }
    }
    doubtful.delete(workerId);
    const after = new Map([...loads].filter(([worker]) => !doubtful.has(worker)));
    const others = new Map([...after].filter(([worker]) => worker !== workerId));
    const mine: string[] = [];
    for (const { leaseKey, avoid } of free) {
      const worker = leastLoaded(avoid ? others : after);
      if (worker === undefined) continue;
      add(after, worker, 1);
      if (worker === workerId) mine.push(leaseKey);
      else add(others, worker, 1);
    }
    return mine;
  }

  #requests(
    candidates: readonly Candidate[],
    loads: ReadonlyMap<string, number>,
    nowMs: number,
  ): string[] {
    const { workerId, maxLeases, patienceMs } = this.#config;
    const myLoad = loads.get(workerId) ?? 0;
    const most = Math.max(...loads.values());
    if (most - myLoad < 2 || myLoad >= maxLeases) {
      this.#unlevelSinceMs = undefined;
      return [];
    }
    this.#unlevelSinceMs ??= nowMs;
    const sources = levellingMoves(loads, workerId);
    if (sources.length === 0) {
      if (nowMs - this.#unlevelSinceMs < patienceMs) return [];
      this.#unlevelSinceMs = nowMs;
      sources.push(mostLoaded(loads));
    }
    // A worker with no lease is not known to the others yet: it shows itself with one.
    const atOnce = myLoad === 0 ? 1 : Math.min(MAX_REQUESTS, Math.ceil(sources.length / 4));
    const picked: string[] = [];
    for (const source of sources.slice(0, Math.min(atOnce, maxLeases - myLoad))) {
      const choice = this.#shuffled(
        candidates
          .filter(
            ({ leaseKey, holding, avoid }) =>
              !avoid &&
              holding.kind === "owned" &&
              holding.owner === source &&
              !holding.handingOff &&
              !picked.includes(leaseKey),
          )
          .map(({ leaseKey }) => leaseKey),
      )[0];
      if (choice !== undefined) picked.push(choice);
    }
    return picked;
  }

  /** Who has what. What is mine or on its way to me changes by my own doing and is left out. */
  #picture(candidates: readonly Candidate[], requested: readonly string[]): string {
    const { workerId } = this.#config;
    const entries: string[] = [];
    for (const { leaseKey, holding } of candidates) {
      if (holding.kind === "reserved" || requested.includes(leaseKey)) continue;
      if (holding.kind === "free") entries.push(`${leaseKey}=`);
      else if (holding.owner !== workerId) entries.push(`${leaseKey}=${holding.owner}`);
    }
    return entries.sort().join();
  }

  #shuffled(keys: readonly string[]): string[] {
    const shuffled = [...keys];
    for (let i = shuffled.length - 1; i > 0; i--) {
      const j = Math.floor(this.#random.next() * (i + 1));
      [shuffled[i], shuffled[j]] = [shuffled[j] as string, shuffled[i] as string];
    }
    return shuffled;
  }
}

/** From whom `workerId` gets one in the plan that every worker makes alike, one entry a lease. */
function levellingMoves(loads: ReadonlyMap<string, number>, workerId: string): string[] {
  const after = new Map(loads);
  const sources: string[] = [];
  for (;;) {
    const from = mostLoaded(after);
    const to = leastLoaded(after);
    if (to === undefined || (after.get(from) ?? 0) - (after.get(to) ?? 0) < 2) return sources;
    add(after, from, -1);
    add(after, to, 1);
    if (to === workerId) sources.push(from);
  }
}

function leastLoaded(loads: ReadonlyMap<string, number>): string | undefined {
  let best: string | undefined;
  let bestLoad = Number.POSITIVE_INFINITY;
  for (const [worker, load] of loads) {
    if (load < bestLoad || (load === bestLoad && (best === undefined || worker < best))) {
      best = worker;
      bestLoad = load;
    }
  }
  return best;
}

function mostLoaded(loads: ReadonlyMap<string, number>): string {
  let best = "";
  let bestLoad = Number.NEGATIVE_INFINITY;
  for (const [worker, load] of loads) {
    if (load > bestLoad || (load === bestLoad && worker < best)) {
      best = worker;
      bestLoad = load;
    }
  }
  return best;
}

function add(loads: Map<string, number>, worker: string, by: number): void {
  loads.set(worker, (loads.get(worker) ?? 0) + by);
}

function byKey(a: Candidate, b: Candidate): number {
  return a.leaseKey < b.leaseKey ? -1 : a.leaseKey > b.leaseKey ? 1 : 0;
}
