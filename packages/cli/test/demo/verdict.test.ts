import { TRIM_HORIZON } from "@shardline/model";
import { describe, expect, it } from "vitest";
import type { Delivery } from "../../src/demo/journal.ts";
import { Ledger } from "../../src/demo/ledger.ts";
import { judge, type Kill } from "../../src/demo/verdict.ts";

const SHARD = "shardId-000000000000";

/** Ten records of two keys, alternating; record n has sequence number 100 + n. */
function books(): Ledger {
  const ledger = new Ledger(
    Array.from({ length: 10 }, (_, index) => ({
      partitionKey: index % 2 === 0 ? "even" : "odd",
      digest: digest(index),
    })),
  );
  for (let index = 0; index < 10; index++) {
    const sequenceNumber = String(100 + index);
    ledger.acknowledge({
      index,
      shardId: SHARD,
      sequenceNumber,
      subSequenceNumber: 0,
      attempts: 1,
    });
  }
  return ledger;
}

const digest = (index: number): string => `digest of ${index}`;

function delivery(index: number, atUs: number, more: Partial<Delivery> = {}): Delivery {
  return {
    atUs,
    fence: 1,
    shardId: SHARD,
    sequenceNumber: String(100 + index),
    subSequenceNumber: 0,
    digest: digest(index),
    ...more,
  };
}

/** w1 delivers 0 … 5 and dies with a checkpoint at record 3; w2 goes on from there. */
function crash(): { ledger: Ledger; kill: Kill } {
  const ledger = books();
  for (let i = 0; i <= 5; i++) ledger.deliver("w1", delivery(i, i));
  for (let i = 4; i <= 9; i++) ledger.deliver("w2", delivery(i, 4_000_000 + i, { fence: 2 }));
  const checkpoint = { sequenceNumber: "103", subSequenceNumber: 0 };
  return { ledger, kill: { worker: "w1", atUs: 10, held: new Map([[SHARD, checkpoint]]) } };
}

describe("judge", () => {
  it("passes a crash that repeats what was not checkpointed", () => {
    const { ledger, kill } = crash();
    expect(judge(ledger, kill)).toEqual({
      ok: true,
      records: 10,
      acknowledged: 10,
      processed: 10,
      duplicates: 2,
      duplicateBound: 2,
      lost: 0,
      corrupt: 0,
      outOfOrder: 0,
      keysChecked: 2,
      takeoverMs: 4000,
      shardsTakenOver: 1,
    });
  });

  it("does not depend on the order in which the journals were read", () => {
    const { ledger, kill } = crash();
    const other = books();
    for (const entry of ledger.deliveries.toReversed()) other.deliver(entry.worker, entry);
    expect(judge(other, kill)).toEqual(judge(ledger, kill));
  });

  it("sees a lost record", () => {
    const ledger = books();
    for (let i = 0; i < 9; i++) ledger.deliver("w1", delivery(i, i));
    expect(judge(ledger, undefined)).toMatchObject({ ok: false, lost: 1, processed: 9 });
  });

  it("sees a record that was never acknowledged", () => {
    const { ledger, kill } = crash();
    const more = new Ledger([...ledger.put, { partitionKey: "odd", digest: digest(10) }]);
    for (const ack of ledger.acknowledged.values()) more.acknowledge(ack);
    for (const entry of ledger.deliveries) more.deliver(entry.worker, entry);
    expect(judge(more, kill)).toMatchObject({ ok: false, records: 11, acknowledged: 10 });
  });

  it("sees duplicates beyond what the crash explains", () => {
    const { ledger, kill } = crash();
    ledger.deliver("w3", delivery(9, 9_000_000, { fence: 3 }));
    expect(judge(ledger, kill)).toMatchObject({ ok: false, duplicates: 3, duplicateBound: 2 });
  });

  it("sees duplicates without any crash", () => {
    const ledger = books();
    for (let i = 0; i < 10; i++) ledger.deliver("w1", delivery(i, i));
    ledger.deliver("w2", delivery(9, 20, { fence: 2 }));
    expect(judge(ledger, undefined)).toMatchObject({ ok: false, duplicates: 1 });
  });

  it("sees a payload that changed on the way", () => {
    const { ledger, kill } = crash();
    ledger.deliver("w1", delivery(0, 5_000_000, { fence: 3, digest: "something else" }));
    expect(judge(ledger, kill)).toMatchObject({ ok: false, corrupt: 1 });
  });

  it("sees a record that nobody put", () => {
    const { ledger, kill } = crash();
    const foreign = { sequenceNumber: "999", digest: "of nobody" };
    ledger.deliver("w2", delivery(0, 5_000_000, { fence: 2, ...foreign }));
    expect(judge(ledger, kill)).toMatchObject({ ok: false, corrupt: 1 });
  });

  it("counts a second copy of a line that was put twice as a duplicate", () => {
    const { ledger, kill } = crash();
    const copy = { sequenceNumber: "999" };
    ledger.deliver("w2", delivery(0, 5_000_000, { fence: 2, ...copy }));
    expect(judge(ledger, kill)).toMatchObject({ ok: false, duplicates: 3, processed: 10 });
    ledger.acknowledge({
      index: 0,
      shardId: SHARD,
      sequenceNumber: "100",
      subSequenceNumber: 0,
      attempts: 2,
    });
    expect(judge(ledger, kill)).toMatchObject({ ok: true, duplicates: 3, duplicateBound: 3 });
  });

  it("notices an endpoint that numbers the records of each shard by themselves", () => {
    const ledger = books();
    const again = { index: 0, sequenceNumber: "100", subSequenceNumber: 0, attempts: 1 };
    ledger.acknowledge({ ...again, shardId: SHARD });
    expect(ledger.clash).toBeUndefined();
    ledger.acknowledge({ ...again, index: 1, shardId: "shardId-000000000001" });
    expect(ledger.clash).toBe(`100 in ${SHARD} and in shardId-000000000001`);
  });

  it("sees a key whose records come first in another order", () => {
    const ledger = books();
    const order = [0, 1, 2, 5, 4, 3, 6, 7, 8, 9];
    // Two shards, so that positions rise in each tenure and only the key's order is wrong.
    for (const [at, i] of order.entries()) {
      ledger.deliver("w1", delivery(i, at, i === 3 ? { shardId: "other" } : {}));
    }
    const verdict = judge(ledger, undefined);
    expect(verdict.ok).toBe(false);
    expect(verdict.outOfOrder).toBeGreaterThan(0);
  });

  it("sees positions that do not rise within a tenure", () => {
    const { ledger, kill } = crash();
    ledger.deliver("w2", delivery(8, 5_000_000, { fence: 2 }));
    const verdict = judge(ledger, kill);
    expect(verdict.outOfOrder).toBe(1);
    expect(verdict.ok).toBe(false);
  });

  it("measures no take-over where the dead worker left nothing to deliver", () => {
    const ledger = books();
    for (let i = 0; i < 10; i++) ledger.deliver("w1", delivery(i, i));
    const kill: Kill = { worker: "w1", atUs: 10, held: new Map([[SHARD, TRIM_HORIZON]]) };
    expect(judge(ledger, kill)).toMatchObject({ ok: true, takeoverMs: null, shardsTakenOver: 0 });
  });

  it("does not take a shard that the dead worker did not hold for taken over", () => {
    const { ledger, kill } = crash();
    const elsewhere = { ...kill, held: new Map([["another", TRIM_HORIZON]]) };
    expect(judge(ledger, elsewhere)).toMatchObject({ ok: false, takeoverMs: null });
  });
});
