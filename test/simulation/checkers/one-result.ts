/** S6 one result a put; L4 in time; L5 close() in time; L8 in bounded memory. */

import type { History } from "../history/history.ts";
import type { Violation } from "./violation.ts";

export function s6OneResultPerPut(history: History): Violation[] {
  const violations: Violation[] = [];
  for (const put of history.puts.values()) {
    const life = history.lives.get(put.incarnation);
    const problem =
      put.settled > 1
        ? `settled ${put.settled} times`
        : put.settled === 0 && life?.end !== "killed"
          ? "never settled"
          : life?.end === "stopped" && (put.settledAtMs ?? 0) > (life.endMs ?? Infinity)
            ? "settled after close() had ended"
            : undefined;
    if (problem !== undefined) {
      violations.push({ property: "S6", atMs: put.atMs, message: `${put.id} ${problem}` });
    }
  }
  return violations;
}

/** L4: record time to live + request timeout + 1 s, in the producer's own working time. */
export function l4SettlesInTime(history: History): Violation[] {
  const { recordTtlMs, requestTimeoutMs } = history.scenario.producer;
  const violations: Violation[] = [];
  for (const put of history.puts.values()) {
    const life = history.lives.get(put.incarnation);
    if (put.settledAtMs === undefined || life === undefined) continue;
    const boundMs = (recordTtlMs + requestTimeoutMs + 1000) * 1.02 + life.pausedMs;
    const tookMs = put.settledAtMs - put.atMs;
    if (tookMs <= boundMs) continue;
    violations.push({
      property: "L4",
      atMs: put.atMs,
      message: `${put.id} settled after ${Math.round(tookMs)} ms, bound ${Math.round(boundMs)} ms`,
    });
  }
  return violations;
}

/** L5: a graceful end takes no longer than it was given. */
export function l5StopsInTime(history: History): Violation[] {
  const violations: Violation[] = [];
  for (const life of history.lives.values()) {
    if (life.stopAskedMs === undefined || life.end === "killed") continue;
    const { producer, consumer } = history.scenario;
    // A worker aborts what still runs at its deadline, and has a lease's life for its last writes.
    const deadlineMs =
      life.role === "producer" ? producer.closeMs : consumer.stopMs + consumer.failoverTimeMs;
    const boundMs = (deadlineMs + 1500) * 1.02 + life.pausedMs;
    const endMs = life.endMs ?? history.endMs;
    if (endMs - life.stopAskedMs <= boundMs) continue;
    const message = `${life.incarnation} had ${deadlineMs} ms to stop and took ${Math.round(endMs - life.stopAskedMs)} ms`;
    violations.push({ property: "L5", atMs: life.stopAskedMs, message });
  }
  return violations;
}

/** L8: a producer never holds more records or bytes than it may. */
export function l8BoundedBuffer(history: History): Violation[] {
  return history.events.flatMap(({ name, payload, atMs }) =>
    name === "world.over-buffer"
      ? [
          {
            property: "L8",
            atMs,
            message: `a producer holds ${String(payload["records"])} records of ${String(payload["bytes"])} bytes`,
          },
        ]
      : [],
  );
}
