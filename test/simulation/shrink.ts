/** Delta debugging: the fewest faults of a schedule with which a run still fails in the same way. */

import type { Schedule } from "./faults/fault.ts";

/** @param fails must be deterministic. @param budget at most so many runs. */
export async function shrink(
  schedule: Schedule,
  fails: (candidate: Schedule) => Promise<boolean>,
  budget: number = 200,
): Promise<Schedule> {
  let best = schedule;
  let left = budget;
  const attempt = async (candidate: Schedule): Promise<boolean> => {
    if (left-- <= 0 || !(await fails(candidate))) return false;
    best = candidate;
    return true;
  };
  if (await attempt([])) return best;
  let parts = 2;
  while (best.length >= 2 && left > 0) {
    const size = Math.ceil(best.length / parts);
    let smaller = false;
    for (let from = 0; from < best.length && left > 0; from += size) {
      const without = [...best.slice(0, from), ...best.slice(from + size)];
      if (await attempt(without)) {
        smaller = true;
        break;
      }
    }
    if (smaller) parts = Math.max(2, parts - 1);
    else if (size === 1) break;
    else parts = Math.min(best.length, parts * 2);
  }
  return best;
}
