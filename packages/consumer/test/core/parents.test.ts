import {
  type Checkpoint,
  type Lease,
  newLease,
  SHARD_END,
  TRIM_HORIZON,
  LATEST,
  AT_TIMESTAMP,
} from "@shardline/model";
import { describe, expect, it } from "vitest";
import { isDisposable, parentGate, parentsWithHeirs } from "../../src/core/parents.ts";

const lease = (key: string, parents: string[], checkpoint: Checkpoint = TRIM_HORIZON): Lease =>
  newLease(key, checkpoint, { parentShardIds: parents, hashKeyRange: undefined }, undefined);
const rows =
  (...all: Lease[]) =>
  (id: string) =>
    all.find(({ leaseKey }) => leaseKey === id);
const number: Checkpoint = { sequenceNumber: "77", subSequenceNumber: 0 };

describe("parentGate", () => {
  it("S5: opens when every parent shows SHARD_END, both of a merge", () => {
    const child = lease("c", ["a", "b"]);
    const done = (id: string): Lease => lease(id, [], SHARD_END);
    expect(parentGate(child, rows(done("a"), done("b")), undefined).kind).toBe("open");
    expect(parentGate(child, rows(done("a"), lease("b", [], number)), undefined)).toEqual({
      kind: "blocked",
      parentShardId: "b",
    });
    expect(parentGate(child, rows(lease("a", []), done("b")), undefined).kind).toBe("blocked");
  });

  it("R7: a missing parent row blocks until a listing shows the child without the parent", () => {
    const child = lease("c", ["p"]);
    expect(parentGate(child, rows(), undefined).kind).toBe("unproven");
    expect(parentGate(child, rows(), new Set(["c", "p"])).kind).toBe("unproven");
    expect(parentGate(child, rows(), new Set(["c"])).kind).toBe("open");
    // A listing that is behind and does not know the child proves nothing.
    expect(parentGate(child, rows(), new Set(["x"])).kind).toBe("unproven");
  });

  it("a child that came back after its row was deleted does not wait for a parent cleaned up long ago", () => {
    const sibling = lease("d", ["p"], number);
    const heirs = parentsWithHeirs([sibling, lease("e", ["x"])]);
    expect(parentGate(lease("c", ["p"]), rows(), undefined, (id) => heirs.has(id)).kind).toBe(
      "open",
    );
    expect(parentGate(lease("c", ["x"]), rows(), undefined, (id) => heirs.has(id)).kind).toBe(
      "unproven",
    );
    const unfinished = rows(lease("p", [], number));
    expect(parentGate(lease("c", ["p"]), unfinished, undefined, (id) => heirs.has(id)).kind).toBe(
      "blocked",
    );
  });

  it("a parent that was trimmed before it was finished does not hold its children for ever", () => {
    const child = lease("c", ["p"]);
    expect(parentGate(child, rows(lease("p", [], number)), new Set(["c"])).kind).toBe("open");
  });

  it("a lease that has a position was begun when its parents were done", () => {
    expect(parentGate(lease("c", ["p"], number), rows(), undefined).kind).toBe("open");
  });

  it("the first shards of an application do not wait for parents that it never had", () => {
    for (const checkpoint of [LATEST, AT_TIMESTAMP]) {
      const child = lease("c", ["p"], checkpoint);
      expect(parentGate(child, rows(), undefined).kind).toBe("open");
      expect(parentGate(child, rows(lease("p", [])), undefined).kind).toBe("blocked");
    }
  });
});

describe("isDisposable", () => {
  const parent = { ...lease("p", ["g"], SHARD_END), childShardIds: ["a", "b"] };
  const started = (id: string): Lease => lease(id, ["p"], number);

  it("needs children, all with rows and moved on, and no grandparent", () => {
    expect(isDisposable(parent, rows(started("a"), started("b")))).toBe(true);
    expect(isDisposable(parent, rows(started("a"), lease("b", ["p"])))).toBe(false);
    expect(isDisposable(parent, rows(started("a")))).toBe(false);
    expect(isDisposable(parent, rows(started("a"), started("b"), lease("g", [])))).toBe(false);
    expect(isDisposable({ ...parent, checkpoint: number }, rows(started("a"), started("b")))).toBe(
      false,
    );
  });

  it("KCL hazard I: an empty child set is not 'all children are done'", () => {
    expect(isDisposable({ ...parent, childShardIds: [] }, rows())).toBe(false);
  });
});
