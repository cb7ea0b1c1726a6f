import { define } from "./define.ts";
import { expanded, setMetrics } from "./monitoring.ts";
import type { Operation } from "./operation.ts";
import { resolveStream } from "./resolve.ts";
import { metricsNames, streamRef } from "./shapes.ts";

export const disableEnhancedMonitoring: Operation = define(
  { ...streamRef, ShardLevelMetrics: { ...metricsNames, required: true } },
  (input, context) => {
    const stream = resolveStream(input, "DisableEnhancedMonitoring", context);
    const removed = expanded(input.ShardLevelMetrics);
    const choose = (present: readonly string[]): Set<string> =>
      new Set(present.filter((name) => !removed.includes(name)));
    return setMetrics(stream, choose, context);
  },
);
