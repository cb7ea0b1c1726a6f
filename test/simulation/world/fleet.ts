/** The processes of a run, by place: who runs where, who died, who comes back. */

import type { ProcessLife } from "../history/history.ts";
import { SimProcess } from "../kernel/process.ts";
import { randomFor } from "../scenario/scenario.ts";
import { startProducer } from "./producer-rig.ts";
import { startWorker } from "./worker-rig.ts";
import type { World } from "./world.ts";

export interface Rig {
  readonly process: SimProcess;
  readonly life: ProcessLife;
  /** Asks for a graceful end. Idempotent. */
  stop(): void;
}

const MAX_WORKERS = 6;
/** A process that ended by itself is started again by whatever looks after it. */
const SUPERVISOR_RESTART_MS = 1000;

export class Fleet {
  readonly #world: World;
  readonly #rigs = new Map<string, Rig>();
  readonly #incarnations = new Map<string, number>();
  #closing = false;

  constructor(world: World) {
    this.#world = world;
  }

  start(): void {
    const { workers, producers } = this.#world.scenario;
    for (let i = 1; i <= producers; i++) this.#spawn(`producer-${i}`, true);
    for (let i = 1; i <= workers; i++) this.#spawn(`worker-${i}`, true);
  }

  live(role: ProcessLife["role"]): Rig[] {
    return [...this.#rigs.values()].filter(
      ({ process, life }) => life.role === role && process.alive && life.end === undefined,
    );
  }

  crash(place: string, restartAfterMs: number | null, sameId: boolean): void {
    const rig = this.#alive(place);
    if (rig === undefined) return;
    rig.process.kill();
    this.ended(rig.life, "killed");
    if (restartAfterMs !== null) this.#respawnAfter(restartAfterMs, place, sameId);
  }

  pause(place: string, durationMs: number): void {
    const rig = this.#alive(place);
    if (rig === undefined) return;
    const leftMs = this.#world.scenario.faultsMs - this.#world.kernel.nowMs;
    rig.process.pause(Math.min(durationMs, leftMs));
    rig.life.pausedMs = rig.process.pausedMs;
  }

  stop(place: string, restartAfterMs: number | null): void {
    const rig = this.#alive(place);
    if (rig === undefined || rig.life.stopAskedMs !== undefined) return;
    this.#ask(rig);
    if (restartAfterMs !== null) this.#respawnAfter(restartAfterMs, place, false);
  }

  join(): void {
    if (this.live("worker").length >= MAX_WORKERS) return;
    const places = [...this.#incarnations.keys()].filter((place) => place.startsWith("worker"));
    this.#spawn(`worker-${places.length + 1}`, true);
  }

  jumpWallClock(place: string, deltaMs: number): void {
    this.#alive(place)?.process.jumpWallClock(deltaMs);
  }

  /** No more load; whoever was to come back has come back, and somebody is there. */
  heal(): void {
    for (const rig of this.live("producer")) this.#ask(rig);
    if (this.live("worker").every(({ life }) => life.stopAskedMs !== undefined)) {
      if (this.#world.scenario.workers > 0) this.#spawn("worker-1", false);
    }
  }

  /** The end of the run: everybody stops gracefully. */
  close(): void {
    this.#closing = true;
    for (const rig of this.#rigs.values()) {
      if (rig.process.alive && rig.life.end === undefined) this.#ask(rig);
    }
  }

  /** To be called once by whoever sees a process end. */
  ended(life: ProcessLife, end: NonNullable<ProcessLife["end"]>, error?: unknown): void {
    if (life.end !== undefined) return;
    life.end = end;
    life.endMs = this.#world.kernel.nowMs;
    life.error = error;
    this.#world.note(`world.${end}`, { incarnation: life.incarnation, error: messageOf(error) });
    if (end === "failed") this.#respawnAfter(SUPERVISOR_RESTART_MS, life.place, false);
  }

  #alive(place: string): Rig | undefined {
    const rig = this.#rigs.get(place);
    return rig !== undefined && rig.process.alive && rig.life.end === undefined ? rig : undefined;
  }

  #ask(rig: Rig): void {
    if (rig.life.stopAskedMs !== undefined) return;
    rig.life.stopAskedMs = this.#world.kernel.nowMs;
    this.#world.note("world.stop-asked", { incarnation: rig.life.incarnation });
    // As a signal would: in the process's own time, after a pause if there is one.
    rig.process.settleAt(this.#world.kernel.nowMs, "asked to stop", () => rig.stop());
  }

  #respawnAfter(delayMs: number, place: string, sameId: boolean): void {
    const { kernel, scenario } = this.#world;
    const atMs = Math.min(kernel.nowMs + delayMs, Math.max(kernel.nowMs, scenario.faultsMs));
    kernel.at(atMs, `restart ${place}`, () => {
      const producing = place.startsWith("producer");
      if (this.#closing || (producing && kernel.nowMs >= scenario.faultsMs)) return;
      // Asked to stop and killed meanwhile, it has a successor already.
      const there = this.#alive(place);
      if (there !== undefined && there.life.stopAskedMs === undefined) return;
      // The place may be stopping still: then its successor runs beside it, as in a rolling deploy.
      this.#spawn(place, sameId);
    });
  }

  #spawn(place: string, sameId: boolean): void {
    const world = this.#world;
    const number = (this.#incarnations.get(place) ?? 0) + 1;
    this.#incarnations.set(place, number);
    const incarnation = `${place}#${number}`;
    const random = randomFor(world.scenario.seed, incarnation);
    const error = {
      offsetMs: random.next() * 1e6,
      rate: world.scenario.clockErrors ? 1 + (random.next() - 0.5) * 0.02 : 1,
    };
    const process = new SimProcess(incarnation, world.kernel, random, error);
    const worker = place.startsWith("worker");
    const life: ProcessLife = {
      incarnation,
      place,
      role: worker ? "worker" : "producer",
      workerId: worker ? (sameId ? place : incarnation) : undefined,
      startMs: world.kernel.nowMs,
      stopAskedMs: undefined,
      endMs: undefined,
      end: undefined,
      error: undefined,
      pausedMs: 0,
    };
    world.history.lives.set(incarnation, life);
    world.note("world.start", { incarnation, workerId: life.workerId });
    process.enter(() => {
      const start = worker ? startWorker : startProducer;
      this.#rigs.set(place, start(world, process, life));
    });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "";
}
