import type { Lease, LeaseTable } from "@shardline/model";
import { expect, it } from "vitest";
import { consumerEvents } from "../src/index.ts";
import { intercepted, World } from "./support/world.ts";

/** One write after the other, `writeMs` each: what a slow table or a slow machine comes to. */
function serial(world: World, writeMs: number): LeaseTable {
  let freeAtMs = 0;
  return intercepted<LeaseTable>(world.leases, async (method, call) => {
    if (method === "list" || method === "get" || method === "ensure") return call();
    freeAtMs = Math.max(freeAtMs, world.clock.nowMs()) + writeMs;
    const waitMs = freeAtMs - world.clock.nowMs();
    await new Promise<void>((resolve) => void world.clock.setTimer(waitMs, resolve));
    return call();
  });
}

it("F20: a worker takes no more leases than it can renew, and keeps those", async () => {
  // A renewal every 3.3 s for each of 200 leases would take 10 s of table time in every 3.3 s.
  const world = new World({ shards: 200 });
  const lost: string[] = [];
  const told: unknown[] = [];
  const off = consumerEvents.subscribe("overloaded", (event) => told.push(event));
  const warnings: Error[] = [];
  process.on("warning", (warning) => warnings.push(warning));
  const { worker, done } = world.start("w", {
    leases: serial(world, 50),
    failoverTimeMs: 10_000,
    onLeaseLost: ({ shardId, reason }) => void lost.push(`${shardId} ${reason}`),
  });
  await world.until(() => worker.shards().length >= 60);
  await world.clock.advance(60_000);
  const held = worker.shards().length;
  expect(lost).toEqual([]);
  expect(held).toBeGreaterThanOrEqual(60);
  expect(held).toBeLessThan(200);
  expect(told).toEqual([
    {
      ...{ workerId: "w", applicationName: "app", streamName: "orders" },
      ...{ held: expect.any(Number) as number, left: expect.any(Number) as number },
    },
  ]);
  off();
  // The rest is left to others.
  const free = world.leases.rows().filter(({ owner }) => owner === undefined);
  expect(free.length).toBe(200 - held);
  await world.put(400);
  await world.clock.advance(20_000);
  expect(new Set(world.delivered.map(({ shardId }) => shardId)).size).toBeGreaterThan(held / 2);
  void worker.stop();
  await world.until(() => worker.state().kind === "stopped", 60_000);
  expect(await done).toBeUndefined();
  expect(warnings).toEqual([]);
});

it("a crowd of a moment is no overload", async () => {
  const world = new World({ shards: 200 });
  const told: unknown[] = [];
  const off = consumerEvents.subscribe("overloaded", (event) => told.push(event));
  // 16 at once are 106 renewals a second, of which 63 are asked for: in waves, as they were taken.
  const leases = intercepted<LeaseTable>(world.leases, async (method, call) => {
    const waitMs = method === "renew" ? 150 : 0;
    await new Promise<void>((resolve) => void world.clock.setTimer(waitMs, resolve));
    return call();
  });
  const { worker, done } = world.start("w", { leases });
  await world.until(() => worker.shards().length === 200);
  for (let i = 0; i < 10; i++) {
    await world.clock.advance(3_000);
    const { leaseKey: ShardToSplit, hashKeyRange } = world.leases.rows()[i] as Lease;
    const half = (BigInt(`0x${hashKeyRange?.start}`) + BigInt(`0x${hashKeyRange?.end}`)) / 2n;
    world.kinesis.call("SplitShard", {
      ...{ StreamName: "orders", ShardToSplit, NewStartingHashKey: String(half) },
    });
  }
  await world.until(() => worker.shards().length === 210);
  expect(told).toEqual([]);
  off();
  void worker.stop();
  await world.until(() => worker.state().kind === "stopped");
  expect(await done).toBeUndefined();
});
