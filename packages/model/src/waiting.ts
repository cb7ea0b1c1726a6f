/** Waiting on ports: sleep, deadlines, hand-made promises. */

import type { Clock } from "./clock.ts";
import { AbortedError } from "./errors.ts";

/** Resolves after `delayMs`; rejects with `AbortedError` as soon as `signal` aborts. */
export function sleep(
  clock: Clock,
  delayMs: number,
  options: { readonly signal?: AbortSignal | undefined; readonly background?: boolean } = {},
): Promise<void> {
  const { signal } = options;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(AbortedError.from(signal));
      return;
    }
    const onAbort = (): void => {
      timer.cancel();
      reject(AbortedError.from(signal));
    };
    const timer = clock.setTimer(
      delayMs,
      () => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      },
      { background: options.background ?? false },
    );
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

/** A promise settled from outside. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;
}

export function deferred<T>(): Deferred<T> {
  let resolve!: (value: T) => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

export interface Deadline {
  readonly signal: AbortSignal;
  /** Resolves when `signal` aborts: what a call that may hang is raced against. */
  readonly ended: Promise<undefined>;
  timedOut(): boolean;
  /** When the guarded work is over, or the timer and the listeners stay. */
  dispose(): void;
}

/** A signal that aborts when one of `parents` does or after `timeoutMs`, whichever is first. */
export function deadlineSignal(
  clock: Clock,
  timeoutMs: number,
  ...parents: readonly (AbortSignal | undefined)[]
): Deadline {
  const controller = new AbortController();
  const { promise: ended, resolve } = deferred<undefined>();
  const end = (reason: unknown): void => {
    resolve(undefined);
    controller.abort(reason);
  };
  let expired = false;
  const timer = clock.setTimer(timeoutMs, () => {
    expired = true;
    end(new Error(`timed out after ${timeoutMs} ms`));
  });
  const onAbort = (event: Event): void => end((event.target as AbortSignal).reason);
  for (const parent of parents) {
    if (parent?.aborted) end(parent.reason);
    else parent?.addEventListener("abort", onAbort, { once: true });
  }
  return {
    signal: controller.signal,
    ended,
    timedOut: () => expired,
    dispose(): void {
      timer.cancel();
      for (const parent of parents) parent?.removeEventListener("abort", onAbort);
    },
  };
}
