/** The one impure file of the model: the machine's clock and chance. */

import type { Clock, Timer } from "./clock.ts";
import type { Random } from "./random.ts";

/** setTimeout fires at once for delays above 2^31 - 1. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  setTimer: (delayMs, fire, options) =>
    new SystemTimer(delayMs, fire, options?.background === true),
};

/**
 * Fires after the sockets were looked at. In a process that was stopped or kept busy for a while,
 * deadlines and the answers that they wait for are due in the same turn of the event loop, and Node.js
 * runs timers first: every call under way would time out although its answer is there.
 * https://nodejs.org/en/learn/asynchronous-work/event-loop-timers-and-nexttick
 */
class SystemTimer implements Timer {
  readonly #fire: () => void;
  readonly #background: boolean;
  #timeout: ReturnType<typeof setTimeout> | undefined;
  #immediate: ReturnType<typeof setImmediate> | undefined;

  constructor(delayMs: number, fire: () => void, background: boolean) {
    this.#fire = fire;
    this.#background = background;
    this.#arm(Math.max(0, delayMs));
  }

  cancel(): void {
    clearTimeout(this.#timeout);
    clearImmediate(this.#immediate);
  }

  #arm(remainingMs: number): void {
    const stepMs = Math.min(remainingMs, MAX_TIMEOUT_MS);
    this.#timeout = setTimeout(() => {
      if (stepMs < remainingMs) this.#arm(remainingMs - stepMs);
      else this.#fireAfterSockets();
    }, stepMs);
    if (this.#background) this.#timeout.unref();
  }

  /**
   * Keeps the process alive for this one turn even in the background: for immediates without a reference
   * Node.js does not wake up, so this one would wait for the next timer or socket, perhaps for ever.
   */
  #fireAfterSockets(): void {
    this.#immediate = setImmediate(this.#fire);
  }
}

export const systemRandom: Random = { next: () => Math.random() };
