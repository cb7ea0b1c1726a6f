/** What the two operations on shard-level metrics have in common. */

import type { ModelStream } from "../stream-model/stream.ts";
import type { OperationContext } from "./operation.ts";
import { updating } from "./reshard.ts";
import { requireActive } from "./resolve.ts";
import { metricsName } from "./shapes.ts";

const ALL: readonly string[] = metricsName.values.filter((name) => name !== "ALL");

/** `ALL` stands for each of them. */
export function expanded(names: readonly string[]): readonly string[] {
  return names.includes("ALL") ? ALL : names;
}

export function setMetrics(
  stream: ModelStream,
  choose: (present: readonly string[]) => ReadonlySet<string>,
  context: OperationContext,
): object {
  requireActive(stream);
  const current = stream.settings.metrics;
  const chosen = choose(current);
  const desired = ALL.filter((name) => chosen.has(name));
  updating(stream, context, () => {
    stream.settings.metrics = desired;
  });
  return {
    StreamName: stream.name,
    StreamARN: stream.arn,
    CurrentShardLevelMetrics: current,
    DesiredShardLevelMetrics: desired,
  };
}
