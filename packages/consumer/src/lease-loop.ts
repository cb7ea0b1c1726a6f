/**
 * The control plane: every turn it looks through the table, asks the cores what should be, and takes,
 * hands over, repairs. It is the only one that starts shard runners.
 */

import { effectiveOwner, type Lease, type ShardlineError, sleep } from "@shardline/model";
import { bounded } from "./bounded.ts";
import { Assignment, type Candidate, type Holding } from "./core/assignment.ts";
import { isFinished, LeaseBook, type Sighting } from "./core/lease-book.ts";
import { parentGate } from "./core/parents.ts";
import { revived } from "./core/shard-sync.ts";
import { StreamReplacedError, TableMismatchError } from "./errors.ts";
import type { WorkerConfig } from "./options.ts";
import type { Ports } from "./ports.ts";
import type { Reporter } from "./reporter.ts";
import { remember, ShardAudit } from "./shard-audit.ts";
import type { RunnerEnd } from "./shard-close.ts";
import { ShardRunner } from "./shard-runner.ts";
import { sameStream, type StreamWatch } from "./stream-watch.ts";
import { takeLease } from "./take.ts";
import { Tenure } from "./tenure.ts";

interface Avoidance {
  readonly untilMs: number;
  readonly times: number;
}

/** Takes that are under way at once. */
const CONCURRENT_TAKES = 16;
const MAX_AVOIDANCE_MS = 5 * 60_000;
/** A listing that would prove a parent trimmed is not asked for more often. */
const LISTING_INTERVAL_MS = 5_000;

export interface LoopHost {
  readonly config: WorkerConfig;
  readonly ports: Ports;
  readonly watch: StreamWatch;
  readonly reporter: Reporter;
  /** The worker as a whole cannot go on. */
  fail(error: ShardlineError): void;
}

export class LeaseLoop {
  readonly #host: LoopHost;
  readonly #book: LeaseBook;
  readonly #assignment: Assignment;
  readonly #audit: ShardAudit;
  readonly #runners = new Map<string, ShardRunner>();
  readonly #ends = new Map<ShardRunner, Promise<void>>();
  readonly #avoid = new Map<string, Avoidance>();
  /** Hand-offs that I asked for and that are not over. */
  readonly #asked = new Set<string>();
  /** The counter with which a tenure of mine ended without release, by lease. */
  readonly #lapsed = new Map<string, number>();
  readonly #eligibleSinceMs = new Map<string, number>();
  readonly #lastKnown = new Map<string, Lease>();
  /** Shards that the service has no more, whatever their rows say. */
  readonly #trimmed = new Set<string>();
  #poke: (() => void) | undefined;
  #stopped = false;
  #nextAuditMs = Number.NEGATIVE_INFINITY;
  #auditUnderWay: Promise<void> | undefined;

