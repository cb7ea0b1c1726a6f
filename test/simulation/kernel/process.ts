/**
 * One simulated operating-system process: its own clock, and a life that can stop at any await.
 *
 * kill -9: nothing of the process ever fires or settles again. SIGSTOP: timers and settlements wait
 * for the wake-up, while its clocks go on, as they do on Linux.
 */

import type { SeededRandom } from "@shardline/local";
import type { Clock, Timer } from "@shardline/model";
import type { Kernel, Scheduled } from "./kernel.ts";

export interface ClockError {
  /** What the monotonic clock shows at the start of the simulation. */
  readonly offsetMs: number;
  /** Its speed: 1.01 gains one second in a hundred. */
  readonly rate: number;
}

/** Timers are a little late, never early. */
const MAX_TIMER_LATENESS_MS = 1.5;
/** After a wake-up the sockets deliver what has arrived within this time. */
const WAKE_SPREAD_MS = 2;
const WALL_ORIGIN_MS: number = Date.UTC(2026, 0, 1);

export class SimProcess {
  readonly name: string;
  readonly kernel: Kernel;
  readonly random: SeededRandom;
  readonly clock: Clock;
  readonly #error: ClockError;
  #alive = true;
  #wakeAtMs = 0;
  #pausedMs = 0;
  #wallJumpMs = 0;

  constructor(name: string, kernel: Kernel, random: SeededRandom, error: ClockError) {
    this.name = name;
    this.kernel = kernel;
    this.random = random;
    this.#error = error;
    this.clock = {
      nowMs: () => this.#error.offsetMs + this.#trueMs() * this.#error.rate,
      wallMs: () => Math.floor(WALL_ORIGIN_MS + this.#trueMs() + this.#wallJumpMs),
      setTimer: (delayMs, fire) => this.#setTimer(delayMs, fire),
    };
  }

  get alive(): boolean {
    return this.#alive;
  }

  get paused(): boolean {
    return this.kernel.nowMs < this.#wakeAtMs;
  }

  /** How long the process was stopped in all: bounds in its own working time leave this out. */
  get pausedMs(): number {
    return this.#pausedMs;
  }

  kill(): void {
    this.#alive = false;
  }

  pause(durationMs: number): void {
    const wakeAtMs = this.kernel.nowMs + durationMs;
    if (wakeAtMs <= this.#wakeAtMs) return;
    this.#pausedMs += wakeAtMs - Math.max(this.#wakeAtMs, this.kernel.nowMs);
    this.#wakeAtMs = wakeAtMs;
  }

  jumpWallClock(deltaMs: number): void {
    this.#wallJumpMs += deltaMs;
  }

  /** Runs code of this process now. */
  enter(run: () => void): void {
    this.kernel.running = this.name;
    run();
  }

  /** Runs `settle` in this process at `atMs`, later if it is stopped then, never if it is dead. */
  settleAt(atMs: number, what: string, settle: () => void): void {
    this.kernel.at(atMs, `${this.name} ${what}`, () => {
      if (!this.#alive) return;
      if (this.paused) {
        const wakeAtMs = this.#wakeAtMs + this.random.next() * WAKE_SPREAD_MS;
        this.settleAt(wakeAtMs, what, settle);
      } else {
        this.enter(settle);
      }
    });
  }

  #trueMs(): number {
    return this.kernel.nowMs + this.kernel.skippedMs;
  }

  #setTimer(delayMs: number, fire: () => void): Timer {
    const latenessMs = this.random.next() * MAX_TIMER_LATENESS_MS;
    const dueMs = this.kernel.nowMs + Math.max(0, delayMs) / this.#error.rate + latenessMs;
    let pending: Scheduled;
    const arm = (atMs: number, tie?: number): void => {
      const run = (): void => {
        if (!this.#alive) return;
        // After a wake-up Node.js fires what is overdue in the order in which it was due.
        if (this.paused) arm(this.#wakeAtMs, dueMs / 1e12);
        else this.enter(fire);
      };
      pending = this.kernel.at(atMs, `${this.name} timer`, run, tie);
    };
    arm(dueMs);
    return { cancel: () => pending.cancel() };
  }
}
