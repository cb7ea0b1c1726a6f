import { type CallOptions, deadlineSignal, type Slots } from "@shardline/model";
import { type Bounded, type Bounds, closed } from "./bounded.ts";
import { abortedByCaller, type CallSite, timedOut } from "./outcome.ts";

/**
 * Calls for which there is no connection wait here and not in the SDK: what ends before its turn is
 * then known not to have been sent, and leaves no doubt that would have to be resolved by more calls.
 * The time of waiting counts.
 */
export async function queued<T>(
  slots: Slots,
  { clock, closing }: Bounds,
  options: CallOptions,
  site: () => CallSite,
  call: (options: CallOptions) => Promise<Bounded<T>>,
): Promise<Bounded<T>> {
  let { timeoutMs } = options;
  if (!slots.tryEnter()) {
    const startedMs = clock.nowMs();
    const deadline = deadlineSignal(clock, timeoutMs, closing, options.signal);
    try {
      await slots.enter(deadline.signal);
    } catch {
      if (deadline.timedOut()) return timedOut(site(), timeoutMs, false);
      return closing?.aborted
        ? closed(closing, { ...site(), writes: false })
        : abortedByCaller(site(), false);
    } finally {
      deadline.dispose();
    }
    timeoutMs = Math.max(1, timeoutMs - (clock.nowMs() - startedMs));
  }
  try {
    return await call({ ...options, timeoutMs });
  } finally {
    slots.leave();
  }
}
