import type { Lease, LeaseTable } from "@shardline/model";
import { describe, expect, it } from "vitest";
import type { ProcessRecordsContext } from "../src/index.ts";
import { CALL, intercepted, Killable, STREAM, World } from "./support/world.ts";

const ONE = "shardId-000000000000";
const never = new Promise<never>(() => {});

describe("losing the lease", () => {
  it("aborts the signal, stops delivering, calls onLeaseLost once and after the batch (S8)", async () => {
    const world = new World({ shards: 1 });
    await world.put(10);
    const calls: string[] = [];
    let context: ProcessRecordsContext | undefined;
    let release = (): void => {};
    world.start("w", {
      maxRecordsPerBatch: 2,
      processRecords: async (given) => {
        context = given;
        calls.push("begin");
        await new Promise<void>((resolve) => {
          release = resolve;
        });
        calls.push("end");
      },
      onLeaseLost: ({ reason }) => void calls.push(`lost ${reason}`),
    });
    await world.until(() => context !== undefined);
    const row = world.row(ONE) as Lease;
    await world.leases.take(row, "thief", undefined, CALL);
    await world.until(() => context?.signal.aborted === true, 5_000);
    await expect(context?.checkpoint()).rejects.toMatchObject({ code: "LEASE_LOST" });
    await world.clock.advance(3_000);
    expect(calls).toEqual(["begin"]);
    release();
    await world.clock.advance(100);
    expect(calls).toEqual(["begin", "end", "lost taken"]);
    expect(world.row(ONE)).toMatchObject({ owner: "thief", checkpoint: row.checkpoint });
  });

  it("F7: a second worker of the same name gets nothing while the first one lives", async () => {
    const world = new World({ shards: 2 });
    world.start("same");
    await world.clock.advance(3_000);
    const fences = world.leases.rows().map(({ counter }) => counter);
    const second = world.start("same");
    await world.put(50);
    await world.clock.advance(30_000);
    expect(second.worker.shards()).toEqual([]);
    expect(world.delivered).toHaveLength(50);
    expect(world.leases.rows().every((row, i) => row.counter > (fences[i] ?? 0))).toBe(true);
  });

  it("F34: a row deleted behind its holder's back comes back with its checkpoint and a higher fence", async () => {
    const world = new World({ shards: 1 });
    await world.put(20, "a");
    world.start("w");
    await world.until(() => world.row(ONE)?.checkpoint.sequenceNumber.startsWith("4") === true);
    const before = world.row(ONE) as Lease;
    world.leases.overwrite(ONE, undefined);
    await world.put(20, "b");
    await world.until(() => world.delivered.length >= 40, 20_000);
    await world.clock.advance(15_000);
    expect(new Set(world.texts()).size).toBe(40);
    expect(world.row(ONE)).toMatchObject({ owner: "w" });
    expect(world.row(ONE)?.counter).toBeGreaterThan(before.counter);
  });

  it("F20: cut off from the table it delivers until its own deadline and no longer", async () => {
    const world = new World({ shards: 1 });
    let cut = false;
    const leases = intercepted(world.leases, (_, call) => (cut ? never : call()));
    world.start("w", { leases });
    await world.clock.advance(2_000);
    cut = true;
    const cutMs = world.clock.nowMs();
    for (let i = 0; i < 40; i++) {
      await world.put(1, `x${i}-`);
      await world.clock.advance(500);
    }
    const last = world.delivered.at(-1)?.atMs ?? 0;
    expect(last - cutMs).toBeLessThan(9_000);
    expect(last - cutMs).toBeGreaterThan(4_000);
    cut = false;
    const healedMs = world.clock.nowMs();
    await world.until(() => new Set(world.texts()).size === 40, 15_000);
    expect(world.clock.nowMs() - healedMs).toBeLessThan(13_000);
  });

  it("F34: a row deleted while nobody holds it comes back where it was", async () => {
    const world = new World({ shards: 2 });
    await world.put(40, "a");
    const first = world.start("w1");
    world.start("w2", { maxLeases: 1 });
    await world.until(() => world.delivered.length === 40);
    await world.clock.advance(15_000);
    const [lost] = world.owners()["w1"] ?? [];
    void first.worker.stop();
    await world.clock.advance(1_500);
    const before = world.row(lost as string);
    world.leases.overwrite(lost as string, undefined);
    await world.put(40, "b");
    // Missed for a failover time.
    await world.until(() => world.row(lost as string) !== undefined, 13_000);
    expect(world.row(lost as string)?.checkpoint).toEqual(before?.checkpoint);
    expect(world.row(lost as string)?.counter).toBeGreaterThan(before?.counter ?? 0);
  });

  it("F34: a row deleted between its owner's death and its expiry comes back in the same time", async () => {
    const world = new World({ shards: 1 });
    await world.put(20, "a");
    const first = new Killable(world);
    world.start("w1", first.ports());
    await world.until(() => world.delivered.length === 20);
    world.start("w2");
    await world.clock.advance(3_000);
    first.kill();
    await world.clock.advance(7_500);
    const before = world.row(ONE);
    world.leases.overwrite(ONE, undefined);
    // It expires first; whoever comes to take it finds it gone.
    await world.until(() => world.row(ONE) !== undefined, 13_000);
    expect(world.row(ONE)?.checkpoint).toEqual(before?.checkpoint);
    await world.put(20, "b");
    await world.until(() => new Set(world.texts()).size === 40, 5_000);
  });

  it("F33: a first scan that shows nothing does not begin a finished shard again", async () => {
    const world = new World({ shards: 1 });
    await world.put(10);
    world.start("w1", { shardSyncIntervalMs: 5_000 });
    await world.until(() => world.delivered.length === 10);
    world.kinesis.call("SplitShard", {
      StreamName: STREAM,
      ShardToSplit: ONE,
      NewStartingHashKey: (2n ** 127n).toString(),
    });
    await world.put(20, "b");
    await world.until(() => world.row(ONE) === undefined, 60_000);
    let scans = 0;
    const leases = intercepted(world.leases as LeaseTable, async (method, call) =>
      method === "list" && scans++ < 3 ? { kind: "ok", leases: [], unreadable: 0 } : call(),
    );
    world.start("w2", { leases });
    await world.clock.advance(30_000);
    expect(world.row(ONE)).toBeUndefined();
    expect(world.delivered).toHaveLength(30);
  });

  it("F33: a first start that was cut short is completed by the next worker", async () => {
    const world = new World({ shards: 4 });
    await world.put(40);
    const first = new Killable(world);
    const leases = intercepted(first.ports().leases as LeaseTable, async (method, call) => {
      if (method !== "create") return call();
      if (world.leases.rows().length === 2) first.kill();
      return world.leases.rows().length === 2 ? new Promise(() => {}) : call();
    });
    world.start("w1", { ...first.ports(), leases });
    await world.clock.advance(3_000);
    expect(world.leases.rows()).toHaveLength(2);
    world.start("w2");
    await world.until(() => world.delivered.length === 40, 15_000);
  });
});
