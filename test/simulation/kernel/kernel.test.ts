import { SeededRandom } from "@shardline/local";
import { describe, expect, test } from "vitest";
import { Kernel } from "./kernel.ts";
import { SimProcess } from "./process.ts";

function world(seed: number = 1): { kernel: Kernel; process: SimProcess } {
  const kernel = new Kernel(new SeededRandom(seed));
  const process = new SimProcess("p", kernel, new SeededRandom(seed + 1), { offsetMs: 0, rate: 1 });
  return { kernel, process };
}

describe("Kernel", () => {
  test("runs events by time and lets promises run between two", async () => {
    const { kernel } = world();
    const seen: string[] = [];
    const add = (what: string): void => void seen.push(what);
    kernel.at(2, "b", () => add("b"));
    kernel.at(1, "a", () => {
      add("a");
      void Promise.resolve().then(() => add("a, later"));
    });
    await kernel.run(10);
    expect(seen).toEqual(["a", "a, later", "b"]);
    expect(kernel.nowMs).toBe(10);
  });

  test("events of one moment come in an order that the seed decides", async () => {
    const orders = new Set<string>();
    for (let seed = 1; seed <= 20; seed++) {
      const { kernel } = world(seed);
      const seen: string[] = [];
      for (const name of ["a", "b", "c"]) kernel.at(1, name, () => void seen.push(name));
      await kernel.run(1);
      orders.add(seen.join(""));
    }
    expect(orders.size).toBeGreaterThan(3);
  });
});

describe("SimProcess", () => {
  test("F1 after kill -9 nothing fires or settles", async () => {
    const { kernel, process } = world();
    let fired = 0;
    process.clock.setTimer(5, () => fired++);
    process.settleAt(5, "answer", () => fired++);
    process.kill();
    await kernel.run(100);
    expect(fired).toBe(0);
  });

  test("F2 a stopped process sees the gap on its clock, overdue timers first and in their order", async () => {
    const { kernel, process } = world();
    const seen: string[] = [];
    const note = (what: string): void =>
      void seen.push(`${what} ${Math.floor(process.clock.nowMs() / 100)}`);
    process.settleAt(20, "answer", () => note("answer"));
    process.clock.setTimer(50, () => note("second"));
    process.clock.setTimer(10, () => note("first"));
    process.pause(1000);
    await kernel.run(2000);
    expect(seen).toEqual(["first 10", "second 10", "answer 10"]);
    expect(process.pausedMs).toBe(1000);
  });

  test("F6 a fast clock fires early in true time and never early in its own", async () => {
    const kernel = new Kernel(new SeededRandom(3));
    const fast = new SimProcess("fast", kernel, new SeededRandom(4), { offsetMs: 500, rate: 1.01 });
    let shownMs = 0;
    const startMs = fast.clock.nowMs();
    fast.clock.setTimer(1010, () => {
      shownMs = fast.clock.nowMs() - startMs;
    });
    await kernel.run(1005);
    expect(shownMs).toBeGreaterThanOrEqual(1010);
  });
});