  constructor(host: LoopHost) {
    const { config, ports } = host;
    this.#host = host;
    this.#book = new LeaseBook(config.failoverTimeMs);
    const { workerId, maxLeases, leaseScanIntervalMs } = config;
    this.#assignment = new Assignment(
      {
        workerId,
        maxLeases,
        overdueMs: leaseScanIntervalMs * 1.5,
        patienceMs: leaseScanIntervalMs * 10,
      },
      ports.random,
    );
    this.#audit = new ShardAudit({ ...host, book: this.#book, lastKnown: this.#lastKnown });
  }

  get runners(): readonly ShardRunner[] {
    return [...this.#runners.values()];
  }

  /** Turns until `signal` aborts. What is held stays held. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#host.ports;
    const { leaseScanIntervalMs } = this.#host.config;
    while (!signal.aborted) {
      await this.#turn(signal);
      const pauseMs = leaseScanIntervalMs * (0.8 + 0.3 * random.next());
      const poked = new AbortController();
      this.#poke = () => poked.abort();
      const onAbort = (): void => poked.abort();
      signal.addEventListener("abort", onAbort, { once: true });
      if (signal.aborted) break;
      await sleep(clock, pauseMs, { signal: poked.signal }).catch(() => undefined);
      signal.removeEventListener("abort", onAbort);
      this.#poke = undefined;
    }
    this.#stopped = true;
    await this.#auditUnderWay;
  }

  /** Look again now. */
  poke(): void {
    this.#poke?.();
  }

  /** All runners' ends so far. */
  async drained(): Promise<void> {
    while (this.#ends.size > 0) await Promise.all(this.#ends.values());
  }

  async #turn(signal: AbortSignal): Promise<void> {
    if (!(await this.#scan(signal))) return;
    await this.#auditIfDue();
    if (signal.aborted) return;
    this.#followHandOffs();
    await this.#listIfUnproven();
    if (signal.aborted) return;
    const plan = this.#assignment.plan(this.#candidates(), this.#host.ports.clock.nowMs());
    for (let i = 0; i < plan.take.length && !signal.aborted; i += CONCURRENT_TAKES) {
      await Promise.all(plan.take.slice(i, i + CONCURRENT_TAKES).map((key) => this.#take(key)));
    }
    if (!signal.aborted) await Promise.all(plan.request.map((key) => this.#request(key)));
  }

  async #scan(signal: AbortSignal): Promise<boolean> {
    const { config, ports, reporter } = this.#host;
    const timeoutMs = Math.max(config.leaseCallTimeoutMs, config.failoverTimeMs / 4);
    const answer = await bounded(ports.clock, { timeoutMs, signal }, (options) =>
      ports.leases.list(options),
    );
    if (signal.aborted) return false;
    if (answer.kind === "failed") {
      reporter.callFailed("list", answer);
      return false;
    }
    const mismatch = this.#mismatch(answer.leases);
    if (mismatch !== undefined) {
      this.#host.fail(mismatch);
      return false;
    }
    this.#book.observe(answer.leases, ports.clock.nowMs());
    for (const { lease } of this.#book.sightings()) remember(this.#lastKnown, lease);
    return true;
  }

  /** Rule R10. */
  #mismatch(leases: readonly Lease[]): ShardlineError | undefined {
    const { watch, config } = this.#host;
    for (const { stream } of leases) {
      if (stream === undefined || sameStream(stream, watch.identity)) continue;
      const { streamArn } = watch.identity;
      return stream.streamArn === streamArn
        ? new StreamReplacedError(config.streamLabel, config.tableName)
        : new TableMismatchError(config.tableName, stream.streamArn, streamArn);
    }
    return undefined;
  }

  /** The first audit is awaited, later ones run beside the turns. */
  async #auditIfDue(): Promise<void> {
    const { ports, config } = this.#host;
    const nowMs = ports.clock.nowMs();
    if (nowMs < this.#nextAuditMs || this.#auditUnderWay !== undefined) return;
    const first = this.#nextAuditMs === Number.NEGATIVE_INFINITY;
    const jitter = 0.8 + 0.4 * ports.random.next();
    this.#nextAuditMs = nowMs + config.shardSyncIntervalMs * jitter;
    this.#auditUnderWay = this.#runAudit(first).finally(() => {
      this.#auditUnderWay = undefined;
    });
    if (first) await this.#auditUnderWay;
  }

  async #runAudit(first: boolean): Promise<void> {
    const { ports, config, watch, reporter } = this.#host;
    const verdict = first ? { kind: "same" as const } : await watch.verify();
    if (verdict.kind === "gone") {
      this.#host.fail(verdict.error);
      return;
    }
    const failed = await this.#audit.run();
    if (failed === undefined) return;
    reporter.callFailed("shard audit", failed);
    const soonMs = Math.min(config.shardSyncIntervalMs, config.leaseScanIntervalMs * 2);
    this.#nextAuditMs = first
      ? Number.NEGATIVE_INFINITY
      : Math.min(this.#nextAuditMs, ports.clock.nowMs() + soonMs);
  }

  /** A scan that shows a request is a hint; the renewal it leads to tells for certain. */
  #followHandOffs(): void {
    const { workerId } = this.#host.config;
    for (const [key, runner] of this.#runners) {
      const row = this.#book.get(key)?.lease;
      if (row === undefined || runner.isDraining || !runner.tenure.isHeld()) continue;
      if (row.counter < runner.tenure.fence || row.checkpointOwner !== workerId) continue;
      void runner.tenure.renew();
    }
  }

  /** A missing parent row needs a listing that is younger than the question (rule R7). */
  async #listIfUnproven(): Promise<void> {
    const { watch, ports } = this.#host;
    if (ports.clock.nowMs() - watch.listedMs < LISTING_INTERVAL_MS) return;
    const unproven = [...this.#book.sightings()].some(
      ({ lease }) => !isFinished(lease) && this.#gate(lease) === "unproven",
    );
    if (unproven) await watch.refresh();
  }

  #gate(lease: Lease): "open" | "blocked" | "unproven" {
    const rowOf = (id: string): Lease | undefined => this.#book.get(id)?.lease;
    return parentGate(lease, rowOf, this.#host.watch.listing).kind;
  }

  #candidates(): readonly Candidate[] {
    const nowMs = this.#host.ports.clock.nowMs();
    const candidates: Candidate[] = [];
    const workers = new Set<string>();
    let expired = 0;
    for (const sighting of this.#book.sightings()) {
      const { leaseKey } = sighting.lease;
      const runner = this.#runners.get(leaseKey);
      const held = runner?.tenure.isHeld() === true;
      if (!held && !this.#isEligible(sighting.lease, nowMs)) {
        this.#eligibleSinceMs.delete(leaseKey);
        continue;
      }
      const holding = this.#holding(sighting, runner, nowMs);
      if (holding.kind === "owned") workers.add(holding.owner);
      if (holding.kind === "free" && holding.expired) expired++;
      candidates.push({
        leaseKey,
        holding,
        avoid: (runner !== undefined && !held) || this.#isAvoided(leaseKey, nowMs),
      });
    }
    const { reporter } = this.#host;
    const mine = this.#runners.size;
    reporter.scanned({ leases: candidates.length, mine, workers: workers.size, expired });
    return candidates;
  }

  #isEligible(lease: Lease, nowMs: number): boolean {
    if (isFinished(lease) || this.#trimmed.has(lease.leaseKey)) return false;
    if (this.#gate(lease) !== "open") return false;
    if (!this.#eligibleSinceMs.has(lease.leaseKey))
      this.#eligibleSinceMs.set(lease.leaseKey, nowMs);
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
    if (owner === workerId && lease.checkpointOwner === undefined) {
      const lapsed = this.#lapsed.get(leaseKey) === lease.counter;
      if (lapsed || this.#asked.has(leaseKey)) return { kind: "reserved" };
    }
    if (this.#book.isExpired(sighting, nowMs)) {
      const freeForMs = nowMs - Math.max(sighting.sinceMs + failoverTimeMs, eligibleMs);
      return { kind: "free", freeForMs, previousOwner: owner, expired: true };
    }
    // In my name but not by me: an earlier process of the same name, or a second one (F7).
    const next =
      lease.owner === workerId && owner === workerId ? `${workerId} (another)` : lease.owner;
    return { kind: "owned", owner: next ?? owner, handingOff: lease.checkpointOwner !== undefined };
  }

  #isAvoided(leaseKey: string, nowMs: number): boolean {
    return nowMs < (this.#avoid.get(leaseKey)?.untilMs ?? Number.NEGATIVE_INFINITY);
  }

  async #take(leaseKey: string): Promise<void> {
    const { config, ports, watch, reporter } = this.#host;
    const seen = this.#book.get(leaseKey)?.lease;
    if (seen === undefined || this.#runners.has(leaseKey)) return;
    const { workerId, leaseCallTimeoutMs } = config;
    const taken = await takeLease(seen, workerId, watch.identity, leaseCallTimeoutMs, ports);
    const nowMs = ports.clock.nowMs();
    if (taken.kind === "failed") return;
    if (taken.kind === "missed") {
      if (taken.current === undefined) this.#book.forget(leaseKey);
      else this.#book.note(taken.current, nowMs);
      return;
    }
    const { lease, sentMs } = taken;
    this.#book.note(lease, nowMs);
    remember(this.#lastKnown, lease);
    this.#asked.delete(leaseKey);
    this.#lapsed.delete(leaseKey);
    const mismatch = this.#mismatch([lease]);
    const tenure = new Tenure(lease, sentMs, config, ports);
    if (isFinished(lease) || mismatch !== undefined) {
      await tenure.release();
      if (mismatch !== undefined) this.#host.fail(mismatch);
      return;
    }
    reporter.taken(lease, effectiveOwner(seen));
    this.#start(tenure);
  }

  #start(tenure: Tenure): void {
    const runner = new ShardRunner(tenure, {
      ...this.#host,
      shareBytes: () => this.#host.config.maxBufferedBytes / Math.max(1, this.#runners.size),
      poke: () => this.poke(),
    });
    this.#runners.set(runner.shardId, runner);
    if (this.#stopped) runner.drain("stop", this.#host.config.stopTimeoutMs);
    const end = runner.run().then((result) => this.#onEnd(runner, result));
    this.#ends.set(runner, end);
  }

  #onEnd(runner: ShardRunner, { end, fatal, trimmed }: RunnerEnd): void {
    const { ports } = this.#host;
    const { shardId, tenure } = runner;
    this.#ends.delete(runner);
    if (fatal !== undefined) this.#host.fail(fatal);
    if (trimmed === true) this.#trimmed.add(shardId);
    remember(this.#lastKnown, tenure.lease);
    if (end === "lost" && tenure.loss === "row-gone") void this.#revive(tenure.lease);
    else if (end !== "lost") this.#book.note(tenure.lease, ports.clock.nowMs());
    else if (tenure.loss !== "taken") this.#lapsed.set(shardId, tenure.lease.counter);
    if (end === "surrendered") this.#avoidFor(shardId);
    else if (end !== "lost") this.#avoid.delete(shardId);
    const forget = (): void => {
      if (this.#runners.get(shardId) === runner) this.#runners.delete(shardId);
    };
    // While a function of the user still works on the shard it must not be taken here again (S8).
    if (runner.leftBehind === undefined) forget();
    else void runner.leftBehind.then(forget);
    if (end === "ended") this.poke();
  }

  #avoidFor(leaseKey: string): void {
    const { config, ports } = this.#host;
    const times = (this.#avoid.get(leaseKey)?.times ?? 0) + 1;
    const ceilingMs = Math.min(MAX_AVOIDANCE_MS, config.failoverTimeMs * 2 ** Math.min(times, 10));
    const untilMs = ports.clock.nowMs() + ceilingMs * (0.5 + 0.5 * ports.random.next());
    this.#avoid.set(leaseKey, { untilMs, times });
  }

  /** Somebody deleted the row under us (F34): it comes back with the last checkpoint. */
  async #revive(lease: Lease): Promise<void> {
    if (isFinished(lease)) return;
    const { config, ports, reporter } = this.#host;
    this.#book.forget(lease.leaseKey);
    const timeoutMs = config.leaseCallTimeoutMs;
    const answer = await bounded(ports.clock, { timeoutMs }, (options) =>
      ports.leases.create(revived(lease), options),
    );
    if (answer.kind === "failed") reporter.callFailed("create", answer, lease.leaseKey);
    if (answer.kind !== "ok") return;
    this.#book.note(answer.lease, ports.clock.nowMs());
    reporter.leaseCreated(lease.leaseKey, "row-lost", lease.checkpoint);
    this.poke();
  }

  async #request(leaseKey: string): Promise<void> {
    const { config, ports, reporter } = this.#host;
    const sighting = this.#book.get(leaseKey);
    if (sighting === undefined) return;
    const { workerId, leaseCallTimeoutMs: timeoutMs } = config;
    const answer = await bounded(ports.clock, { timeoutMs }, (options) =>
      ports.leases.requestHandOff(sighting.lease, workerId, options),
    );
    const nowMs = ports.clock.nowMs();
    if (answer.kind === "ok") {
      this.#asked.add(leaseKey);
      this.#book.note(answer.lease, nowMs);
      reporter.handOff(leaseKey, sighting.lease.owner ?? "", workerId);
    } else if (answer.kind === "obsolete") {
      if (answer.current === undefined) this.#book.forget(leaseKey);
      else this.#book.note(answer.current, nowMs);
    } else if (answer.ambiguous) {
      // If it was applied, the row will come back in my name.
      this.#asked.add(leaseKey);
    }
  }
}
