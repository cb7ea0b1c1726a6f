/** Rates of the last few seconds, for `worker.shards()` and for the lease's throughput. */
const WINDOW_MS = 10_000;

export class Meter {
  #records = 0;
  #bytes = 0;
  #recordsPerSecond = 0;
  #bytesPerSecond = 0;
  #windowStartMs: number;

  constructor(nowMs: number) {
    this.#windowStartMs = nowMs;
  }

  add(records: number, bytes: number, nowMs: number): void {
    this.#roll(nowMs);
    this.#records += records;
    this.#bytes += bytes;
  }

  /** Over the window that is under way and the one before it. */
  rates(nowMs: number): { readonly recordsPerSecond: number; readonly bytesPerSecond: number } {
    this.#roll(nowMs);
    const share = Math.min(1, (nowMs - this.#windowStartMs) / WINDOW_MS);
    const blend = (now: number, before: number): number =>
      before * (1 - share) + now / (WINDOW_MS / 1000);
    return {
      recordsPerSecond: blend(this.#records, this.#recordsPerSecond),
      bytesPerSecond: blend(this.#bytes, this.#bytesPerSecond),
    };
  }

  #roll(nowMs: number): void {
    const elapsedMs = nowMs - this.#windowStartMs;
    if (elapsedMs < WINDOW_MS) return;
    const stale = elapsedMs >= 2 * WINDOW_MS;
    this.#recordsPerSecond = stale ? 0 : this.#records / (WINDOW_MS / 1000);
    this.#bytesPerSecond = stale ? 0 : this.#bytes / (WINDOW_MS / 1000);
    this.#records = 0;
    this.#bytes = 0;
    this.#windowStartMs = nowMs - (elapsedMs % WINDOW_MS);
  }
}
