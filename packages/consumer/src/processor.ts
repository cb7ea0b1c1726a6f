/** What the user's functions are given. */

import type {
  Checkpoint,
  PendingCheckpoint,
  ReceivedRecord,
  RecordPosition,
} from "@shardline/model";

/** In every call about one shard. */
export interface ShardContext {
  readonly shardId: string;
  readonly streamName: string;
  readonly workerId: string;
  /**
   * Grows strictly from owner to owner of the shard: a sink that refuses a lower one than it has
   * seen cannot be written by a worker whose lease is over.
   */
  readonly fence: number;
  /** Aborts when the lease is lost, and at the deadlines of stop, hand-off and processing time. */
  readonly signal: AbortSignal;
}

/** A checkpoint that is stored as an intent and not yet valid. KCL counterpart: `PreparedCheckpointer`. */
export interface PreparedCheckpoint {
  /** Makes it the checkpoint. Throws as `checkpoint` does. */
  commit(): Promise<void>;
}

/** KCL counterpart: `RecordProcessorCheckpointer`. */
export interface Checkpointer {
  /**
   * Everything up to and including `position` is done; resolves when the table has it. Without a
   * position: everything delivered so far. May be called later than delivery and out of order; a
   * position that is already covered is no write.
   * @throws CheckpointOutOfRangeError beyond the last delivered record.
   * @throws LeaseLostError when this worker no longer holds the shard.
   * @throws ServiceFailedError when the table did not take it in time; may be called again.
   */
  (position?: RecordPosition): Promise<void>;
  /**
   * Stores that `position` is about to be done, with `state` (bytes of the application) beside it.
   * If the worker dies before `commit`, the next owner's `onShardStart` is given both.
   * KCL counterpart: `prepareCheckpoint`. Throws as `checkpoint` does.
   */
  prepare(position: RecordPosition, state?: Uint8Array): Promise<PreparedCheckpoint>;
}

export interface ShardStartContext extends ShardContext {
  /** Where reading begins: after this. */
  readonly checkpoint: Checkpoint;
  /** What an earlier owner prepared and did not commit. */
  readonly pending: PendingCheckpoint | undefined;
}

export interface ProcessRecordsContext extends ShardContext {
  /** At least one, in order. */
  readonly records: readonly ReceivedRecord[];
  readonly checkpoint: Checkpointer;
  /**
   * This one record is done, in whatever order: the checkpoint moves over the gap-free run of done
   * records. For `autoCheckpoint: false`. Throws CheckpointOutOfRangeError if it was not delivered.
   */
  readonly acknowledge: (record: RecordPosition) => void;
  /** How old the newest record of the last read was behind the end of the shard, as the service says. */
  readonly millisBehindLatest: number | undefined;
  /** 1 for the first call with these records. */
  readonly attempt: number;
}

export interface ShardEndContext extends ShardContext {
  readonly childShardIds: readonly string[];
}

export interface LeaseLostContext extends Omit<ShardContext, "signal"> {
  readonly reason: string;
}

export interface ShardStopContext extends ShardContext {
  readonly why: "stop" | "hand-off" | "surrender";
  readonly checkpoint: Checkpointer;
}

/** Records that the processor refused `attempts` times, under `errorPolicy: "skip"`. */
export interface DeadLetter extends ShardContext {
  readonly records: readonly ReceivedRecord[];
  readonly error: unknown;
  readonly attempts: number;
}
