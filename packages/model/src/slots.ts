import { AbortedError } from "./errors.ts";

/** How many may be at something at once. First come, first served. */
export class Slots {
  readonly #waiting = new Set<() => void>();
  #free: number;

  constructor(size: number) {
    this.#free = size;
  }

  /** Takes a slot if one is free now. */
  tryEnter(): boolean {
    if (this.#free === 0) return false;
    this.#free--;
    return true;
  }

  /** Waits for a slot after `tryEnter` found none; rejects with `AbortedError` if the signal aborts. */
  enter(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(AbortedError.from(signal));
        return;
      }
      const onAbort = (): void => {
        this.#waiting.delete(enter);
        reject(AbortedError.from(signal));
      };
      const enter = (): void => {
        signal.removeEventListener("abort", onAbort);
        resolve();
      };
      this.#waiting.add(enter);
      signal.addEventListener("abort", onAbort, { once: true });
    });
  }

  /** Gives a slot back: to the one that waits longest, if any. */
  leave(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#free++;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}
