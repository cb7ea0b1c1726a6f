/**
 * The control plane: every turn it looks through the table, asks the cores what should be, and takes,
 * hands over, repairs. It is the only one that starts shard runners.
 */

import {
  bounded,
  effectiveOwner,
  type Lease,
  ShardlineError,
  Slots,
  sleep,
} from "@shardline/model";
import { Assignment } from "./core/assignment.ts";
import { isFinished, LeaseBook } from "./core/lease-book.ts";
import { remember, revived } from "./core/shard-sync.ts";
import { StreamReplacedError, TableMismatchError } from "./errors.ts";
import { LeaseView } from "./lease-view.ts";
import type { WorkerConfig } from "./options.ts";
import type { Ports } from "./ports.ts";
import type { Reporter } from "./reporter.ts";
import { ShardAudit } from "./shard-audit.ts";
import type { RunnerEnd } from "./shard-close.ts";
import { ShardRunner } from "./shard-runner.ts";
import { sameStream, type StreamWatch } from "./stream-watch.ts";
import { takeLease } from "./take.ts";
import { Tenure } from "./tenure.ts";

/** Takes that are under way at once. */
const CONCURRENT_TAKES = 16;
/**
 * Writes of the tenures that are under way at once. Where the machine or the table is too slow for all
 * shards, writes wait here and most reads wait for them: a late read costs time, a late renewal the lease.
 */
const CONCURRENT_WRITES = 16;
/** Turns in a row that left leases before it is told: the crowd of a moment is gone by the next. */
const OVERLOADED_TURNS = 2;
/** A listing that would prove a parent trimmed is not asked for more often. */
const LISTING_INTERVAL_MS = 5_000;
/** How long a stop waits for leases that are on their way here, to give them back at once. */
const RETURN_ASKED_MS = 2_000;
const RETURN_ASKED_STEP_MS = 200;

export interface LoopHost {
  readonly config: WorkerConfig;
  readonly ports: Ports;
  readonly watch: StreamWatch;
  readonly reporter: Reporter;
  /** Aborts when the worker stops: ends the turns and the calls that only look. */
  readonly stopping: AbortSignal;
  /** The worker as a whole cannot go on. */
  fail(error: ShardlineError): void;
}

export class LeaseLoop {
  readonly #host: LoopHost;
  readonly #book: LeaseBook;
  readonly #view: LeaseView;
  readonly #assignment: Assignment;
  readonly #audit: ShardAudit;
  readonly #writeSlots: Slots = new Slots(CONCURRENT_WRITES);
  readonly #readSlots: Slots;
  readonly #runners = new Map<string, ShardRunner>();
  readonly #ends = new Set<Promise<void>>();
  readonly #lastKnown = new Map<string, Lease>();
  #wake: (() => void) | undefined;
  /** Asked to look again while a turn was under way. */
  #poked = false;
  #overloadedTurns = 0;
  #nextAuditMs = Number.NEGATIVE_INFINITY;
  #auditUnderWay: Promise<void> | undefined;

