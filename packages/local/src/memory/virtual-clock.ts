import type { Clock, Timer } from "@shardline/model";

interface Pending {
  readonly dueMs: number;
  readonly order: number;
  readonly fire: () => void;
  index: number;
}

/**
 * A clock that moves only when told to. Timers that are due fire in the order of their due time,
 * those of one moment in the order they were set; between two of them all promise callbacks run.
 */
export class VirtualClock implements Clock {
  #nowMs: number;
  #order = 0;
  readonly #wallOriginMs: number;
  readonly #heap: Pending[] = [];

  constructor(options: { readonly startMs?: number; readonly wallMs?: number } = {}) {
    this.#nowMs = options.startMs ?? 0;
    this.#wallOriginMs = (options.wallMs ?? Date.UTC(2026, 0, 1)) - this.#nowMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#wallOriginMs + Math.floor(this.#nowMs);
  }

  setTimer(delayMs: number, fire: () => void): Timer {
    const dueMs = this.#nowMs + Math.max(0, delayMs);
    const pending: Pending = { dueMs, order: this.#order++, fire, index: -1 };
    this.#push(pending);
    return { cancel: () => this.#remove(pending) };
  }

  /** When the next timer is due; undefined if none is set. */
  nextDueMs(): number | undefined {
    return this.#heap[0]?.dueMs;
  }

  get pendingTimers(): number {
    return this.#heap.length;
  }

  /** Moves to the next timer and fires it, without waiting for promise callbacks. */
  fireNext(): boolean {
    const next = this.#heap[0];
    if (next === undefined) return false;
    this.#remove(next);
    this.#nowMs = Math.max(this.#nowMs, next.dueMs);
    next.fire();
    return true;
  }

  /** Lets `durationMs` pass, firing what falls due, and all that this sets in motion. */
  async advance(durationMs: number): Promise<void> {
    const untilMs = this.#nowMs + durationMs;
    await settle();
    while ((this.nextDueMs() ?? Number.POSITIVE_INFINITY) <= untilMs) {
      this.fireNext();
      await settle();
    }
    this.#nowMs = untilMs;
  }

  #push(pending: Pending): void {
    this.#heap.push(pending);
    this.#siftUp(this.#heap.length - 1, pending);
  }

  #remove(pending: Pending): void {
    const { index } = pending;
    if (index < 0) return;
    pending.index = -1;
    const last = this.#heap.pop() as Pending;
    if (last === pending) return;
    this.#siftDown(index, last);
    this.#siftUp(last.index, last);
  }

  #siftUp(start: number, pending: Pending): void {
    let index = start;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = this.#heap[parentIndex] as Pending;
      if (!before(pending, parent)) break;
      this.#place(index, parent);
      index = parentIndex;
    }
    this.#place(index, pending);
  }

  #siftDown(start: number, pending: Pending): void {
    let index = start;
    for (;;) {
      let childIndex = 2 * index + 1;
      const left = this.#heap[childIndex];
      if (left === undefined) break;
      const right = this.#heap[childIndex + 1];
      if (right !== undefined && before(right, left)) childIndex++;
      const child = this.#heap[childIndex] as Pending;
      if (!before(child, pending)) break;
      this.#place(index, child);
      index = childIndex;
    }
    this.#place(index, pending);
  }

  #place(index: number, pending: Pending): void {
    this.#heap[index] = pending;
    pending.index = index;
  }
}

/** Resolves after every promise callback that is now ready, and those they make ready. */
export function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function before(a: Pending, b: Pending): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);
}
