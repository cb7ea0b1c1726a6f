import { define } from "./define.ts";
import { expanded, setMetrics } from "./monitoring.ts";
import type { Operation } from "./operation.ts";
import { resolveStream } from "./resolve.ts";
import { metricsNames, streamRef } from "./shapes.ts";

export const enableEnhancedMonitoring: Operation = define(
  { ...streamRef, ShardLevelMetrics: { ...metricsNames, required: true } },
  (input, context) => {
    const stream = resolveStream(input, "EnableEnhancedMonitoring", context);
    const added = expanded(input.ShardLevelMetrics);
    return setMetrics(stream, (present) => new Set([...present, ...added]), context);
  },
);
