/** A deadline of our own around every call: the SDK's request timeout only warns, and credentials may hang. */

import {
  type CallOptions,
  type Clock,
  type ClosedError,
  deadlineSignal,
  type Failure,
  failure,
} from "@shardline/model";
import { abortedByCaller, type CallSite, timedOut, toFailure } from "./outcome.ts";

export type Bounded<T> = { readonly kind: "ok"; readonly value: T } | Failure;

/** Where calls run: by whose time, and until when. */
export interface Bounds {
  readonly clock: Clock;
  /** Aborts, with a `ClosedError`, when the port is closed. */
  readonly closing?: AbortSignal;
}

/**
 * Runs `call` until it settles, `timeoutMs` is over, the caller's signal aborts or the port is
 * closed, whichever is first. Never rejects. A late answer is dropped.
 */
export async function bounded<T>(
  { clock, closing }: Bounds,
  options: CallOptions,
  site: () => CallSite,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<Bounded<T>> {
  if (closing?.aborted) return closed(closing, { ...site(), writes: false });
  if (options.signal?.aborted) return abortedByCaller(site(), false);
  const deadline = deadlineSignal(clock, options.timeoutMs, closing, options.signal);
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
    if (deadline.timedOut()) return timedOut(site(), options.timeoutMs);
    return closing?.aborted ? closed(closing, site()) : abortedByCaller(site());
  } finally {
    deadline.dispose();
  }
}

/** The port was closed; ambiguous if the call writes. */
export function closed(closing: AbortSignal, { writes }: CallSite): Failure {
  const { message } = closing.reason as ClosedError;
  return failure("aborted", "Closed", message, writes);
}
