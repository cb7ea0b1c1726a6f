/** Both readings of one clock, taken by the caller: the model itself never reads one. */
export interface Instant {
  /** Monotonic milliseconds: quotas, state delays and subscriptions run on it. */
  readonly nowMs: number;
  /** Milliseconds since the epoch: arrival times, retention, and the age of iterators and tokens. */
  readonly wallMs: number;
}
