/** Which records go when they take too much memory. */

import { MAX_SPARE_BYTES } from "./chunk-memory.ts";
import type { ModelShard } from "./shard.ts";
import type { ModelStream } from "./stream.ts";

/** How far below the bound a trim goes, so that it is not done at every put. */
const TRIM_SHARE = 0.05;

interface Cut {
  readonly stream: ModelStream;
  readonly shard: ModelShard;
  /** First record to keep. */
  readonly position: number;
}

/** The cuts, all at one moment, that bring what is retained under the bound: the oldest records go. */
export function trimOldest(streams: Iterable<ModelStream>, maxBytes: number): readonly Cut[] {
  const places: { readonly stream: ModelStream; readonly shard: ModelShard }[] = [];
  let earliestMs = Number.POSITIVE_INFINITY;
  let latestMs = Number.NEGATIVE_INFINITY;
  for (const stream of streams) {
    for (const shard of stream.shards.all()) {
      earliestMs = Math.min(earliestMs, shard.log.firstArrivalMs ?? earliestMs);
      latestMs = Math.max(latestMs, shard.log.lastArrivalMs ?? latestMs);
      places.push({ stream, shard });
    }
  }
  // What goes at once is used again as a whole.
  const trimmedBytes = maxBytes - Math.min(maxBytes * TRIM_SHARE, MAX_SPARE_BYTES);
  const keptFrom = (ms: number): number =>
    places.reduce((sum, { shard: { log } }) => sum + log.retainedBytesFrom(log.seekTime(ms)), 0);
  let low = earliestMs;
  let high = latestMs;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (keptFrom(middle) <= trimmedBytes) high = middle;
    else low = middle + 1;
  }
  return places.map(({ stream, shard }) => ({ stream, shard, position: shard.log.seekTime(low) }));
}
