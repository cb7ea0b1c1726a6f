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

/**
 * A signal that aborts when `parent` does or after `timeoutMs`, whichever is first. Call `dispose`
 * when the guarded work is over, or the timer and the listener stay.
 */
export function deadlineSignal(
  clock: Clock,
  timeoutMs: number,
  parent?: AbortSignal,
): { readonly signal: AbortSignal; timedOut(): boolean; dispose(): void } {
  const controller = new AbortController();
  let expired = false;
  const timer = clock.setTimer(timeoutMs, () => {
    expired = true;
    controller.abort(new Error(`timed out after ${timeoutMs} ms`));
  });
  const onAbort = (): void => controller.abort(parent?.reason);
  if (parent?.aborted) onAbort();
  else parent?.addEventListener("abort", onAbort, { once: true });
  return {
    signal: controller.signal,
    timedOut: () => expired,
    dispose(): void {
      timer.cancel();
      parent?.removeEventListener("abort", onAbort);
    },
  };
}
