import { AggregateBuilder } from "@shardline/aggregation";
import { FULL_HASH_KEY_RANGE, type HashKeyRange } from "@shardline/model";
import type { Entry, PendingRecord } from "./entry.ts";
import { EntryQueue } from "./entry-queue.ts";
import type { ShardLimiter } from "./limit.ts";

/** The records of an aggregate that is still open. */
export interface OpenAggregate {
  readonly lane: Lane;
  readonly members: PendingRecord[];
  readonly partitionKey: string;
  readonly explicitHashKey: string | undefined;
  readonly openedAtMs: number;
}

/** What waits for one shard, from the open aggregate to the door. */
export class Lane {
  /** Undefined for the one lane of records whose shard is not known. */
  readonly shardId: string | undefined;
  readonly range: HashKeyRange;
  readonly limiter: ShardLimiter | undefined;
  readonly builder: AggregateBuilder;
  open: OpenAggregate | undefined;
  /** Never sent, in the order in which they were closed. */
  readonly fresh: EntryQueue = new EntryQueue();
  /** Sent before; by the time they may be sent again. Unused in an order mode: there they go to the front. */
  readonly retries: Entry[] = [];
  /** Staged or in flight. */
  busy = 0;
  /** Throttled as a whole until then. */
  pausedUntilMs = 0;
  throttledInARow = 0;
  /** True once a newer shard map no longer has the shard. */
  retired = false;
  /** Parents whose last entries are still on the way; in an order mode nothing goes before them. */
  gates = 0;
  /** Lanes that wait for this one. */
  readonly heirs: Lane[] = [];
  /** The last acknowledged one; `strict` order passes it on. */
  lastSequenceNumber: string | undefined;
  /** True while it stands in the collector's circle. */
  listed = false;

  constructor(options: {
    readonly shardId: string | undefined;
    readonly range?: HashKeyRange;
    readonly limiter?: ShardLimiter | undefined;
    readonly maxBytes: number;
    readonly maxRecords: number;
    readonly rememberedKeys: number;
  }) {
    this.shardId = options.shardId;
    this.range = options.range ?? FULL_HASH_KEY_RANGE;
    this.limiter = options.limiter;
    this.builder = new AggregateBuilder(options);
  }

  get isEmpty(): boolean {
    return this.fresh.size === 0 && this.retries.length === 0;
  }

  /** Keeps the retries in the order of their time; there are few. */
  addRetry(entry: Entry): void {
    const { retries } = this;
    let at = retries.length;
    while (at > 0 && (retries[at - 1] as Entry).readyAtMs > entry.readyAtMs) at--;
    retries.splice(at, 0, entry);
  }
}
