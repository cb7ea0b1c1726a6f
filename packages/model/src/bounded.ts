import type { Clock } from "./clock.ts";
import { type CallOptions, type Failure, failure } from "./outcome.ts";
import { deadlineSignal } from "./waiting.ts";

/** Ports keep their own deadlines; a port that hangs all the same is left behind this much later. */
const GRACE_MS = 50;

/**
 * A port's call with a deadline that does not trust the port (rule R3). Its late answer is dropped,
 * and the failure is ambiguous: the service may have applied the request.
 */
export async function bounded<T extends { readonly kind: string }>(
  clock: Clock,
  { timeoutMs, signal }: CallOptions,
  call: (options: CallOptions) => Promise<T>,
): Promise<T | Failure> {
  const deadline = deadlineSignal(clock, timeoutMs + GRACE_MS, signal);
  try {
    const answer = await Promise.race([
      call({ timeoutMs, signal: deadline.signal }),
      deadline.ended,
    ]);
    if (answer !== undefined) return answer;
    return deadline.timedOut()
      ? failure("timeout", "Timeout", `no answer within ${timeoutMs} ms`, true)
      : failure("aborted", "Aborted", "aborted by the caller's signal", true);
  } catch (error) {
    // Ports never reject; one that does is broken, and what it did is unknown.
    return failure("unknown", "PortRejected", String(error), true);
  } finally {
    deadline.dispose();
  }
}
