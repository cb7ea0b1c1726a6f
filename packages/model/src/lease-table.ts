/**
 * Port: the lease table, in verbs. Implemented over DynamoDB in `aws`, in memory in `local`.
 *
 * Every write but `create` is conditional on the owner AND the counter that the given lease shows
 * (rule R1), deletes included; a checkpoint also on the checkpoint it replaces. `obsolete` means the
 * condition failed and the row was read consistently afterwards: `current` is what it is now
 * (undefined: the row is gone). Ports do not retry a conditional write: the caller resolves doubt by
 * `get` (rule R4).
 */

import type { Lease, PendingCheckpoint, StreamIdentity } from "./lease.ts";
import type { CallOptions, Failure, Outcome } from "./outcome.ts";
import type { Checkpoint } from "./sequence.ts";

export type LeaseWrite =
  /** `lease` is the row after the write. */
  | { readonly kind: "ok"; readonly lease: Lease }
  | { readonly kind: "obsolete"; readonly current: Lease | undefined }
  | Failure;

export interface CheckpointWrite {
  readonly checkpoint: Checkpoint;
  /** Present: only announce (prepare). Absent: any announced checkpoint is cleared. */
  readonly pending?: PendingCheckpoint | undefined;
}

export interface LeaseTable {
  /** Creates the table if it is missing and waits until it is usable. */
  ensure(options: CallOptions): Promise<Outcome<{ readonly created: boolean }>>;
  /**
   * All leases. Eventually consistent, pages not of one moment: a hint, never a proof (F33).
   * Rows of other kinds are left out; rows that cannot be read are counted in `unreadable`.
   */
  list(
    options: CallOptions,
  ): Promise<Outcome<{ readonly leases: readonly Lease[]; readonly unreadable: number }>>;
  /** Strongly consistent. */
  get(
    leaseKey: string,
    options: CallOptions,
  ): Promise<Outcome<{ readonly lease: Lease | undefined }>>;
  /** Condition: no such row. */
  create(
    lease: Lease,
    options: CallOptions,
  ): Promise<Outcome<{ readonly lease: Lease }> | { readonly kind: "exists" }>;
  /**
   * Owner := `workerId`, counter + 1, checkpointOwner removed, ownerSwitches + 1 if the effective
   * owner changes; stores `stream` if the row has none. For an expired or unowned lease, and by the
   * next owner to begin its tenure after a hand-off.
   */
  take(
    seen: Lease,
    workerId: string,
    stream: StreamIdentity | undefined,
    options: CallOptions,
  ): Promise<LeaseWrite>;
  /** Counter + 1. During a hand-off (`checkpointOwner` set to the holder) it goes on. */
  renew(held: Lease, throughputKBps: number | undefined, options: CallOptions): Promise<LeaseWrite>;
  /** Counter + 1, checkpoint set, pending set or cleared, ownerSwitches 0. Also renews. */
  checkpoint(held: Lease, write: CheckpointWrite, options: CallOptions): Promise<LeaseWrite>;
  /** Owner := `workerId`, checkpointOwner := the present owner, counter untouched. */
  requestHandOff(seen: Lease, workerId: string, options: CallOptions): Promise<LeaseWrite>;
  /**
   * The holder lets go. Without a hand-off: owner removed, counter + 1. With one: checkpointOwner
   * removed and the next owner left in place, counter + 1.
   */
  release(held: Lease, options: CallOptions): Promise<LeaseWrite>;
  /** Writes the ids of the children of an ended shard; counter + 1. */
  setChildren(
    held: Lease,
    childShardIds: readonly string[],
    options: CallOptions,
  ): Promise<LeaseWrite>;
  /** Condition also: the checkpoint is SHARD_END. `lease` is the row that was deleted. */
  delete(seen: Lease, options: CallOptions): Promise<LeaseWrite>;
  /** Lets go of sockets. Idempotent. */
  close(): Promise<void>;
}
