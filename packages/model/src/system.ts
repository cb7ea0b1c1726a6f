/** The one impure file of the model: the machine's clock and chance. */

import type { Clock, Timer } from "./clock.ts";
import type { Random } from "./random.ts";

/** setTimeout fires at once for delays above 2^31 - 1. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  setTimer(delayMs, fire, options): Timer {
    let handle: ReturnType<typeof setTimeout>;
    const arm = (remainingMs: number): void => {
      const step = Math.min(remainingMs, MAX_TIMEOUT_MS);
      handle = setTimeout(() => (step < remainingMs ? arm(remainingMs - step) : fire()), step);
      if (options?.background === true) handle.unref();
    };
    arm(Math.max(0, delayMs));
    return { cancel: () => clearTimeout(handle) };
  },
};

export const systemRandom: Random = { next: () => Math.random() };
