/** The demo itself: starts the cast, splits, kills, waits for the last record, and judges. */

import { type Checkpoint, type Clock, effectiveOwner, sleep } from "@shardline/model";
import { CliError } from "../errors.ts";
import { type DemoWorker, startProducer, startWorker } from "./cast.ts";
import type { Child } from "./child.ts";
import { chooseVictim, type Cue, Director } from "./director.ts";
import type { DemoInput } from "./input.ts";
import { sharedClockUs } from "./journal.ts";
import { Ledger } from "./ledger.ts";
import type { Stage } from "./stage.ts";
import { judge, type Kill, type Verdict } from "./verdict.ts";
import type { Progress } from "./view.ts";

export interface PlayOptions {
  readonly input: DemoInput;
  readonly keyPattern: string;
  readonly stage: Stage;
  /** For the journals. */
  readonly folder: string;
  readonly workerCount: number;
  readonly shardCount: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

export interface Outcome {
  readonly verdict: Verdict;
  readonly victim: string | undefined;
  readonly split: string | undefined;
  /** What went wrong beside the verdict. */
  readonly problems: readonly string[];
}

const TICK_MS = 100;
/** The flow lasts about this long, so that split, kill and take-over happen in it. */
const FLOW_SECONDS = 12;
const START_TIMEOUT_MS = 60_000;
/** Without any progress for so long, what is missing counts as lost. */
const PATIENCE_MS = 20_000;
const STOP_TIMEOUT_MS = 10_000;
const LEASE_CALL = { timeoutMs: 5000 };

export class Play {
  readonly #options: PlayOptions;
  readonly #ledger: Ledger;
  readonly #director = new Director();
  readonly #workers: DemoWorker[] = [];
  readonly #events: string[] = [];
  readonly #problems: string[] = [];
  readonly #startedMs: number;
  #producer: Child | undefined;
  #kill: Kill | undefined;
  #split: string | undefined;

  constructor(options: PlayOptions) {
    this.#options = options;
    this.#ledger = new Ledger(options.input.records);
    this.#startedMs = options.clock.nowMs();
  }

  /** Rejects with what `signal` aborts, or if the cast cannot start; no process is left then. */
  async run(): Promise<Outcome> {
    const { stage, folder, workerCount, input, keyPattern } = this.#options;
    try {
      for (let i = 1; i <= workerCount; i++) {
        this.#workers.push(startWorker(`worker-${i}`, stage, folder));
      }
      await this.#workersHold();
      const recordsPerSecond = Math.max(1, Math.ceil(input.records.length / FLOW_SECONDS));
      const { text } = input;
      this.#producer = startProducer({ text, keyPattern, recordsPerSecond }, stage, this.#ledger);
      await this.#flow();
      await this.#stopWorkers();
    } finally {
      this.#killAll();
      await Promise.all(this.#workers.map(({ journal }) => journal.close()));
    }
    return {
      verdict: judge(this.#ledger, this.#kill),
      victim: this.#kill?.worker,
      split: this.#split,
      problems: this.#problems,
    };
  }

  /** Until every shard has an owner: before that a kill would prove little. */
  async #workersHold(): Promise<void> {
    const { clock, shardCount, stage } = this.#options;
    const deadlineMs = clock.nowMs() + START_TIMEOUT_MS;
    while (true) {
      const listed = await stage.leases.list(LEASE_CALL);
      const held = listed.kind === "ok" ? listed.leases.filter((lease) => lease.owner) : [];
      if (held.length >= shardCount) return;
      for (const { name, child } of this.#workers) {
        if (child.exit !== undefined) throw new CliError(`${name} did not start: ${child.errors}`);
      }
      if (clock.nowMs() > deadlineMs) throw new CliError("the workers took no leases in a minute");
      await this.#tick();
    }
  }

  /** Until all that was acknowledged is processed, or nothing moves any more. */
  async #flow(): Promise<void> {
    const { clock } = this.#options;
    let movedAtMs = clock.nowMs();
    let lastSum = -1;
    while (true) {
      await this.#tick();
      this.#checkNumbers();
      const sum = this.#ledger.acknowledged.size + this.#ledger.deliveries.length;
      if (sum !== lastSum) movedAtMs = clock.nowMs();
      lastSum = sum;
      for (const cue of this.#director.due(this.#scene())) await this.#act(cue);
      this.#noticeDeaths();
      const isOver = this.#producer?.exit !== undefined && this.#director.isFinished;
      if (isOver && this.#ledger.outstanding() === 0) break;
      if (clock.nowMs() - movedAtMs > PATIENCE_MS) {
        const failures = [
          ...new Set(this.#workers.flatMap(({ failing }) => [...failing.values()])),
        ];
        const why = failures.length === 0 ? "" : `: ${failures.join(", ")}`;
        this.#problems.push(`nothing moved for ${PATIENCE_MS / 1000} s${why}`);
        break;
      }
    }
    const exit = this.#producer?.exit;
    if (exit?.code !== 0) this.#problems.push(`the producer failed: ${this.#producer?.errors}`);
  }

  /** An emulator that numbers each shard's records from 1 may also move them in a split. */
  #checkNumbers(): void {
    const { clash } = this.#ledger;
    if (clash === undefined) return;
    throw new CliError(
      `${this.#options.stage.description} gave one sequence number to two records (${clash}), as Kinesis never does: the demo cannot count there`,
    );
  }

  #scene(): Parameters<Director["due"]>[0] {
    return {
      records: this.#ledger.put.length,
      acknowledged: this.#ledger.acknowledged.size,
      processed: this.#ledger.processedCount,
      producerEnded: this.#producer?.exit !== undefined,
    };
  }

  async #act(cue: Cue): Promise<void> {
    if (cue === "kill") {
      await this.#killWorker();
      return;
    }
    const shardId = this.#ledger.busiestShard();
    if (shardId === undefined) return;
    this.#director.done("split");
    try {
      this.#split = await this.#options.stage.split(shardId);
      this.#note(`split ${this.#split}`);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#problems.push(`the split failed: ${message}`);
    }
  }

