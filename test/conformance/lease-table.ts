/** What every implementation of the `LeaseTable` port must do. */

import {
  type Lease,
  type LeaseTable,
  type LeaseWrite,
  newLease,
  SHARD_END,
  TRIM_HORIZON,
} from "@shardline/model";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const OPTIONS = { timeoutMs: 10_000 };
const KEY = "shardId-000000000000";
const STREAM = { streamArn: "arn:aws:kinesis:us-east-1:1:stream/s", streamCreationTimestampMs: 17 };
const AT_5 = { sequenceNumber: "5", subSequenceNumber: 0 };
const AT_5_3 = { sequenceNumber: "5", subSequenceNumber: 3 };

/** `makeTable` gives a table of its own, not yet made: `ensure` was not called. */
export function leaseTableConformance(name: string, makeTable: () => Promise<LeaseTable>): void {
  describe(`lease table: ${name}`, () => {
    let table: LeaseTable;

    beforeEach(async () => {
      table = await makeTable();
      expect(await table.ensure(OPTIONS)).toEqual({ kind: "ok", created: true });
    });

    afterEach(() => table.close());

    const fresh = (leaseKey: string = KEY): Lease =>
      newLease(leaseKey, TRIM_HORIZON, { parentShardIds: [], hashKeyRange: undefined }, undefined);

    const created = async (lease: Lease = fresh()): Promise<Lease> => {
      const outcome = await table.create(lease, OPTIONS);
      if (outcome.kind !== "ok") throw new Error(`create: ${outcome.kind}`);
      return outcome.lease;
    };

    const taken = async (workerId = "w1"): Promise<Lease> =>
      ok(await table.take(await created(), workerId, STREAM, OPTIONS));

    const row = async (leaseKey: string = KEY): Promise<Lease | undefined> => {
      const outcome = await table.get(leaseKey, OPTIONS);
      if (outcome.kind === "failed") throw new Error(outcome.message);
      return outcome.lease;
    };

    it("ensures again without creating", async () => {
      expect(await table.ensure(OPTIONS)).toEqual({ kind: "ok", created: false });
    });

    it("creates a lease once and reads it back whole", async () => {
      const lease: Lease = {
        ...newLease(
          KEY,
          AT_5_3,
          {
            parentShardIds: ["shardId-000000000007", "shardId-000000000008"],
            hashKeyRange: { start: "0".repeat(32), end: `7${"f".repeat(31)}` },
          },
          STREAM,
        ),
        startTimestampMs: 1_795_232_346_616,
      };
      expect(await table.create(lease, OPTIONS)).toMatchObject({ kind: "ok" });
      expect(await row()).toEqual(lease);
      expect(await table.create(fresh(), OPTIONS)).toEqual({ kind: "exists" });
      expect(await row()).toEqual(lease);
    });

    it("has no row of another key", async () => {
      expect(await row("shardId-000000000099")).toBeUndefined();
    });

    it("lists all leases", async () => {
      await created(fresh("a"));
      await created(fresh("b"));
      const listed = await table.list(OPTIONS);
      if (listed.kind === "failed") throw new Error(listed.message);
      expect(listed.unreadable).toBe(0);
      expect(listed.leases.map((lease) => lease.leaseKey).toSorted()).toEqual(["a", "b"]);
    });

    describe("take", () => {
      it("sets the owner, counts, and stores the stream in a row that has none", async () => {
        const lease = await taken();
        expect(lease).toMatchObject({ owner: "w1", counter: 1, stream: STREAM });
        expect(lease.ownerSwitchesSinceCheckpoint).toBe(0);
        expect(await row()).toEqual(lease);
      });

      it("keeps the stream that the row has", async () => {
        const lease = await taken();
        const other = { ...STREAM, streamCreationTimestampMs: 99 };
        const again = ok(await table.take(lease, "w2", other, OPTIONS));
        expect(again.stream).toEqual(STREAM);
      });

      it("counts a change of owner, and only that", async () => {
        const first = await taken();
        const same = ok(await table.take(first, "w1", STREAM, OPTIONS));
        expect(same.ownerSwitchesSinceCheckpoint).toBe(0);
        const other = ok(await table.take(same, "w2", STREAM, OPTIONS));
        expect(other).toMatchObject({ owner: "w2", counter: 3, ownerSwitchesSinceCheckpoint: 1 });
      });

      it("R1: of two takers that saw the same row one wins", async () => {
        const seen = await created();
        const winner = ok(await table.take(seen, "w1", STREAM, OPTIONS));
        const loser = await table.take(seen, "w2", STREAM, OPTIONS);
        expect(loser).toEqual({ kind: "obsolete", current: winner });
      });

      it("R1: is refused after a renewal", async () => {
        const held = await taken();
        const renewed = ok(await table.renew(held, undefined, OPTIONS));
        expect(await table.take(held, "w2", STREAM, OPTIONS)).toEqual({
          kind: "obsolete",
          current: renewed,
        });
      });

      it("R1: is refused when a hand-off began since, although the counter stands", async () => {
        const held = await taken();
        const asked = ok(await table.requestHandOff(held, "w2", OPTIONS));
        expect(await table.take(held, "w3", STREAM, OPTIONS)).toEqual({
          kind: "obsolete",
          current: asked,
        });
      });

      it("ends an abandoned hand-off", async () => {
        const asked = ok(await table.requestHandOff(await taken(), "w2", OPTIONS));
        const next = ok(await table.take(asked, "w2", STREAM, OPTIONS));
        expect(next).toMatchObject({ owner: "w2", checkpointOwner: undefined, counter: 2 });
        expect(next.ownerSwitchesSinceCheckpoint).toBe(1);
      });
    });

    describe("renew", () => {
      it("counts and stores the throughput", async () => {
        const held = await taken();
        const renewed = ok(await table.renew(held, 12.345678, OPTIONS));
        expect(renewed).toEqual({ ...held, counter: 2, throughputKBps: 12.345678 });
        const again = ok(await table.renew(renewed, undefined, OPTIONS));
        expect(again).toEqual({ ...renewed, counter: 3 });
      });

      it("R1: is refused to a former owner, also with the counter guessed right", async () => {
        const former = await taken();
        const current = ok(await table.take(former, "w2", STREAM, OPTIONS));
        expect(await table.renew(former, 1, OPTIONS)).toEqual({ kind: "obsolete", current });
        const guess = { ...former, counter: current.counter };
        expect(await table.renew(guess, 1, OPTIONS)).toEqual({ kind: "obsolete", current });
      });

      it("R1: of a lease that nobody holds is refused", async () => {
        const lease = await created();
        expect(await table.renew(lease, 1, OPTIONS)).toEqual({ kind: "obsolete", current: lease });
      });

      it("goes on in a hand-off and tells of it", async () => {
        const held = await taken();
        await table.requestHandOff(held, "w2", OPTIONS);
        const renewed = ok(await table.renew(held, undefined, OPTIONS));
        expect(renewed).toMatchObject({ owner: "w2", checkpointOwner: "w1", counter: 2 });
        const next: Lease = { ...renewed, owner: "w2", checkpointOwner: undefined };
        expect(await table.renew(next, undefined, OPTIONS)).toMatchObject({ kind: "obsolete" });
      });

      it("of a row that is gone says so", async () => {
        const held = ok(await table.checkpoint(await taken(), { checkpoint: SHARD_END }, OPTIONS));
        ok(await table.delete(held, OPTIONS));
        expect(await table.renew(held, undefined, OPTIONS)).toEqual({
          kind: "obsolete",
          current: undefined,
        });
      });
    });

    describe("checkpoint", () => {
      it("sets the position, counts, and forgets the owner switches", async () => {
        const second = ok(await table.take(await taken(), "w2", STREAM, OPTIONS));
        const written = ok(await table.checkpoint(second, { checkpoint: AT_5_3 }, OPTIONS));
        expect(written).toEqual({
          ...second,
          counter: 3,
          checkpoint: AT_5_3,
          ownerSwitchesSinceCheckpoint: 0,
        });
        expect(await row()).toEqual(written);
      });

      it("announces, replaces the announcement, and clears it", async () => {
        const state = new Uint8Array([0, 255, 7]);
        const held = await taken();
        const { checkpoint } = held;
        const pending = { checkpoint: AT_5, state };
        const announced = ok(await table.checkpoint(held, { checkpoint, pending }, OPTIONS));
        expect(announced.checkpoint).toEqual(checkpoint);
        expect(announced.pending?.checkpoint).toEqual(AT_5);
        expect([...(announced.pending?.state ?? [])]).toEqual([...state]);
        const bare = { checkpoint, pending: { checkpoint: AT_5_3 } };
        const replaced = ok(await table.checkpoint(announced, bare, OPTIONS));
        expect(replaced.pending?.checkpoint).toEqual(AT_5_3);
        expect(replaced.pending?.state).toBeUndefined();
        const done = ok(await table.checkpoint(replaced, { checkpoint: AT_5_3 }, OPTIONS));
        expect(done).toMatchObject({ checkpoint: AT_5_3, pending: undefined, counter: 4 });
      });

      it("R1: is refused if it would replace another checkpoint than the one seen", async () => {
        const held = await taken();
        const current = ok(await table.checkpoint(held, { checkpoint: AT_5 }, OPTIONS));
        for (const checkpoint of [TRIM_HORIZON, AT_5_3]) {
          const seen = { ...current, checkpoint };
          const outcome = await table.checkpoint(seen, { checkpoint: SHARD_END }, OPTIONS);
          expect(outcome).toEqual({ kind: "obsolete", current });
        }
      });

      it("R1: is refused to a former owner", async () => {
        const former = await taken();
        const current = ok(await table.take(former, "w2", STREAM, OPTIONS));
        const guess = { ...former, counter: current.counter };
        for (const seen of [former, guess]) {
          const outcome = await table.checkpoint(seen, { checkpoint: AT_5 }, OPTIONS);
          expect(outcome).toEqual({ kind: "obsolete", current });
        }
      });

      it("in a hand-off is the old owner's right, not the next one's", async () => {
        const held = await taken();
        const asked = ok(await table.requestHandOff(held, "w2", OPTIONS));
        const next = { ...asked, checkpointOwner: undefined };
        expect(await table.checkpoint(next, { checkpoint: AT_5 }, OPTIONS)).toEqual({
          kind: "obsolete",
          current: asked,
        });
        const written = ok(await table.checkpoint(held, { checkpoint: AT_5 }, OPTIONS));
        expect(written).toMatchObject({ owner: "w2", checkpointOwner: "w1", checkpoint: AT_5 });
      });
    });

    describe("hand-off", () => {
      it("names the next owner and leaves the counter", async () => {
        const held = await taken();
        const asked = ok(await table.requestHandOff(held, "w2", OPTIONS));
        expect(asked).toEqual({ ...held, owner: "w2", checkpointOwner: "w1" });
      });

      it("is refused where one runs, and where nobody owns", async () => {
        const free = await created(fresh("free"));
        expect(await table.requestHandOff(free, "w2", OPTIONS)).toEqual({
          kind: "obsolete",
          current: free,
        });
        const held = await taken();
        const asked = ok(await table.requestHandOff(held, "w2", OPTIONS));
        for (const seen of [held, asked]) {
          expect(await table.requestHandOff(seen, "w3", OPTIONS)).toEqual({
            kind: "obsolete",
            current: asked,
          });
        }
      });

      it("ends with the release by the old owner; then the next one begins its tenure", async () => {
        const asked = ok(await table.requestHandOff(await taken(), "w2", OPTIONS));
        const released = ok(await table.release(asked, OPTIONS));
        expect(released).toMatchObject({ owner: "w2", checkpointOwner: undefined, counter: 2 });
        const begun = ok(await table.take(released, "w2", STREAM, OPTIONS));
        expect(begun).toMatchObject({ owner: "w2", counter: 3 });
        expect(begun.ownerSwitchesSinceCheckpoint).toBe(0);
      });
    });

    describe("release", () => {
      it("removes the owner and counts", async () => {
        const held = await taken();
        const released = ok(await table.release(held, OPTIONS));
        expect(released).toEqual({ ...held, owner: undefined, counter: 2 });
      });

      it("by a holder that has not seen the hand-off yet leaves the next owner in place", async () => {
        const held = await taken();
        await table.requestHandOff(held, "w2", OPTIONS);
        const released = ok(await table.release(held, OPTIONS));
        expect(released).toMatchObject({ owner: "w2", checkpointOwner: undefined, counter: 2 });
      });

      it("R1: is refused to a former owner", async () => {
        const former = await taken();
        const current = ok(await table.take(former, "w2", STREAM, OPTIONS));
        expect(await table.release(former, OPTIONS)).toEqual({ kind: "obsolete", current });
      });
    });

    it("writes the children of an ended shard", async () => {
      const held = await taken();
      const written = ok(await table.setChildren(held, ["shardId-1", "shardId-2"], OPTIONS));
      expect(written).toEqual({ ...held, counter: 2, childShardIds: ["shardId-1", "shardId-2"] });
      expect(await table.setChildren(held, ["x"], OPTIONS)).toEqual({
        kind: "obsolete",
        current: written,
      });
    });

    describe("delete", () => {
      it("removes the row of a finished lease, and shows it", async () => {
        const held = await taken();
        const ended = ok(await table.checkpoint(held, { checkpoint: SHARD_END }, OPTIONS));
        expect(await table.delete(held, OPTIONS)).toEqual({ kind: "obsolete", current: ended });
        expect(await table.delete(ended, OPTIONS)).toEqual({ kind: "ok", lease: ended });
        expect(await row()).toBeUndefined();
        expect(await table.delete(ended, OPTIONS)).toEqual({
          kind: "obsolete",
          current: undefined,
        });
      });

      it("R1: is refused while the shard is not finished", async () => {
        const held = await taken();
        expect(await table.delete(held, OPTIONS)).toEqual({ kind: "obsolete", current: held });
      });
    });

    it("does nothing for a caller whose signal has aborted", async () => {
      const lease = await created();
      const signal = AbortSignal.abort();
      const outcome = await table.take(lease, "w1", STREAM, { ...OPTIONS, signal });
      expect(outcome).toMatchObject({ kind: "failed", reason: "aborted", ambiguous: false });
      expect(await row()).toEqual(lease);
    });
  });
}

export function ok(outcome: LeaseWrite): Lease {
  if (outcome.kind === "ok") return outcome.lease;
  throw new Error(outcome.kind === "failed" ? outcome.message : "the write was refused");
}
