/** Port: time. Nothing in Shardline reads a clock or sets a timer but through this. */
export interface Clock {
  /** Monotonic milliseconds from an arbitrary origin; decides deadlines and ownership. */
  nowMs(): number;
  /** Milliseconds since the epoch; for timestamps shown to people and services, never for ownership. */
  wallMs(): number;
  /**
   * Calls `fire` once after `delayMs`.
   * @param options.background true if the timer alone should not keep the process alive.
   */
  setTimer(delayMs: number, fire: () => void, options?: { readonly background?: boolean }): Timer;
}

export interface Timer {
  /** Idempotent; after it `fire` is not called. */
  cancel(): void;
}
