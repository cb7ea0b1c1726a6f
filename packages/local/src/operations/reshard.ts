/** What SplitShard, MergeShards and UpdateShardCount have in common. */

import type { HashKeyRange } from "@shardline/model";
import type { ModelShard } from "../stream-model/shard.ts";
import type { ModelStream } from "../stream-model/stream.ts";
import type { OperationContext } from "./operation.ts";

/**
 * The stream is UPDATING for a while; then `apply` closes and opens shards, at one moment.
 * Until then the old shards take the records.
 */
export function updating(
  stream: ModelStream,
  context: OperationContext,
  apply: (wallMs: number) => void,
): void {
  const { model } = context;
  stream.settings.status = "UPDATING";
  if (model.config.updatingMs > 0) model.streamChanged(stream);
  model.transitions.after(model.config.updatingMs, context, ({ wallMs }) => {
    if (stream.settings.status !== "UPDATING") return;
    apply(wallMs);
    stream.settings.status = "ACTIVE";
    model.streamChanged(stream);
  });
}

export function replaceShards(
  stream: ModelStream,
  parents: readonly ModelShard[],
  ranges: readonly HashKeyRange[],
  wallMs: number,
): void {
  stream.shards.replace(parents, ranges, Math.floor(wallMs));
}
