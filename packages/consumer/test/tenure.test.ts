import { MemoryLeaseTable, SeededRandom, VirtualClock } from "@shardline/local";
import {
  failure,
  type Lease,
  type LeaseTable,
  newLease,
  Slots,
  TRIM_HORIZON,
} from "@shardline/model";
import { beforeEach, describe, expect, it } from "vitest";
import { Tenure, type TenureListener } from "../src/tenure.ts";
import { intercepted } from "./support/world.ts";

const CALL = { timeoutMs: 1_000 };
const config = { workerId: "me", failoverTimeMs: 10_000, leaseCallTimeoutMs: 1_600 };
const cp = (n: string): Lease["checkpoint"] => ({ sequenceNumber: n, subSequenceNumber: 0 });

type Fault = "lose-response" | "lose-request" | "hang" | "obsolete-after-apply" | "throttle";

let clock: VirtualClock;
let table: MemoryLeaseTable;
let faults: Map<string, Fault[]>;
let asked: string[];

const listener: TenureListener = {
  handOffAsked: (next) => void asked.push(next),
  dueCheckpoint: () => undefined,
  throughputKBps: () => undefined,
  wrote: () => {},
};

/** Each fault of a method is used for one call. */
function faulty(): LeaseTable {
  return intercepted(table, async (method, call) => {
    const fault = faults.get(method)?.shift();
    switch (fault) {
      case undefined:
        return call();
      case "throttle":
        return failure("throttled", "ThrottlingException", "slow down");
      case "hang":
        return new Promise(() => {});
      case "lose-request":
        return failure("timeout", "Timeout", "no answer", true);
      case "lose-response":
        await call();
        return failure("timeout", "Timeout", "no answer", true);
      case "obsolete-after-apply": {
        await call();
        const read = await table.get("s", CALL);
        return { kind: "obsolete", current: read.kind === "ok" ? read.lease : undefined };
      }
    }
  });
}

async function begin(): Promise<Tenure> {
  const ports = { leases: faulty(), clock, random: new SeededRandom(3), slots: new Slots(1) };
  const row = table.rows()[0] as Lease;
  const taken = await table.take(row, "me", undefined, CALL);
  if (taken.kind !== "ok") throw new Error("not taken");
  const tenure = new Tenure(taken.lease, clock.nowMs(), config, ports);
  tenure.start(listener);
  return tenure;
}

const row = (): Lease => table.rows()[0] as Lease;

beforeEach(async () => {
  clock = new VirtualClock();
  table = new MemoryLeaseTable();
  faults = new Map();
  asked = [];
  await table.ensure(CALL);
  const shard = { parentShardIds: [], hashKeyRange: undefined };
  await table.create(newLease("s", TRIM_HORIZON, shard, undefined), CALL);
});

