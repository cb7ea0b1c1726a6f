import { InvalidOptionsError } from "@shardline/model";
import { expect, it } from "vitest";
import { World } from "./support/world.ts";

it.each<[unknown, string]>([
  [{ timeoutMs: -1 }, "timeoutMs: got -1, expected an integer in 0 … 86400000"],
  [{ timeoutMs: Number.NaN }, "timeoutMs: got NaN, expected an integer in 0 … 86400000"],
  [{ timeoutMs: 1e9 }, "timeoutMs: got 1000000000, expected an integer in 0 … 86400000"],
  [{ timeoutMs: "5" }, 'timeoutMs: got "5", expected an integer in 0 … 86400000'],
  [{ timeoutMs: null }, "timeoutMs: got null, expected an integer in 0 … 86400000"],
  [{ timeout: 5 }, "timeout: got an unknown option, expected a known option"],
  [5000, "options: got 5000, expected an object"],
])("stop(%j) is refused and stops nothing", async (options, problem) => {
  const world = new World({ shards: 1 });
  const { worker, done } = world.start("w");
  await world.clock.advance(3000);
  const refused = worker.stop(options as never);
  await expect(refused).rejects.toThrow(InvalidOptionsError);
  await expect(refused).rejects.toThrow(`Worker.stop: ${problem}`);
  expect(worker.state().kind).toBe("running");
  void worker.stop({ timeoutMs: undefined });
  await world.clock.advance(60_000);
  expect(await done).toBeUndefined();
});
