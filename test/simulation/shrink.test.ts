import { expect, test } from "vitest";
import type { Fault } from "./faults/fault.ts";
import { shrink } from "./shrink.ts";

test("shrinking finds the few faults that matter", async () => {
  const schedule = Array.from({ length: 40 }, (_, atMs): Fault => ({ atMs, kind: "join" }));
  const wanted = [7, 23, 24];
  let runs = 0;
  const least = await shrink(schedule, async (candidate) => {
    runs++;
    return wanted.every((atMs) => candidate.some((fault) => fault.atMs === atMs));
  });
  expect(least.map(({ atMs }) => atMs)).toEqual(wanted);
  expect(runs).toBeLessThan(150);
});

test("a failure without faults needs none", async () => {
  expect(await shrink([{ atMs: 1, kind: "join" }], async () => true)).toEqual([]);
});
