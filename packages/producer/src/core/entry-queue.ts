import type { Entry } from "./entry.ts";

const COMPACT_AT = 64;

/** First in, first out, with a way back to the front; O(1) each. */
export class EntryQueue {
  #items: (Entry | undefined)[] = [];
  #head = 0;

  get size(): number {
    return this.#items.length - this.#head;
  }

  first(): Entry | undefined {
    return this.#items[this.#head];
  }

  push(entry: Entry): void {
    this.#items.push(entry);
  }

  pushFront(entry: Entry): void {
    if (this.#head > 0) this.#items[--this.#head] = entry;
    else this.#items.unshift(entry);
  }

  shift(): Entry | undefined {
    const entry = this.#items[this.#head];
    if (entry === undefined) return undefined;
    this.#items[this.#head++] = undefined;
    if (this.#head >= COMPACT_AT && this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return entry;
  }

  /** Takes out those that `leaves` picks; the others keep their order. */
  removeWhere(leaves: (entry: Entry) => boolean): Entry[] {
    const gone: Entry[] = [];
    const stay: Entry[] = [];
    for (const entry of this.takeAll()) (leaves(entry) ? gone : stay).push(entry);
    this.#items = stay;
    return gone;
  }

  takeAll(): Entry[] {
    const all = this.#items.slice(this.#head) as Entry[];
    this.#items = [];
    this.#head = 0;
    return all;
  }
}
