import { hashKeyToDecimal, type HashKeyRange } from "@shardline/model";
import { RecordLog } from "./record-log.ts";
import {
  endingSequenceNumber,
  SequenceCounter,
  sequenceNumberBetween,
  startingSequenceNumber,
} from "./sequence-number.ts";
import { ShardQuota } from "./shard-quota.ts";
import type { WireChildShard, WireHashKeyRange, WireRecord } from "./wire-record.ts";

/** A shard in the shape of the service's answers. */
export interface WireShard {
  readonly ShardId: string;
  readonly ParentShardId?: string;
  readonly AdjacentParentShardId?: string;
  readonly HashKeyRange: WireHashKeyRange;
  readonly SequenceNumberRange: {
    readonly StartingSequenceNumber: string;
    readonly EndingSequenceNumber?: string;
  };
}

export interface ShardState {
  readonly index: number;
  readonly range: HashKeyRange;
  readonly parents: readonly string[];
  /** In the shard's sequence numbers; may run ahead of the clock. */
  readonly createdSeconds: number;
  readonly createdAtMs: number;
  readonly closedAtMs?: number | undefined;
  /** Of the last record put. */
  readonly lastIndex: number;
}

function shardIdOf(index: number): string {
  return `shardId-${String(index).padStart(12, "0")}`;
}

/** A shard: its place in the key space and in the family, and its records. */
export class ModelShard {
  readonly shardId: string;
  readonly index: number;
  readonly range: HashKeyRange;
  readonly parents: readonly string[];
  readonly createdSeconds: number;
  readonly createdAtMs: number;
  log: RecordLog = new RecordLog();
  readonly quota: ShardQuota = new ShardQuota();
  readonly counter: SequenceCounter;
  readonly children: ModelShard[] = [];
  /** Called once each when a record arrives or the shard closes. */
  readonly waiters: Set<() => void> = new Set();
  readonly #wireRange: WireHashKeyRange;
  #closedAtMs: number | undefined;

  constructor(state: ShardState) {
    this.shardId = shardIdOf(state.index);
    this.index = state.index;
    this.range = state.range;
    this.parents = state.parents;
    this.createdSeconds = state.createdSeconds;
    this.createdAtMs = state.createdAtMs;
    this.counter = new SequenceCounter(state.createdSeconds, state.index, state.lastIndex);
    this.#closedAtMs = state.closedAtMs;
    this.#wireRange = {
      StartingHashKey: hashKeyToDecimal(state.range.start),
      EndingHashKey: hashKeyToDecimal(state.range.end),
    };
  }

  /** When a split or a merge closed it. */
  get closedAtMs(): number | undefined {
    return this.#closedAtMs;
  }

  close(wallMs: number): void {
    this.#closedAtMs = wallMs;
    this.wake();
  }

  append(record: WireRecord, sizeBytes: number): void {
    this.log.append(record, sizeBytes);
    if (this.waiters.size > 0) this.wake();
  }

  /** Takes over the records of the same shard, as a restore had them. */
  adopt(earlier: ModelShard): void {
    this.log = earlier.log;
    this.counter.raiseTo(earlier.counter.index);
  }

  /** A record with the number it already has; numbers must ascend. */
  restoreRecord(record: WireRecord, index: number, sizeBytes: number): void {
    if (index <= this.counter.index && this.log.endPosition > this.log.firstPosition) {
      const last = this.log.sequenceNumberAt(this.log.endPosition - 1);
      if (last !== undefined && last >= record.SequenceNumber) return;
    }
    this.counter.raiseTo(index);
    this.log.append(record, sizeBytes);
  }

  wake(): void {
    const waiters = [...this.waiters];
    this.waiters.clear();
    for (const waiter of waiters) waiter();
  }

  /** A place after every record given so far and before the next; later ones of a quiet shard are greater. */
  tipSequenceNumber(wallMs: number): string {
    return sequenceNumberBetween(
      this.createdSeconds,
      this.index,
      this.counter.index,
      Math.floor(wallMs / 1000),
    );
  }

  get startingSequenceNumber(): string {
    return startingSequenceNumber(this.createdSeconds, this.index);
  }

  get endingSequenceNumber(): string | undefined {
    if (this.#closedAtMs === undefined) return undefined;
    const closedSeconds = Math.max(this.createdSeconds, Math.floor(this.#closedAtMs / 1000));
    return endingSequenceNumber(this.createdSeconds, this.index, closedSeconds);
  }

  toWire(): WireShard {
    const [parent, adjacent] = this.parents;
    const ending = this.endingSequenceNumber;
    return {
      ShardId: this.shardId,
      ...(parent === undefined ? {} : { ParentShardId: parent }),
      ...(adjacent === undefined ? {} : { AdjacentParentShardId: adjacent }),
      HashKeyRange: this.#wireRange,
      SequenceNumberRange: {
        StartingSequenceNumber: this.startingSequenceNumber,
        ...(ending === undefined ? {} : { EndingSequenceNumber: ending }),
      },
    };
  }

  childShards(): readonly WireChildShard[] {
    return this.children.map((child) => ({
      ShardId: child.shardId,
      ParentShards: child.parents,
      HashKeyRange: child.#wireRange,
    }));
  }

  toState(): ShardState {
    return {
      index: this.index,
      range: this.range,
      parents: this.parents,
      createdSeconds: this.createdSeconds,
      createdAtMs: this.createdAtMs,
      closedAtMs: this.#closedAtMs,
      lastIndex: this.counter.index,
    };
  }
}
