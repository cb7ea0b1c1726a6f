/** Which shards a ListShards filter lets through. */

import { invalidArgument } from "../stream-model/errors.ts";
import type { Instant } from "../stream-model/instant.ts";
import type { ModelShard } from "../stream-model/shard.ts";
import type { ModelStream } from "../stream-model/stream.ts";
import { canonicalShardId } from "./resolve.ts";

/** JSON-safe: it goes into page tokens. */
export interface FilterSpec {
  readonly type:
    | "AFTER_SHARD_ID"
    | "AT_TRIM_HORIZON"
    | "FROM_TRIM_HORIZON"
    | "AT_LATEST"
    | "AT_TIMESTAMP"
    | "FROM_TIMESTAMP";
  readonly shardId: string;
  readonly timestampMs: number;
}

/** @throws ServiceError InvalidArgumentException where the filter misses what its type needs */
export function checkFilter(
  type: FilterSpec["type"],
  shardId: string | undefined,
  timestampMs: number | undefined,
): FilterSpec {
  const needsShard = type === "AFTER_SHARD_ID";
  const needsTime = type === "AT_TIMESTAMP" || type === "FROM_TIMESTAMP";
  if (needsShard !== (shardId !== undefined)) {
    throw invalidArgument(
      `ShardFilter of type ${type} ${needsShard ? "requires" : "does not take"} a ShardId.`,
    );
  }
  if (needsTime !== (timestampMs !== undefined)) {
    throw invalidArgument(
      `ShardFilter of type ${type} ${needsTime ? "requires" : "does not take"} a Timestamp.`,
    );
  }
  return {
    type,
    shardId: shardId === undefined ? "" : canonicalShardId(shardId),
    timestampMs: timestampMs ?? 0,
  };
}

/** The shards that pass, oldest first. */
export function filterShards(
  stream: ModelStream,
  filter: FilterSpec,
  instant: Instant,
): readonly ModelShard[] {
  const live = [...stream.liveShards(instant)];
  const horizonMs = Math.max(stream.retentionStartMs(instant), stream.settings.createdAtMs);
  switch (filter.type) {
    case "FROM_TRIM_HORIZON":
      return live;
    case "AFTER_SHARD_ID":
      return live.filter((shard) => shard.shardId > filter.shardId);
    case "AT_LATEST":
      return live.filter((shard) => shard.closedAtMs === undefined);
    case "AT_TRIM_HORIZON":
      return openAt(live, horizonMs);
    case "AT_TIMESTAMP":
      return openAt(live, Math.max(filter.timestampMs, horizonMs));
    case "FROM_TIMESTAMP": {
      const fromMs = Math.max(filter.timestampMs, horizonMs);
      return live.filter((shard) => shard.closedAtMs === undefined || shard.closedAtMs >= fromMs);
    }
  }
}

/**
 * The shards that were open at the moment. Where a parent closed at that very moment it stands for
 * its descendants, so that what is returned covers the key space once and nothing in it is missed.
 */
function openAt(shards: readonly ModelShard[], atMs: number): readonly ModelShard[] {
  const covered = new Set<string>();
  return shards.filter((shard) => {
    if (shard.parents.some((parent) => covered.has(parent))) {
      covered.add(shard.shardId);
      return false;
    }
    const open = shard.createdAtMs <= atMs && (shard.closedAtMs ?? atMs) >= atMs;
    if (open) covered.add(shard.shardId);
    return open;
  });
}
