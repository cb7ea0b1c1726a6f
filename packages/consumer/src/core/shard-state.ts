/**
 * The life of a held shard, as a table: which phases there are, what may follow what, and what each
 * waits for. The watchdog and `worker.shards()` speak in these words.
 */

export type ShardPhase =
  /** Parents are being checked and `onShardStart` is running. */
  | "starting"
  /** Waiting for Kinesis: the next read is due or under way. */
  | "reading"
  /** `processRecords` is running. */
  | "processing"
  /** `processRecords` failed; the same batch comes again after a pause. */
  | "retrying"
  /** Nothing more is delivered until some of the delivered records are checkpointed. */
  | "awaiting-checkpoint"
  /** Everything was read; children, `onShardEnd` and SHARD_END are next. */
  | "ending"
  /** Asked to let go: the running batch is finished, then checkpoint and release. */
  | "draining"
  /** Over: see `outcome`. */
  | "over";

/** How a tenure ended. */
export type TenureEnd =
  /** SHARD_END is written. */
  | "ended"
  /** Given back after a drain: by stop, or to a worker that asked. */
  | "released"
  /** The lease was lost: expired here, taken, or its row is gone. */
  | "lost"
  /** Given back because this worker makes no progress with it; not to be taken again at once. */
  | "surrendered"
  /** A parent turned out to be unfinished. */
  | "blocked";

const AT_WORK: readonly ShardPhase[] = [
  "reading",
  "processing",
  "retrying",
  "awaiting-checkpoint",
  "ending",
  "draining",
  "over",
];

/** What may follow; once draining, or over, nothing is delivered any more (S8). */
const NEXT: Readonly<Record<ShardPhase, readonly ShardPhase[]>> = {
  starting: ["reading", "draining", "over"],
  reading: AT_WORK,
  processing: AT_WORK,
  retrying: AT_WORK,
  "awaiting-checkpoint": AT_WORK,
  // An end that the service did not mean leads back to reading.
  ending: ["reading", "awaiting-checkpoint", "draining", "over"],
  draining: ["over"],
  over: [],
};

export interface ShardState {
  readonly phase: ShardPhase;
  /** When the phase began. */
  readonly sinceMs: number;
}

/** The state after moving to `phase`; the same phase again changes nothing but the time. */
export function moved(state: ShardState, phase: ShardPhase, nowMs: number): ShardState {
  if (state.phase === phase) return { phase, sinceMs: nowMs };
  if (!NEXT[state.phase].includes(phase)) {
    throw new Error(`a shard cannot go from ${state.phase} to ${phase}`);
  }
  return { phase, sinceMs: nowMs };
}
