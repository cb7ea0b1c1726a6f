import fc from "fast-check";
import { type Lease, newLease, TRIM_HORIZON } from "@shardline/model";
import { describe, expect, it } from "vitest";
import {
  checkpointed,
  type Doubt,
  judge,
  released,
  renewed,
  withChildren,
} from "../../src/core/verdict.ts";

const fresh = newLease(
  "s",
  TRIM_HORIZON,
  { parentShardIds: [], hashKeyRange: undefined },
  undefined,
);
const held: Lease = { ...fresh, owner: "me", counter: 5 };
const cp = (n: string): Lease["checkpoint"] => ({ sequenceNumber: n, subSequenceNumber: 0 });
const doubt = (intended: Lease, sentMs = 10): Doubt => ({ intended, sentMs });

describe("judge (R4)", () => {
  it("knows its own write again, whatever verb it was", () => {
    for (const intended of [
      renewed(held),
      checkpointed(held, cp("7"), undefined),
      checkpointed(held, held.checkpoint, { checkpoint: cp("7"), state: new Uint8Array([1]) }),
      withChildren(held, ["a", "b"]),
      released(held),
    ]) {
      expect(judge(held, doubt(intended), [], { ...intended })).toMatchObject({
        kind: "applied",
        sentMs: 10,
      });
    }
  });

  it("does not take a renewal that came late for the checkpoint that did not arrive", () => {
    const write = doubt(checkpointed(held, cp("7"), undefined), 20);
    const earlier = [doubt(renewed(held), 10)];
    expect(judge(held, write, earlier, renewed(held))).toMatchObject({
      kind: "earlier-applied",
      sentMs: 10,
    });
  });

  it("R2: counts from the first of two equal tries, since that one may have been applied", () => {
    const earlier = [doubt(renewed(held), 10)];
    expect(judge(held, doubt(renewed(held), 20), earlier, renewed(held))).toMatchObject({
      kind: "applied",
      sentMs: 10,
    });
  });

  it("a hand-off that was asked for in between is no loss", () => {
    const asked = { ...held, owner: "other", checkpointOwner: "me" };
    expect(judge(held, doubt(renewed(held)), [], asked)).toEqual({
      kind: "unapplied",
      lease: asked,
    });
    const renewedMeanwhile = { ...asked, counter: 6 };
    expect(judge(held, doubt(renewed(held)), [], renewedMeanwhile).kind).toBe("applied");
  });

  it("everything else is a loss: another owner, another counter, another checkpoint, no row", () => {
    const write = doubt(renewed(held));
    for (const current of [
      undefined,
      { ...held, owner: "other", counter: 6 },
      { ...held, owner: undefined, counter: 6 },
      { ...held, counter: 7 },
      { ...held, counter: 4 },
      { ...held, counter: 6, checkpoint: cp("3") },
      { ...held, counter: 6, childShardIds: ["x"] },
    ]) {
      expect(judge(held, write, [], current).kind).toBe("lost");
    }
  });

  it("never calls a row of another effective owner its own", () => {
    const row = fc.record({
      owner: fc.constantFrom("me", "other", undefined),
      checkpointOwner: fc.constantFrom("me", "other", undefined),
      counter: fc.integer({ min: 4, max: 7 }),
    });
    fc.assert(
      fc.property(row, (part) => {
        const verdict = judge(held, doubt(renewed(held)), [], { ...held, ...part });
        const mine = (part.checkpointOwner ?? part.owner) === "me";
        const known = part.counter === 5 || part.counter === 6;
        expect(verdict.kind === "lost").toBe(!(mine && known));
      }),
    );
  });
});
