/**
 * A token bucket filled by arithmetic, not by a timer.
 *
 * T1 it never holds more than its capacity; T2 over any interval it grants at most
 * capacity + rate · interval; T3 time going backwards grants nothing.
 */
export class TokenBucket {
  #tokens: number;
  #filledAtMs: number;
  #ratePerMs: number;
  readonly capacity: number;

  /** Starts full. */
  constructor(capacity: number, ratePerSecond: number, nowMs: number) {
    this.capacity = capacity;
    this.#tokens = capacity;
    this.#ratePerMs = ratePerSecond / 1000;
    this.#filledAtMs = nowMs;
  }

  get ratePerSecond(): number {
    return this.#ratePerMs * 1000;
  }

  setRate(ratePerSecond: number, nowMs: number): void {
    this.#fill(nowMs);
    this.#ratePerMs = ratePerSecond / 1000;
  }

  /** All or nothing. A request above the capacity passes when the bucket is full, and leaves a debt. */
  tryTake(tokens: number, nowMs: number): boolean {
    this.#fill(nowMs);
    if (this.#tokens < Math.min(tokens, this.capacity)) return false;
    this.#tokens -= tokens;
    return true;
  }

  /** How long until `tryTake(tokens)` would succeed; 0 if it would now. */
  waitMs(tokens: number, nowMs: number): number {
    this.#fill(nowMs);
    const missing = Math.min(tokens, this.capacity) - this.#tokens;
    return missing <= 0 ? 0 : missing / this.#ratePerMs;
  }

  #fill(nowMs: number): void {
    if (nowMs <= this.#filledAtMs) return;
    const filled = this.#tokens + (nowMs - this.#filledAtMs) * this.#ratePerMs;
    this.#tokens = Math.min(this.capacity, filled);
    this.#filledAtMs = nowMs;
  }
}
