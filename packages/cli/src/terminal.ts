/** Small things for a live view. */

import type { Clock, Timer } from "@shardline/model";

/** Calls `act` every `intervalMs` until stopped, without keeping the process alive. */
export function repeat(clock: Clock, intervalMs: number, act: () => void): { stop(): void } {
  let timer: Timer;
  const arm = (): void => {
    timer = clock.setTimer(
      intervalMs,
      () => {
        arm();
        act();
      },
      { background: true },
    );
  };
  arm();
  return { stop: () => timer.cancel() };
}
