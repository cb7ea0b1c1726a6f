/** Shards and their family. */

import type { HashKeyRange } from "./hash-key.ts";

export interface Shard {
  readonly shardId: string;
  readonly hashKeyRange: HashKeyRange;
  /** None for a first shard, one after a split, two after a merge. A trimmed parent is still named. */
  readonly parentShardIds: readonly string[];
  readonly startingSequenceNumber: string;
  /** Present once the shard is closed by a split or a merge. */
  readonly endingSequenceNumber?: string | undefined;
}

/** What the last read of a closed shard tells about its successors. */
export interface ChildShard {
  readonly shardId: string;
  readonly parentShardIds: readonly string[];
  readonly hashKeyRange: HashKeyRange;
}

export function isOpen(shard: Shard): boolean {
  return shard.endingSequenceNumber === undefined;
}
