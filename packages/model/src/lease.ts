/**
 * A lease: one row a shard in the KCL's lease table, in our words.
 *
 * The counter is the fence: every take raises it, so it grows strictly from tenure to tenure. During
 * a graceful hand-off the row names two workers: `owner` is the next one and `checkpointOwner` the
 * one that still processes (rule R1).
 */

import type { HashKeyRange } from "./hash-key.ts";
import type { Checkpoint } from "./sequence.ts";

/** A checkpoint announced before an outside effect and committed after it. */
export interface PendingCheckpoint {
  readonly checkpoint: Checkpoint;
  /** Opaque bytes of the application, stored with the intent. */
  readonly state?: Uint8Array | undefined;
}

/** Which stream a lease belongs to: a re-created stream of the same name differs (rule R10). */
export interface StreamIdentity {
  readonly streamArn: string;
  readonly streamCreationTimestampMs: number;
}

export interface Lease {
  /** The shard id in an application of one stream. */
  readonly leaseKey: string;
  readonly owner: string | undefined;
  readonly checkpointOwner: string | undefined;
  readonly counter: number;
  readonly checkpoint: Checkpoint;
  readonly pending: PendingCheckpoint | undefined;
  readonly ownerSwitchesSinceCheckpoint: number;
  readonly parentShardIds: readonly string[];
  readonly childShardIds: readonly string[];
  /** Absent in rows that very old workers made. */
  readonly hashKeyRange: HashKeyRange | undefined;
  readonly throughputKBps: number | undefined;
  /** Absent in rows that a Java worker made; filled when we first take them. */
  readonly stream: StreamIdentity | undefined;
  /**
   * What LATEST or AT_TIMESTAMP in `checkpoint` means, in milliseconds since the epoch. Fixed when
   * the lease is created and kept for the life of the row, so that neither a restart nor an expired
   * iterator moves the start. The table keeps it in an attribute of the same name (number), which
   * the KCL does not know and leaves alone. Absent in Java's rows and where the start is TRIM_HORIZON.
   */
  readonly startTimestampMs?: number | undefined;
}

/** Who may process and checkpoint now. KCL counterpart: `actualOwner`. */
export function effectiveOwner(lease: Lease): string | undefined {
  return lease.checkpointOwner ?? lease.owner;
}

/** A lease as it is when first written for a shard. */
export function newLease(
  leaseKey: string,
  checkpoint: Checkpoint,
  shard: {
    readonly parentShardIds: readonly string[];
    readonly hashKeyRange: HashKeyRange | undefined;
  },
  stream: StreamIdentity | undefined,
): Lease {
  return {
    leaseKey,
    owner: undefined,
    checkpointOwner: undefined,
    counter: 0,
    checkpoint,
    pending: undefined,
    ownerSwitchesSinceCheckpoint: 0,
    parentShardIds: shard.parentShardIds,
    childShardIds: [],
    hashKeyRange: shard.hashKeyRange,
    throughputKBps: undefined,
    stream,
  };
}
