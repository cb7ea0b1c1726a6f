/** The workers: `shardline work` processes that are killed, paused and started again. */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Checkpoint } from "@shardline/model";
import { tenureOf } from "./books.ts";
import { type Delivery, readJournal } from "./journal.ts";
import { Program } from "./program.ts";

const HANDLER = fileURLToPath(new URL("./handler.js", import.meta.url));

export interface FleetOptions {
  readonly folder: string;
  readonly streamName: string;
  readonly applicationName: string;
  readonly failoverMs: number;
  readonly checkpointMs: number;
  readonly env: () => Readonly<Record<string, string>>;
}

interface Member {
  readonly workerId: string;
  readonly program: Program;
}

interface WorkEvent {
  readonly event: string;
  readonly shardId?: string;
  readonly fence?: number;
  readonly checkpoint?: string;
  readonly level: string;
}

export class Fleet {
  readonly #options: FleetOptions;
  readonly #members = new Map<string, Member>();
  readonly #journals: string[] = [];
  readonly begins: Map<string, Checkpoint> = new Map();
  /** Events that say that something went wrong, counted. */
  readonly troubles: Map<string, number> = new Map();
  /** The newest tenure of each shard. */
  readonly fences: Map<string, number> = new Map();
  #started = 0;

  constructor(options: FleetOptions) {
    this.#options = options;
  }

  get workerIds(): readonly string[] {
    return [...this.#members.keys()];
  }

  start(workerId: string): void {
    this.#members.set(workerId, { workerId, program: this.startTwin(workerId) });
  }

  /** A process that nobody looks after. */
  startTwin(workerId: string): Program {
    const { folder, streamName, applicationName, failoverMs, checkpointMs, env } = this.#options;
    const journal = join(folder, `${++this.#started}-${workerId}.journal`);
    this.#journals.push(journal);
    const argv = [
      ...["work", "--stream", streamName, "--application", applicationName, "--json"],
      ...["--worker-id", workerId, "--handler", HANDLER],
      ...["--failover-ms", String(failoverMs), "--checkpoint-ms", String(checkpointMs)],
    ];
    return new Program(argv, { ...env(), CHAOS_JOURNAL: journal }, (line) =>
      this.#onEvent(JSON.parse(line) as WorkEvent),
    );
  }

  async kill(workerId: string): Promise<void> {
    await this.#members.get(workerId)?.program.kill();
    this.#members.delete(workerId);
  }

  signal(workerId: string, signal: NodeJS.Signals): void {
    this.#members.get(workerId)?.program.signal(signal);
  }

  /** Starts again what ended by itself, as a supervisor would. Returns who that was, and why. */
  revive(): readonly string[] {
    const dead = [...this.#members.values()].filter(({ program }) => !program.isRunning);
    for (const { workerId } of dead) this.start(workerId);
    return dead.map(({ workerId, program }) => `${workerId}: ${program.errors}`);
  }

  /** Gracefully. Returns who did not end well. */
  async stop(timeoutMs: number): Promise<readonly string[]> {
    const problems: string[] = [];
    const stopping = [...this.#members.values()].map(async ({ workerId, program }) => {
      program.signal("SIGTERM");
      const timer = setTimeout(() => program.signal("SIGKILL"), timeoutMs);
      const code = await program.exited;
      clearTimeout(timer);
      if (code !== 0) problems.push(`${workerId} ended with ${code}: ${program.errors}`);
    });
    await Promise.all(stopping);
    return problems;
  }

  async killAll(): Promise<void> {
    await Promise.all([...this.#members.values()].map(({ program }) => program.kill()));
  }

  deliveries(): Delivery[] {
    return this.#journals.flatMap((path) => {
      try {
        return readJournal(path);
      } catch {
        return []; // killed before it opened its journal
      }
    });
  }

  #onEvent({ event, shardId, fence, checkpoint, level }: WorkEvent): void {
    if (level === "error") this.troubles.set(event, (this.troubles.get(event) ?? 0) + 1);
    if (event !== "lease-taken" || shardId === undefined || fence === undefined) return;
    this.fences.set(shardId, Math.max(fence, this.fences.get(shardId) ?? 0));
    const [sequenceNumber = "", sub = "0"] = (checkpoint ?? "").split("/");
    this.begins.set(tenureOf(shardId, fence), { sequenceNumber, subSequenceNumber: Number(sub) });
  }
}
