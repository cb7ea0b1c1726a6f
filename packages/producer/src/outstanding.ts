import type { Ticket } from "./ticket.ts";

/** The records between put() and settlement, oldest first; every operation in O(1). */
export class Outstanding {
  #oldest: Ticket | undefined;
  #newest: Ticket | undefined;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  get oldest(): Ticket | undefined {
    return this.#oldest;
  }

  add(ticket: Ticket): void {
    ticket.older = this.#newest;
    if (this.#newest === undefined) this.#oldest = ticket;
    else this.#newest.newer = ticket;
    this.#newest = ticket;
    this.#count++;
  }

  remove(ticket: Ticket): void {
    const { older, newer } = ticket;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    ticket.older = undefined;
    ticket.newer = undefined;
    this.#count--;
  }
}
