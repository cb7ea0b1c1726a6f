import { AbortedError } from "./errors.ts";

/**
 * How many may be at something at once. First come, first served, and nobody while others wait for
 * the slots that these yield to.
 */
export class Slots {
  readonly #waiting = new Set<() => void>();
  readonly #yieldTo: Slots | undefined;
  readonly #yielding: Slots[] = [];
  #free: number;

  constructor(size: number, yieldTo?: Slots) {
    this.#free = size;
    this.#yieldTo = yieldTo;
    if (yieldTo !== undefined) yieldTo.#yielding.push(this);
  }

  /** Takes a slot if one is free now. */
  tryEnter(): boolean {
    if (!this.#isOpen()) return false;
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
        this.#admit();
      };
      const enter = (): void => {
        signal.removeEventListener("abort", onAbort);
        resolve();
      };
      this.#waiting.add(enter);
      signal.addEventListener("abort", onAbort, { once: true });
    });
  }

  leave(): void {
    this.#free++;
    this.#admit();
  }

  #isOpen(): boolean {
    const mustYield = this.#yieldTo !== undefined && this.#yieldTo.#waiting.size > 0;
    return this.#free > 0 && !mustYield;
  }

  #admit(): void {
    for (const enter of this.#waiting) {
      if (!this.tryEnter()) return;
      this.#waiting.delete(enter);
      enter();
    }
    for (const slots of this.#yielding) slots.#admit();
  }
}
