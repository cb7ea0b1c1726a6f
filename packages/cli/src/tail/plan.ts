/**
 * Which shards `tail` reads, and when: a child begins only after each of its parents has been read
 * to its end, so that the records of a key come in order. Pure: told what was seen, says what to start.
 */

import type { InitialPosition, IteratorPosition, Shard } from "@shardline/model";
import { isOpen } from "@shardline/model";

export interface ShardStart {
  readonly shardId: string;
  readonly position: IteratorPosition;
}

type Family = Pick<Shard, "shardId" | "parentShardIds">;

export class TailPlan {
  readonly #from: InitialPosition;
  readonly #started = new Set<string>();
  readonly #ended = new Set<string>();
  readonly #waiting = new Map<string, Family>();

  constructor(from: InitialPosition) {
    this.#from = from;
  }

  /** The shards to begin with, of all that the stream lists. */
  begin(shards: readonly Shard[]): readonly ShardStart[] {
    if (this.#from.kind === "latest") {
      // What is closed now was closed before the present moment.
      for (const shard of shards) if (!isOpen(shard)) this.#finish(shard.shardId);
    }
    return this.#start(shards, this.#from);
  }

  /** A shard was read to its end; `family` is what is known of its children, or of all shards. */
  ended(shardId: string, family: readonly Family[]): readonly ShardStart[] {
    this.#finish(shardId);
    // Children of a shard that was read from a time on may themselves begin before that time.
    const position: IteratorPosition =
      this.#from.kind === "at-timestamp" ? this.#from : { kind: "trim-horizon" };
    return this.#start(family, position);
  }

  /** Shards that wait for a parent. */
  get waiting(): number {
    return this.#waiting.size;
  }

  #finish(shardId: string): void {
    this.#started.add(shardId);
    this.#ended.add(shardId);
    this.#waiting.delete(shardId);
  }

  #start(found: readonly Family[], position: IteratorPosition): readonly ShardStart[] {
    for (const shard of found) {
      if (!this.#started.has(shard.shardId)) this.#waiting.set(shard.shardId, shard);
    }
    const starts: ShardStart[] = [];
    for (const { shardId, parentShardIds } of this.#waiting.values()) {
      if (!parentShardIds.every((parent) => this.#isPast(parent))) continue;
      starts.push({ shardId, position });
    }
    for (const { shardId } of starts) {
      this.#waiting.delete(shardId);
      this.#started.add(shardId);
    }
    return starts;
  }

  /** Read to its end, or unknown, which means trimmed. */
  #isPast(shardId: string): boolean {
    return this.#ended.has(shardId) || !(this.#started.has(shardId) || this.#waiting.has(shardId));
  }
}