  constructor(host: LoopHost) {
    const { config, ports } = host;
    this.#host = host;
    this.#readSlots = new Slots(config.maxConcurrentReads, this.#writeSlots);
    this.#book = new LeaseBook(config.failoverTimeMs);
    this.#view = new LeaseView({ ...host, book: this.#book, runners: this.#runners });
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

  /** Turns until the worker stops. What is held stays held. */
  async run(): Promise<void> {
    const { clock, random } = this.#host.ports;
    const { config, stopping } = this.#host;
    while (!stopping.aborted) {
      this.#poked = false;
      await this.#turn();
      if (stopping.aborted) break;
      if (this.#poked) continue;
      const pauseMs = config.leaseScanIntervalMs * (0.8 + 0.3 * random.next());
      const wake = new AbortController();
      this.#wake = () => wake.abort();
      stopping.addEventListener("abort", this.#wake, { once: true });
      await sleep(clock, pauseMs, { signal: wake.signal }).catch(() => undefined);
      stopping.removeEventListener("abort", this.#wake);
    }
    await this.#auditUnderWay;
    await this.#returnAsked();
  }

  /** Look again now. */
  poke(): void {
    this.#poked = true;
    this.#wake?.();
  }

  /** Until every tenure is over. */
  async drained(): Promise<void> {
    while (this.#ends.size > 0) await Promise.all(this.#ends);
  }

  async #turn(): Promise<void> {
    const { stopping, watch, ports, reporter } = this.#host;
    if (!(await this.#scan())) return;
    await this.#auditIfDue();
    this.#followHandOffs();
    const listedForMs = ports.clock.nowMs() - watch.listedMs;
    if (listedForMs >= LISTING_INTERVAL_MS && this.#view.wantsListing()) {
      await watch.refresh();
      // If that proves nothing, a row is lost that only an audit brings back.
      this.#auditSoon();
    }
    if (stopping.aborted) return;
    const nowMs = ports.clock.nowMs();
    const { candidates, workers, expired } = this.#view.at(nowMs);
    reporter.scanned({ leases: candidates.length, mine: this.#runners.size, workers, expired });
    const { take, request } = this.#assignment.plan(candidates, nowMs);
    await this.#takeAll(take);
    if (!stopping.aborted) await Promise.all(request.map((key) => this.#request(key)));
  }

  async #scan(): Promise<boolean> {
    const { config, ports, reporter, stopping } = this.#host;
    const timeoutMs = config.failoverTimeMs / 4;
    const call = { timeoutMs, signal: stopping };
    const answer = await bounded(ports.clock, call, (options) => ports.leases.list(options));
    if (stopping.aborted) return false;
    if (answer.kind === "failed") {
      reporter.callFailed("list", answer);
      return false;
    }
    const mismatch = this.#mismatch(answer.leases);
    if (mismatch !== undefined) {
      this.#host.fail(mismatch);
      return false;
    }
    const gone = this.#book.observe(answer.leases, ports.clock.nowMs());
    // Finished ones are cleaned up; an unfinished one was deleted by other hands (F34).
    if (gone.some((lease) => !isFinished(lease))) this.#auditSoon();
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

  #auditSoon(): void {
    this.#nextAuditMs = Math.min(this.#nextAuditMs, this.#host.ports.clock.nowMs());
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
    const failed = verdict.kind === "failed" ? verdict : await this.#audit.run();
    if (failed === undefined) {
      const { nextLookMs } = this.#audit;
      if (nextLookMs !== undefined) this.#nextAuditMs = Math.min(this.#nextAuditMs, nextLookMs);
      return;
    }
    reporter.callFailed("shard audit", failed);
    const soonMs = Math.min(config.shardSyncIntervalMs, config.leaseScanIntervalMs * 2);
    const againMs = ports.clock.nowMs() + soonMs;
    this.#nextAuditMs = first ? Number.NEGATIVE_INFINITY : Math.min(this.#nextAuditMs, againMs);
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
    for (const key of this.#view.asked) {
      if (this.#book.get(key)?.lease.owner !== workerId) this.#view.asked.delete(key);
    }
  }

  /** @returns the tenure, if the lease is ours now. */
  async #takeTenure(leaseKey: string): Promise<Tenure | undefined> {
    const { config, ports, watch, reporter } = this.#host;
    const seen = this.#book.get(leaseKey)?.lease;
    if (seen === undefined || this.#runners.has(leaseKey)) return undefined;
    const { workerId, leaseCallTimeoutMs } = config;
    const taken = await takeLease(seen, workerId, watch.identity, leaseCallTimeoutMs, ports);
    if (taken.kind === "failed") return undefined;
    if (taken.kind === "missed") {
      this.#note(leaseKey, taken.current);
      return undefined;
    }
    const { lease, sentMs } = taken;
    this.#note(leaseKey, lease);
    this.#view.asked.delete(leaseKey);
    this.#view.lapsed.delete(leaseKey);
    reporter.taken(lease, effectiveOwner(seen));
    return new Tenure(lease, sentMs, config, { ...ports, slots: this.#writeSlots });
  }

  async #takeAll(leaseKeys: readonly string[]): Promise<void> {
    const { stopping, reporter } = this.#host;
    for (let i = 0; i < leaseKeys.length && !stopping.aborted; i += CONCURRENT_TAKES) {
      // Who cannot renew in time what it has would lose that for what it takes.
      if (this.#writeSlots.isCrowded) {
        this.#overloadedTurns++;
        const left = leaseKeys.length - i;
        reporter.overloaded(this.#runners.size, left, this.#overloadedTurns === OVERLOADED_TURNS);
        return;
      }
      await Promise.all(leaseKeys.slice(i, i + CONCURRENT_TAKES).map((key) => this.#take(key)));
    }
    this.#overloadedTurns = 0;
  }

  async #take(leaseKey: string): Promise<void> {
    const tenure = await this.#takeTenure(leaseKey);
    if (tenure === undefined) return;
    const mismatch = this.#mismatch([tenure.lease]);
    if (mismatch !== undefined) this.#host.fail(mismatch);
    if (mismatch !== undefined || isFinished(tenure.lease)) await tenure.release();
    else this.#start(tenure);
  }

  #start(tenure: Tenure): void {
    const { config, stopping } = this.#host;
    const runner = new ShardRunner(tenure, {
      ...this.#host,
      hasHeirs: (shardId) => this.#view.hasHeirs(shardId),
      readSlots: this.#readSlots,
      shareBytes: () => config.maxBufferedBytes / Math.max(1, this.#runners.size),
    });
    this.#runners.set(runner.shardId, runner);
    if (stopping.aborted) runner.drain("stop", config.stopTimeoutMs);
    const end: Promise<void> = runner
      .run()
      .catch((cause: unknown): RunnerEnd => {
        // Not a failure of a service or of the user's functions: those are values by now.
        tenure.lose("stopped");
        const message = `internal error on ${runner.shardId}`;
        return { end: "lost", fatal: new ShardlineError("SERVICE_FAILED", message, { cause }) };
      })
      .then((result) => {
        this.#ends.delete(end);
        this.#onEnd(runner, result);
      });
    this.#ends.add(end);
  }

  #onEnd(runner: ShardRunner, { end, fatal, trimmed }: RunnerEnd): void {
    const { clock, random } = this.#host.ports;
    const { shardId, tenure } = runner;
    if (fatal !== undefined) this.#host.fail(fatal);
    if (trimmed === true) this.#view.trimmed.add(shardId);
    remember(this.#lastKnown, tenure.lease);
    if (end !== "lost") this.#note(shardId, tenure.lease);
    else if (tenure.loss === "row-gone") void this.#revive(tenure.lease);
    else if (tenure.loss !== "taken") this.#view.lapsed.set(shardId, tenure.lease.counter);
    if (end === "surrendered") this.#view.avoid(shardId, clock.nowMs(), random.next());
    else if (end !== "lost") this.#view.forgive(shardId);
    const forget = (): void => {
      if (this.#runners.get(shardId) === runner) this.#runners.delete(shardId);
    };
    // While a function of the user still works on the shard it must not be taken here again (S8).
    if (runner.leftBehind === undefined) forget();
    else void runner.leftBehind.then(forget);
    if (end === "ended") this.poke();
  }

  /** Somebody deleted the row under us (F34): it comes back with the last checkpoint. */
  async #revive(lease: Lease): Promise<void> {
    if (isFinished(lease)) return;
    const { config, ports, reporter } = this.#host;
    this.#note(lease.leaseKey, undefined);
    // If its end was written in doubt, others may have gone on from there and cleaned up.
    if ((await this.#audit.wasFinished(lease)) !== false) return;
    const timeoutMs = config.leaseCallTimeoutMs;
    const answer = await bounded(ports.clock, { timeoutMs }, (options) =>
      ports.leases.create(revived(lease), options),
    );
    if (answer.kind === "failed") reporter.callFailed("create", answer, lease.leaseKey);
    if (answer.kind !== "ok") return;
    this.#note(lease.leaseKey, answer.lease);
    reporter.leaseCreated(lease.leaseKey, "row-lost", lease.checkpoint);
    this.poke();
  }

  async #request(leaseKey: string): Promise<void> {
    const { config, ports, reporter } = this.#host;
    const seen = this.#book.get(leaseKey)?.lease;
    if (seen === undefined) return;
    const { workerId, leaseCallTimeoutMs: timeoutMs } = config;
    const answer = await bounded(ports.clock, { timeoutMs }, (options) =>
      ports.leases.requestHandOff(seen, workerId, options),
    );
    if (answer.kind === "obsolete") {
      this.#note(leaseKey, answer.current);
      // Sent twice on the way: the second one finds what the first one did.
      const { owner, checkpointOwner } = answer.current ?? {};
      if (owner === workerId && checkpointOwner !== undefined) this.#view.asked.add(leaseKey);
    }
    // If a request in doubt was applied, the row will come back in my name.
    if (answer.kind === "ok" || (answer.kind === "failed" && answer.ambiguous)) {
      this.#view.asked.add(leaseKey);
    }
    if (answer.kind !== "ok") return;
    this.#note(leaseKey, answer.lease);
    reporter.handOff(leaseKey, seen.owner ?? "", workerId);
  }

  /** A lease handed to a worker that has stopped would lie idle until it expires. */
  async #returnAsked(): Promise<void> {
    const { ports, config } = this.#host;
    const timeoutMs = config.leaseCallTimeoutMs;
    const untilMs = ports.clock.nowMs() + Math.min(RETURN_ASKED_MS, config.stopTimeoutMs);
    while (this.#view.asked.size > 0 && ports.clock.nowMs() < untilMs) {
      for (const key of [...this.#view.asked]) {
        const read = await bounded(ports.clock, { timeoutMs }, (options) =>
          ports.leases.get(key, options),
        );
        if (read.kind === "failed") continue;
        this.#note(key, read.lease);
        if (read.lease?.owner !== config.workerId) this.#view.asked.delete(key);
        else if (read.lease.checkpointOwner === undefined) {
          await (await this.#takeTenure(key))?.release();
        }
      }
      if (this.#view.asked.size > 0) await sleep(ports.clock, RETURN_ASKED_STEP_MS);
    }
  }

  /** A row out of a write's answer or a consistent read; undefined: it is gone. */
  #note(leaseKey: string, row: Lease | undefined): void {
    if (row === undefined) {
      const known = this.#book.get(leaseKey)?.lease;
      this.#book.forget(leaseKey);
      if (known !== undefined && !isFinished(known)) this.#auditSoon();
      return;
    }
    this.#book.note(row, this.#host.ports.clock.nowMs());
    remember(this.#lastKnown, row);
  }
}
