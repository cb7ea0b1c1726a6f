/** FNV-1a over everything that happened: two runs of one seed must end with the same hash. */
export class TraceHash {
  #state = 0x811c9dc5;

  add(atMs: number, what: string): void {
    // Microseconds: the hash must not hide a difference below a millisecond.
    this.#mix(Math.floor(atMs * 1000));
    for (let i = 0; i < what.length; i++) this.#mix(what.charCodeAt(i));
  }

  get hex(): string {
    return (this.#state >>> 0).toString(16).padStart(8, "0");
  }

  #mix(value: number): void {
    this.#state = Math.imul(this.#state ^ (value & 0xffff), 0x01000193);
    this.#state = Math.imul(this.#state ^ (value >>> 16), 0x01000193);
  }
}
