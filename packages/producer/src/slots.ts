/** How many requests may be in flight, over all streams of a producer. */
export class Slots {
  #free: number;
  readonly #starving = new Set<() => void>();

  constructor(count: number) {
    this.#free = count;
  }

  get free(): number {
    return this.#free;
  }

  take(): void {
    this.#free--;
  }

  /** Tells those who found none, in their order. */
  release(): void {
    this.#free++;
    for (const wake of this.#starving) {
      this.#starving.delete(wake);
      wake();
      if (this.#free <= 0) return;
    }
  }

  /** `wake` is called once when a slot is free. */
  onFree(wake: () => void): void {
    this.#starving.add(wake);
  }
}