  async #killWorker(): Promise<void> {
    const { leases } = this.#options.stage;
    const before = await leases.list(LEASE_CALL);
    if (before.kind === "failed") return;
    const name = chooseVictim(before.leases, (worker) => this.#ledger.deliveriesOf(worker));
    const victim = this.#workers.find((worker) => worker.name === name);
    if (victim === undefined) return;
    victim.child.kill("SIGKILL");
    const atUs = sharedClockUs();
    this.#director.done("kill");
    await victim.child.exited;
    const after = await leases.list(LEASE_CALL);
    const held = new Map<string, Checkpoint>();
    for (const lease of after.kind === "ok" ? after.leases : []) {
      if (effectiveOwner(lease) === victim.name) held.set(lease.leaseKey, lease.checkpoint);
    }
    this.#kill = { worker: victim.name, atUs, held };
    const shards = `${held.size} shard${held.size === 1 ? "" : "s"}`;
    this.#note(`SIGKILL ${victim.name}, which held ${shards}`);
  }

  #noticeDeaths(): void {
    for (const { name, child } of this.#workers) {
      if (child.exit === undefined || name === this.#kill?.worker) continue;
      throw new CliError(`${name} ended by itself (${child.exit.code}): ${child.errors}`);
    }
  }

  /** Gracefully, and with a look at how they end. */
  async #stopWorkers(): Promise<void> {
    const { clock, signal } = this.#options;
    const running = this.#workers.filter(({ child }) => child.exit === undefined);
    for (const { child } of running) child.kill("SIGTERM");
    const stopped = Promise.all(running.map(({ child }) => child.exited));
    await Promise.race([stopped, sleep(clock, STOP_TIMEOUT_MS, { signal, background: true })]);
    for (const { name, child } of running) {
      if (child.exit === undefined) this.#problems.push(`${name} did not stop`);
      else if (child.exit.code !== 0) {
        this.#problems.push(`${name} ended with ${child.exit.code}: ${child.errors}`);
      }
    }
    await this.#readJournals();
    this.#report();
  }

  async #tick(): Promise<void> {
    const { clock, signal } = this.#options;
    await sleep(clock, TICK_MS, { signal });
    await this.#readJournals();
    this.#report();
  }

  async #readJournals(): Promise<void> {
    for (const { name, journal } of this.#workers) {
      for (const delivery of await journal.read()) this.#ledger.deliver(name, delivery);
    }
  }

  #report(): void {
    const seconds = (this.#options.clock.nowMs() - this.#startedMs) / 1000;
    const workers = this.#workers.map(({ name, child, shards }) => {
      const running = child.exit === undefined;
      const state = name === this.#kill?.worker ? "killed" : running ? "running" : "stopped";
      const deliveries = this.#ledger.deliveriesOf(name);
      return { name, state, deliveries, shards: shards.size } as const;
    });
    const { records, acknowledged, processed } = this.#scene();
    const events = this.#events;
    this.#options.onProgress({ seconds, records, acknowledged, processed, workers, events });
  }

  #note(event: string): void {
    const seconds = (this.#options.clock.nowMs() - this.#startedMs) / 1000;
    this.#events.push(`${seconds.toFixed(1).padStart(5)} s  ${event}`);
  }

  #killAll(): void {
    this.#producer?.kill("SIGKILL");
    for (const { child } of this.#workers) child.kill("SIGKILL");
  }
}
