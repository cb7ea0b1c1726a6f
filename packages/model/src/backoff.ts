/**
 * Full-jitter exponential back-off: uniform in [0, min(cap, base · 2^attempt)).
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */

import type { Random } from "./random.ts";

export interface BackoffPolicy {
  readonly baseMs: number;
  readonly capMs: number;
}

/** @param attempt 0 for the wait after the first failure. */
export function backoffMs(policy: BackoffPolicy, attempt: number, random: Random): number {
  const ceiling = Math.min(policy.capMs, policy.baseMs * 2 ** Math.min(attempt, 30));
  return random.next() * ceiling;
}
