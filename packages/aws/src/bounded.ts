/** A deadline of our own around every call: the SDK's request timeout only warns, and credentials may hang. */

import { type CallOptions, type Clock, deadlineSignal, type Failure } from "@shardline/model";
import { abortedByCaller, type CallSite, timedOut, toFailure } from "./outcome.ts";

export type Bounded<T> = { readonly kind: "ok"; readonly value: T } | Failure;

/**
 * Runs `call` until it settles, `timeoutMs` is over or the caller's signal aborts, whichever is
 * first. Never rejects. A late answer is dropped.
 */
export async function bounded<T>(
  clock: Clock,
  options: CallOptions,
  site: () => CallSite,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<Bounded<T>> {
  if (options.signal?.aborted) return abortedByCaller(site(), false);
  const deadline = deadlineSignal(clock, options.timeoutMs, options.signal);
  const settled = (async (): Promise<Bounded<T>> => {
    try {
      return { kind: "ok", value: await call(deadline.signal) };
    } catch (error) {
      return toFailure(error, site());
    }
  })();
  try {
    const first = await Promise.race([settled, deadline.ended]);
    if (first !== undefined && (first.kind === "ok" || !deadline.signal.aborted)) return first;
    return deadline.timedOut() ? timedOut(site(), options.timeoutMs) : abortedByCaller(site());
  } finally {
    deadline.dispose();
  }
}
