import { type Lease, newLease, SHARD_END, TRIM_HORIZON } from "@shardline/model";
import { describe, expect, test } from "vitest";
import { type AppliedLeaseWrite, MemoryLeaseTable } from "../../src/memory/lease-table.ts";

const call = { timeoutMs: 1000 };
const first = newLease(
  "shard-0",
  TRIM_HORIZON,
  { parentShardIds: [], hashKeyRange: undefined },
  undefined,
);

async function tableWith(lease: Lease): Promise<MemoryLeaseTable> {
  const table = new MemoryLeaseTable();
  await table.ensure(call);
  await table.create(lease, call);
  return table;
}

async function taken(table: MemoryLeaseTable, workerId: string): Promise<Lease> {
  const read = await table.get("shard-0", call);
  if (read.kind !== "ok" || read.lease === undefined) throw new Error("no row");
  const write = await table.take(read.lease, workerId, undefined, call);
  if (write.kind !== "ok") throw new Error(write.kind);
  return write.lease;
}

describe("MemoryLeaseTable", () => {
  test("does not exist until ensured", async () => {
    const table = new MemoryLeaseTable();
    expect(await table.list(call)).toMatchObject({ kind: "failed", reason: "not-found" });
    expect(await table.ensure(call)).toEqual({ kind: "ok", created: true });
    expect(await table.ensure(call)).toEqual({ kind: "ok", created: false });
    expect(await table.list(call)).toEqual({ kind: "ok", leases: [], unreadable: 0 });
  });

  test("R1 one of two takers wins, the other learns who", async () => {
    const table = await tableWith(first);
    const won = await taken(table, "a");
    expect(won).toMatchObject({ owner: "a", counter: 1, ownerSwitchesSinceCheckpoint: 0 });
    expect(await table.take(first, "b", undefined, call)).toEqual({
      kind: "obsolete",
      current: won,
    });
  });

  test("R1 a checkpoint is conditional on the checkpoint it replaces", async () => {
    const table = await tableWith(first);
    const held = await taken(table, "a");
    const at = { checkpoint: { sequenceNumber: "7", subSequenceNumber: 0 } };
    const stale = { ...held, checkpoint: { sequenceNumber: "5", subSequenceNumber: 0 } };
    expect(await table.checkpoint(stale, at, call)).toMatchObject({ kind: "obsolete" });
    expect(await table.checkpoint(held, at, call)).toMatchObject({
      kind: "ok",
      lease: { ...at, counter: 2 },
    });
  });

  test("a hand-off leaves the holder its tenure and gives the next owner the row at release", async () => {
    const table = await tableWith(first);
    const held = await taken(table, "a");
    expect(await table.requestHandOff(held, "b", call)).toMatchObject({
      lease: { owner: "b", checkpointOwner: "a", counter: 1 },
    });
    const renewed = await table.renew(held, undefined, call);
    expect(renewed).toMatchObject({
      kind: "ok",
      lease: { owner: "b", checkpointOwner: "a", counter: 2 },
    });
    if (renewed.kind !== "ok") return;
    const released = await table.release(renewed.lease, call);
    expect(released).toMatchObject({
      lease: { owner: "b", checkpointOwner: undefined, counter: 3 },
    });
  });

  test("only an ended lease is deleted", async () => {
    const table = await tableWith(first);
    const held = await taken(table, "a");
    expect(await table.delete(held, call)).toMatchObject({ kind: "obsolete" });
    const ended = await table.checkpoint(held, { checkpoint: SHARD_END }, call);
    if (ended.kind !== "ok") throw new Error(ended.kind);
    expect(await table.delete(ended.lease, call)).toMatchObject({ kind: "ok" });
    expect(table.rows()).toEqual([]);
  });

  test("list may lag; get and the observer never do", async () => {
    const applied: AppliedLeaseWrite[] = [];
    let lag: number | "missing" = 0;
    const table = new MemoryLeaseTable({
      lag: () => lag,
      onApplied: (write) => applied.push(write),
    });
    await table.ensure(call);
    await table.create(first, call);
    const held = await taken(table, "a");
    expect(await table.list(call)).toMatchObject({ leases: [held] });
    lag = 1;
    expect(await table.list(call)).toMatchObject({ leases: [first] });
    lag = "missing";
    expect(await table.list(call)).toMatchObject({ leases: [] });
    expect(await table.get("shard-0", call)).toEqual({ kind: "ok", lease: held });
    expect(applied.map(({ verb }) => verb)).toEqual(["create", "take"]);
  });

  test("an aborted call changes nothing", async () => {
    const table = await tableWith(first);
    const write = await table.take(first, "a", undefined, { ...call, signal: AbortSignal.abort() });
    expect(write).toMatchObject({ kind: "failed", reason: "aborted", ambiguous: false });
    expect(table.rows()).toEqual([first]);
  });
});
