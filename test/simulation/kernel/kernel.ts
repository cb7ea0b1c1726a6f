/**
 * The simulator's heart: virtual time and a heap of events keyed (time, seeded tie-break).
 *
 * Between two events every promise callback runs (one macrotask), so what a process does between two
 * awaits is atomic, as it is in Node.js, and the order of everything follows from the seed.
 */

import { type SeededRandom, settle } from "@shardline/local";
import { TraceHash } from "./trace-hash.ts";

export interface Scheduled {
  cancel(): void;
}

interface Entry {
  readonly atMs: number;
  readonly tie: number;
  readonly order: number;
  readonly what: string;
  run: (() => void) | undefined;
}

export class Kernel {
  readonly hash: TraceHash = new TraceHash();
  readonly #random: SeededRandom;
  readonly #heap: Entry[] = [];
  #nowMs = 0;
  #order = 0;
  #events = 0;
  /** The process whose code runs since the present event began; undefined for the world's own. */
  running: string | undefined;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  /** Time that passed while the whole world stood still: every clock shows it. */
  skippedMs = 0;

  get nowMs(): number {
    return this.#nowMs;
  }

  get events(): number {
    return this.#events;
  }

  /**
   * @param what goes into the trace hash.
   * @param tie in [0, 1): order among the events of one moment; drawn from the seed if not given.
   */
  at(atMs: number, what: string, run: () => void, tie: number = this.#random.next()): Scheduled {
    const entry: Entry = {
      atMs: Math.max(atMs, this.#nowMs),
      tie,
      order: this.#order++,
      what,
      run,
    };
    this.#push(entry);
    // A cancelled event stays in the heap and is skipped: timers are cancelled all the time.
    return {
      cancel: () => {
        entry.run = undefined;
      },
    };
  }

  after(delayMs: number, what: string, run: () => void): Scheduled {
    return this.at(this.#nowMs + delayMs, what, run);
  }

  /** Runs until `untilMs`, or until nothing is left to do, or until `done`, asked every second. */
  async run(untilMs: number, done?: () => boolean): Promise<void> {
    await settle();
    let askAtMs = this.#nowMs;
    for (;;) {
      const next = this.#heap[0];
      if (next === undefined || next.atMs > untilMs) break;
      this.#pop();
      const { run } = next;
      if (run === undefined) continue;
      this.#nowMs = next.atMs;
      this.#events++;
      this.running = undefined;
      this.hash.add(next.atMs, next.what);
      run();
      await settle();
      if (done !== undefined && this.#nowMs >= askAtMs) {
        askAtMs = this.#nowMs + 1000;
        if (done()) return;
      }
    }
    if (Number.isFinite(untilMs)) this.#nowMs = Math.max(this.#nowMs, untilMs);
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = heap[parentIndex] as Entry;
      if (!before(entry, parent)) break;
      heap[index] = parent;
      index = parentIndex;
    }
    heap[index] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Entry;
    if (heap.length === 0) return;
    let index = 0;
    for (;;) {
      let childIndex = 2 * index + 1;
      if (childIndex >= heap.length) break;
      const right = heap[childIndex + 1];
      if (right !== undefined && before(right, heap[childIndex] as Entry)) childIndex++;
      const child = heap[childIndex] as Entry;
      if (!before(child, last)) break;
      heap[index] = child;
      index = childIndex;
    }
    heap[index] = last;
  }
}

function before(a: Entry, b: Entry): boolean {
  if (a.atMs !== b.atMs) return a.atMs < b.atMs;
  return a.tie < b.tie || (a.tie === b.tie && a.order < b.order);
}
