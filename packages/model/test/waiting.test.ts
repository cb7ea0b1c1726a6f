import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import type { Clock } from "../src/clock.ts";
import { AbortedError, ShardlineError } from "../src/errors.ts";
import { deadlineSignal, sleep } from "../src/waiting.ts";

/** One timer at a time, fired by hand. */
function handClock(): Clock & { fire(): void; readonly armed: boolean } {
  let pending: (() => void) | undefined;
  return {
    nowMs: () => 0,
    wallMs: () => 0,
    setTimer(_delayMs, fire) {
      pending = fire;
      return {
        cancel: () => {
          pending = undefined;
        },
      };
    },
    fire: () => pending?.(),
    get armed() {
      return pending !== undefined;
    },
  };
}

describe("sleep", () => {
  it("ends when the timer fires and leaves no listener behind", async () => {
    const clock = handClock();
    const controller = new AbortController();
    const slept = sleep(clock, 5, { signal: controller.signal });
    clock.fire();
    await expect(slept).resolves.toBeUndefined();
    controller.abort();
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
  });

  it("rejects and cancels its timer when aborted before or during", async () => {
    const clock = handClock();
    const controller = new AbortController();
    const during = sleep(clock, 5, { signal: controller.signal });
    controller.abort("why");
    await expect(during).rejects.toMatchObject({ code: "ABORTED", cause: "why" });
    expect(clock.armed).toBe(false);
    await expect(sleep(clock, 5, { signal: controller.signal })).rejects.toBeInstanceOf(
      AbortedError,
    );
    expect(clock.armed).toBe(false);
  });
});

describe("deadlineSignal", () => {
  it("aborts by time and says so", () => {
    const clock = handClock();
    const deadline = deadlineSignal(clock, 10);
    clock.fire();
    expect(deadline.signal.aborted).toBe(true);
    expect(deadline.timedOut()).toBe(true);
  });

  it("follows its parent with the reason, and is not a time-out then", () => {
    const clock = handClock();
    const parent = new AbortController();
    const deadline = deadlineSignal(clock, 10, parent.signal);
    parent.abort("stop");
    expect(deadline.signal.reason).toBe("stop");
    expect(deadline.timedOut()).toBe(false);
    deadline.dispose();
    expect(clock.armed).toBe(false);
  });

  it("follows each of several parents, ends its race, and leaves no listener behind", async () => {
    const clock = handClock();
    const parents = [new AbortController(), new AbortController()];
    const signals = parents.map(({ signal }) => signal);
    const deadline = deadlineSignal(clock, 10, undefined, ...signals);
    parents[1]?.abort("second");
    expect(deadline.signal.reason).toBe("second");
    await expect(deadline.ended).resolves.toBeUndefined();
    deadline.dispose();
    for (const signal of signals) expect(getEventListeners(signal, "abort")).toEqual([]);
    const late = deadlineSignal(clock, 10, ...signals);
    expect(late.signal.reason).toBe("second");
    late.dispose();
  });
});

describe("ShardlineError", () => {
  it("is known across copies of the package", () => {
    expect(ShardlineError.isShardlineError(new AbortedError("x"))).toBe(true);
    expect(ShardlineError.isShardlineError(new Error("x"))).toBe(false);
    expect(ShardlineError.isShardlineError(null)).toBe(false);
  });
});
