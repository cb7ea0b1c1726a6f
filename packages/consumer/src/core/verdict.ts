/**
 * Rule R4: what became of a conditional write whose answer is in doubt (time-out, broken connection,
 * "condition failed"), judged from the row as it is now.
 */

import {
  type Checkpoint,
  effectiveOwner,
  type Lease,
  type PendingCheckpoint,
  sameCheckpoint,
} from "@shardline/model";

/** A write of ours that may have been applied, now or later. */
export interface Doubt {
  /** The row as the write would leave it. */
  readonly intended: Lease;
  /** Monotonic time before it was sent. */
  readonly sentMs: number;
}

export type Verdict =
  /** The row is what the write would have made it. */
  | { readonly kind: "applied"; readonly lease: Lease; readonly sentMs: number }
  /** An earlier write of ours in doubt was applied, this one not: go on from `lease`. */
  | { readonly kind: "earlier-applied"; readonly lease: Lease; readonly sentMs: number }
  /** The row is still as we hold it (a hand-off may have been asked for): send again. */
  | { readonly kind: "unapplied"; readonly lease: Lease }
  /** Somebody else has the row, or it is gone. */
  | { readonly kind: "lost"; readonly current: Lease | undefined };

/**
 * @param held the row as this tenure last knew it.
 * @param write the write that was just sent.
 * @param earlier writes in doubt that were sent from the same `held`.
 */
export function judge(
  held: Lease,
  write: Doubt,
  earlier: readonly Doubt[],
  current: Lease | undefined,
): Verdict {
  if (current === undefined) return { kind: "lost", current };
  const before = earlier.find(({ intended }) => sameRow(current, intended));
  if (sameRow(current, write.intended)) {
    // An earlier try of the same write may be the one that was applied: its time is the safe one.
    return { kind: "applied", lease: current, sentMs: before?.sentMs ?? write.sentMs };
  }
  if (before !== undefined) {
    return { kind: "earlier-applied", lease: current, sentMs: before.sentMs };
  }
  if (sameRow(current, held)) return { kind: "unapplied", lease: current };
  return { kind: "lost", current };
}

/**
 * Equal in all that our writes change. A hand-off asked for in between changes `owner` but neither
 * the effective owner nor the counter, and is no loss.
 */
function sameRow(a: Lease, b: Lease): boolean {
  return (
    a.counter === b.counter &&
    effectiveOwner(a) === effectiveOwner(b) &&
    sameCheckpoint(a.checkpoint, b.checkpoint) &&
    samePending(a.pending, b.pending) &&
    sameIds(a.childShardIds, b.childShardIds)
  );
}

function samePending(a: PendingCheckpoint | undefined, b: PendingCheckpoint | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return sameCheckpoint(a.checkpoint, b.checkpoint) && sameBytes(a.state, b.state);
}

function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  const lengthA = a?.length ?? 0;
  if (lengthA !== (b?.length ?? 0)) return false;
  for (let i = 0; i < lengthA; i++) if (a?.[i] !== b?.[i]) return false;
  return true;
}

function sameIds(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((id) => b.includes(id));
}

/** The row after each of the holder's writes: what the lease table would make of it. */
export function renewed(held: Lease): Lease {
  return { ...held, counter: held.counter + 1 };
}

export function checkpointed(
  held: Lease,
  checkpoint: Checkpoint,
  pending: PendingCheckpoint | undefined,
): Lease {
  return {
    ...held,
    counter: held.counter + 1,
    checkpoint,
    pending,
    ownerSwitchesSinceCheckpoint: 0,
  };
}

export function withChildren(held: Lease, childShardIds: readonly string[]): Lease {
  return { ...held, counter: held.counter + 1, childShardIds };
}

export function released(held: Lease): Lease {
  return {
    ...held,
    counter: held.counter + 1,
    owner: held.checkpointOwner === undefined ? undefined : held.owner,
    checkpointOwner: undefined,
  };
}
