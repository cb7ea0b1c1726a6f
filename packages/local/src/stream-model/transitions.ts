import type { Instant } from "./instant.ts";

interface Transition {
  readonly atMs: number;
  readonly apply: (instant: Instant) => void;
}

/** Changes of state that take a while: done at the first call after they fall due, in that order. */
export class Transitions {
  #waiting: Transition[] = [];

  /** Applies at once if there is no delay. */
  after(delayMs: number, instant: Instant, apply: (instant: Instant) => void): void {
    if (delayMs <= 0) {
      apply(instant);
      return;
    }
    this.#waiting.push({ atMs: instant.nowMs + delayMs, apply });
    this.#waiting.sort((a, b) => a.atMs - b.atMs);
  }

  /** When the next one falls due. */
  get nextDueMs(): number | undefined {
    return this.#waiting[0]?.atMs;
  }

  advance(instant: Instant): void {
    for (
      let next = this.#waiting[0];
      next !== undefined && next.atMs <= instant.nowMs;
      next = this.#waiting[0]
    ) {
      this.#waiting.shift();
      const lateMs = instant.nowMs - next.atMs;
      next.apply({ nowMs: next.atMs, wallMs: Math.floor(instant.wallMs - lateMs) });
    }
  }
}
