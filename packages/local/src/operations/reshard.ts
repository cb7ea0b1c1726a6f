/** What SplitShard, MergeShards and UpdateShardCount have in common. */

import type { HashKeyRange } from "@shardline/model";
import type { ModelShard } from "../stream-model/shard.ts";
import type { ModelStream } from "../stream-model/stream.ts";
import { splitRange, uniformSteps } from "../stream-model/uniform.ts";
import { MAX_STREAM_SHARDS } from "./capacity.ts";
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
  // Subscriptions that wait must learn when this falls due.
  stream.wakeReaders();
}

export function replaceShards(
  stream: ModelStream,
  parents: readonly ModelShard[],
  ranges: readonly HashKeyRange[],
  wallMs: number,
): void {
  stream.shards.replace(parents, ranges, Math.floor(wallMs));
}

/** Splits and merges until the open shards are `target` equal parts of the key space. */
export function scale(stream: ModelStream, target: number, wallMs: number): void {
  const { shards } = stream;
  const ranges = shards.open.map((shard) => shard.range);
  for (const step of uniformSteps(ranges, target)) {
    if (step.kind === "split") {
      const parent = shards.owner(step.range.start);
      replaceShards(stream, [parent], splitRange(step.range, step.at), wallMs);
    } else {
      const parents = [shards.owner(step.left.start), shards.owner(step.right.start)];
      replaceShards(stream, parents, [{ start: step.left.start, end: step.right.end }], wallMs);
    }
  }
}

/** Scales up to the shards that the stream's warm throughput asks for, at 1 MiB/s each. */
export function warmTo(stream: ModelStream, wallMs: number): void {
  const target = Math.min(stream.settings.warmMiBps ?? 0, MAX_STREAM_SHARDS);
  if (target > stream.shards.open.length) scale(stream, target, wallMs);
}
