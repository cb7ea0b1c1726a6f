import { AbortedError } from "./errors.ts";

/** So many may be in while others have the right of way. */
const WHILE_YIELDING = 4;

/**
 * How many may be at something at once. First come, first served. While others wait for the slots that
 * these yield to, only a few are let in: a rush must not bring everything else to a standstill.
 */
export class Slots {
  readonly #waiting = new Set<() => void>();
  readonly #yieldTo: Slots | undefined;
  readonly #yielding: Slots[] = [];
  readonly #size: number;
  #free: number;

  constructor(size: number, yieldTo?: Slots) {
    this.#free = size;
    this.#size = size;
    this.#yieldTo = yieldTo;
    if (yieldTo !== undefined) yieldTo.#yielding.push(this);
  }

  /** Does anybody wait? */
  get isCrowded(): boolean {
    return this.#waiting.size > 0;
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
    if (this.#free === 0) return false;
    return this.#yieldTo?.isCrowded !== true || this.#size - this.#free < WHILE_YIELDING;
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
