import type { CoreConfig } from "./config.ts";
import { Lane } from "./lane.ts";
import { ShardLimiter } from "./limit.ts";
import { Router } from "./route.ts";
import { ShardMap } from "./shard-map.ts";
import type { Shard } from "@shardline/model";

/** Keys that the lanes of a stream remember, all together (84 bytes each and its text) and one alone. */
const REMEMBERED_KEYS = 65_536;
const REMEMBERED_KEYS_OF_LANE = { min: 512, max: 4096 };

/** The lanes of a stream under its newest shard map. */
export class Lanes {
  readonly #config: CoreConfig;
  #map: ShardMap | undefined;
  #router: Router | undefined;
  #lanes: Lane[] = [];
  /** What the stream takes, less the byte of an aggregate's own partition key. */
  #maxDataBytes = Number.POSITIVE_INFINITY;
  /** For records whose shard is not known: no aggregation, no limit of its own. */
  readonly unrouted: Lane;

  constructor(config: CoreConfig) {
    this.#config = config;
    this.unrouted = this.#newLane(undefined, 0, 1);
  }

  get map(): ShardMap | undefined {
    return this.#map;
  }

  all(): readonly Lane[] {
    return this.#lanes;
  }

  laneOf(partitionKey: string, explicitHashKey: string | undefined): Lane {
    const index = this.#router?.indexOf(partitionKey, explicitHashKey) ?? -1;
    return this.#lanes[index] ?? this.unrouted;
  }

  /**
   * A newer map: shards that are still open keep their lanes. Returns the lanes that are out of use;
   * in an order mode their heirs wait for what they have on the way.
   */
  replaceMap(
    shards: readonly Shard[],
    nowMs: number,
    maxRecordBytes: number = Number.POSITIVE_INFINITY,
  ): Lane[] {
    this.#maxDataBytes = maxRecordBytes - 1;
    const before = new Map(this.#lanes.map((lane) => [lane.shardId, lane]));
    this.#map = new ShardMap(shards, this.#map);
    this.#router = new Router(this.#map);
    this.#lanes = this.#map.shards.map((shard) => {
      const known = before.get(shard.shardId);
      before.delete(shard.shardId);
      return known ?? this.#newLane(shard, nowMs, shards.length);
    });
    const retired = Array.from(before.values());
    for (const lane of retired) this.#retire(lane);
    return retired;
  }

  #retire(lane: Lane): void {
    lane.retired = true;
    if (this.#config.order === "none" || (lane.busy === 0 && lane.gates === 0)) return;
    const { start, end } = lane.range;
    for (const heir of this.#lanes) {
      if (heir.range.start > end || heir.range.end < start) continue;
      heir.gates++;
      lane.heirs.push(heir);
    }
  }

  #newLane(shard: Shard | undefined, nowMs: number, lanes: number): Lane {
    const { min, max } = REMEMBERED_KEYS_OF_LANE;
    const { maxAggregateBytes, maxAggregateRecords, maxShardShare } = this.#config;
    return new Lane({
      shardId: shard?.shardId,
      ...(shard === undefined ? {} : { range: shard.hashKeyRange }),
      limiter: shard === undefined ? undefined : new ShardLimiter(maxShardShare, nowMs),
      maxBytes: Math.min(maxAggregateBytes, this.#maxDataBytes),
      maxRecords: shard !== undefined && this.#config.aggregation ? maxAggregateRecords : 1,
      rememberedKeys: Math.min(max, Math.max(min, Math.floor(REMEMBERED_KEYS / lanes))),
    });
  }
}

/** Opens the heirs of a lane once nothing of it is on the way any more. */
export function releaseHeirs(lane: Lane): void {
  if (!lane.retired || lane.busy > 0 || lane.gates > 0) return;
  for (const heir of lane.heirs.splice(0)) {
    heir.gates--;
    releaseHeirs(heir);
  }
}
