/**
 * Requests to a table go through together; one that rebuilds the table goes alone, and the others
 * wait. First come, first served.
 */
class TableGate {
  #active = 0;
  #exclusive = false;
  readonly #queue: { readonly exclusive: boolean; readonly enter: () => void }[] = [];

  /** Runs `task` when its turn has come and gives its result. */
  async run<Result>(mode: "shared" | "exclusive", task: () => Promise<Result>): Promise<Result> {
    const exclusive = mode === "exclusive";
    if (this.#queue.length > 0 || !this.#isFree(exclusive)) {
      await new Promise<void>((enter) => this.#queue.push({ exclusive, enter }));
    } else {
      this.#take(exclusive);
    }
    try {
      return await task();
    } finally {
      this.#active--;
      this.#exclusive = false;
      this.#admit();
    }
  }

  get idle(): boolean {
    return this.#active === 0 && this.#queue.length === 0;
  }

  #isFree(exclusive: boolean): boolean {
    return this.#active === 0 || (!exclusive && !this.#exclusive);
  }

  #take(exclusive: boolean): void {
    this.#active++;
    this.#exclusive = exclusive;
  }

  #admit(): void {
    for (let next = this.#queue[0]; next && this.#isFree(next.exclusive); next = this.#queue[0]) {
      this.#queue.shift();
      this.#take(next.exclusive);
      next.enter();
    }
  }
}

/** The gate of each table, made when needed and forgotten when idle. */
export class TableGates {
  readonly #gates: Map<string, TableGate> = new Map();

  async run<Result>(
    table: string,
    mode: "shared" | "exclusive",
    task: () => Promise<Result>,
  ): Promise<Result> {
    const gate = this.#gates.get(table) ?? new TableGate();
    this.#gates.set(table, gate);
    try {
      return await gate.run(mode, task);
    } finally {
      if (gate.idle) this.#gates.delete(table);
    }
  }
}
