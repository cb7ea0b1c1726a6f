/** Retries of control-plane calls: p-retry counts and decides, our clock waits, one deadline bounds it all. */

import {
  backoffMs,
  type CallOptions,
  deadlineSignal,
  type Failure,
  isRetryable,
  type Random,
} from "@shardline/model";
import pRetry from "p-retry";
import type { Bounds } from "./bounded.ts";

export interface RetryPolicy {
  readonly retries: number;
  readonly baseMs: number;
  readonly capMs: number;
}

/** A wait ends, and with it the retries, when the port is closed. */
export interface RetryPorts extends Bounds {
  readonly random: Random;
}

export const CONTROL_PLANE: RetryPolicy = { retries: 4, baseMs: 100, capMs: 2000 };

/** Of the whole deadline, what a single attempt may use: a lost packet must not cost all of it. */
const ATTEMPT_SHARE = 0.4;

class Failed extends Error {
  readonly failure: Failure;

  constructor(failed: Failure) {
    super(failed.code);
    this.failure = failed;
  }
}

/**
 * Calls `attempt` until it succeeds, fails for good, or the time given is over; returns the last
 * outcome. An attempt gets what is left of the time, at most 0.4 of the whole.
 */
export async function retrying<T extends { readonly kind: string }>(
  { clock, random, closing }: RetryPorts,
  policy: RetryPolicy,
  options: CallOptions,
  attempt: (options: CallOptions) => Promise<T | Failure>,
  retryIf: (failed: Failure) => boolean = isRetryable,
): Promise<T | Failure> {
  const { signal } = options;
  const endMs = clock.nowMs() + options.timeoutMs;
  const remainingMs = (): number => endMs - clock.nowMs();
  try {
    return await pRetry(
      async () => {
        const timeoutMs = Math.max(1, Math.min(remainingMs(), options.timeoutMs * ATTEMPT_SHARE));
        const outcome = await attempt({ timeoutMs, signal });
        if (outcome.kind === "failed") throw new Failed(outcome as Failure);
        return outcome;
      },
      {
        retries: policy.retries,
        // p-retry would wait by the machine's clock: it waits not at all, and we do, by the port.
        minTimeout: 0,
        shouldRetry: async ({ error, attemptNumber }) => {
          if (!(error instanceof Failed) || !retryIf(error.failure)) return false;
          const waitMs = backoffMs(policy, attemptNumber - 1, random);
          if (signal?.aborted === true || waitMs >= remainingMs()) return false;
          const wait = deadlineSignal(clock, waitMs, closing, signal);
          await wait.ended;
          wait.dispose();
          return wait.timedOut();
        },
      },
    );
  } catch (error) {
    if (error instanceof Failed) return error.failure;
    throw error;
  }
}