describe("Tenure", () => {
  it("renews by itself, every third of the failover time, and holds on", async () => {
    const tenure = await begin();
    await clock.advance(60_000);
    expect(tenure.isHeld()).toBe(true);
    expect(row().counter).toBeGreaterThan(17);
    expect(row().counter).toBeLessThan(22);
  });

  it.each<Fault>(["lose-response", "obsolete-after-apply", "lose-request", "throttle", "hang"])(
    "R4: a checkpoint with %s is neither lost nor the end of the tenure",
    async (fault) => {
      const tenure = await begin();
      faults.set("checkpoint", [fault]);
      const write = tenure.checkpoint(cp("7"));
      await clock.advance(4_000);
      expect(await write).toMatchObject({ kind: "ok", lease: { checkpoint: cp("7") } });
      expect(row().checkpoint).toEqual(cp("7"));
      expect(tenure.isHeld()).toBe(true);
    },
  );

  it("R4: a renewal applied late does not pass for the checkpoint after it", async () => {
    const tenure = await begin();
    faults.set("renew", ["lose-response"]);
    faults.set("get", ["lose-request"]);
    const renewal = tenure.renew();
    const checkpoint = tenure.checkpoint(cp("9"));
    await clock.advance(5_000);
    expect((await renewal).kind).toBe("ok");
    expect(await checkpoint).toMatchObject({ kind: "ok" });
    expect(row().checkpoint).toEqual(cp("9"));
  });

  it("R2 R5: over 0.9 of the failover time after the last applied write, and for ever", async () => {
    const tenure = await begin();
    faults.set(
      "renew",
      Array.from({ length: 50 }, () => "hang" as const),
    );
    await clock.advance(8_999);
    expect(tenure.isHeld()).toBe(true);
    await clock.advance(2);
    expect(tenure.isHeld()).toBe(false);
    expect(tenure.loss).toBe("expired");
    expect(tenure.signal.aborted).toBe(true);
    faults.clear();
    expect(await tenure.renew()).toEqual({ kind: "lost" });
    await clock.advance(20_000);
    expect(row().counter).toBe(1);
  });

  it("R2: the deadline counts from before the write was sent, not from its answer", async () => {
    const row0 = (await begin()).lease;
    let reachable = true;
    const slow = intercepted(table, async (_, call) => {
      if (!reachable) return new Promise(() => {});
      const answer = await call();
      await new Promise<void>((done) => void clock.setTimer(1_500, done));
      return answer;
    });
    const ports = { leases: slow, clock, random: new SeededRandom(1), slots: new Slots(1) };
    const tenure = new Tenure(row0, clock.nowMs(), config, ports);
    const renewal = tenure.renew();
    await clock.advance(1_500);
    expect((await renewal).kind).toBe("ok");
    reachable = false;
    await clock.advance(8_999 - 1_500);
    expect(tenure.isHeld()).toBe(true);
    await clock.advance(2);
    expect(tenure.isHeld()).toBe(false);
  });

  it("F20: a write that waits for its turn has no deadline but the tenure's, and is not sent after it", async () => {
    const row0 = (await begin()).lease;
    const sent: string[] = [];
    const leases = intercepted(table, async (method, call) => {
      sent.push(method);
      return call();
    });
    const slots = new Slots(1);
    const ports = { leases, clock, random: new SeededRandom(1), slots };
    const tenure = new Tenure(row0, clock.nowMs(), config, ports);
    tenure.start(listener);
    expect(slots.tryEnter()).toBe(true);
    const renewal = tenure.renew();
    await clock.advance(config.leaseCallTimeoutMs * 2);
    slots.leave();
    expect((await renewal).kind).toBe("ok");
    expect(sent).toEqual(["renew"]);
    expect(slots.tryEnter()).toBe(true);
    const late = tenure.checkpoint(cp("5"));
    await clock.advance(config.failoverTimeMs);
    expect(await late).toEqual({ kind: "lost" });
    expect(tenure.loss).toBe("expired");
    slots.leave();
    await clock.advance(config.failoverTimeMs);
    expect(sent).toEqual(["renew"]);
    expect(slots.tryEnter()).toBe(true);
  });

  it("R9: a process that slept sees it before any timer fires", async () => {
    const tenure = await begin();
    const frozen = new Tenure(tenure.lease, clock.nowMs() - 9_500, config, {
      leases: table,
      clock,
      random: new SeededRandom(1),
      slots: new Slots(1),
    });
    expect(frozen.isHeld()).toBe(false);
    expect(frozen.loss).toBe("expired");
  });

  it("taken by another: lost at the next write, whose checkpoint stands", async () => {
    const tenure = await begin();
    await table.take(row(), "other", undefined, CALL);
    expect(await tenure.checkpoint(cp("5"))).toEqual({ kind: "lost" });
    expect(tenure.loss).toBe("taken");
    expect(row()).toMatchObject({ owner: "other", checkpoint: TRIM_HORIZON });
  });

  it("F34: its row deleted: lost, and it says so", async () => {
    const tenure = await begin();
    table.overwrite("s", undefined);
    expect(await tenure.renew()).toEqual({ kind: "lost" });
    expect(tenure.loss).toBe("row-gone");
  });

  it("F35: a table restored from a backup ends the tenure, the checkpoint does not go back", async () => {
    const tenure = await begin();
    const backup = row();
    await tenure.checkpoint(cp("50"));
    table.overwrite("s", backup);
    expect(await tenure.checkpoint(cp("60"))).toEqual({ kind: "lost" });
  });

  it("hears of a hand-off at the next renewal, goes on, and releases to the one who asked", async () => {
    const tenure = await begin();
    await table.requestHandOff(row(), "next", CALL);
    await clock.advance(4_000);
    expect(asked).toEqual(["next"]);
    expect(await tenure.checkpoint(cp("5"))).toMatchObject({ kind: "ok" });
    expect(await tenure.release()).toMatchObject({ kind: "ok" });
    expect(row()).toMatchObject({ owner: "next", checkpointOwner: undefined, checkpoint: cp("5") });
    expect(tenure.isHeld()).toBe(false);
    expect(tenure.loss).toBeUndefined();
  });

  it("writes of one lease go one after the other; a checkpoint replaces a renewal", async () => {
    const tenure = await begin();
    const writes = [
      tenure.renew(),
      tenure.checkpoint(cp("1")),
      tenure.setChildren(["a"]),
      tenure.checkpoint(cp("2")),
    ];
    await clock.advance(10);
    expect((await Promise.all(writes)).map(({ kind }) => kind)).toEqual(["ok", "ok", "ok", "ok"]);
    expect(row()).toMatchObject({ counter: 5, checkpoint: cp("2"), childShardIds: ["a"] });
    await clock.advance(2_900);
    expect(row().counter).toBe(5);
  });
});
