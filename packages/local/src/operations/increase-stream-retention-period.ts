import { define } from "./define.ts";
import type { Operation } from "./operation.ts";
import { resolveStream } from "./resolve.ts";
import { setRetention } from "./retention.ts";
import { integer, streamRef } from "./shapes.ts";

export const increaseStreamRetentionPeriod: Operation = define(
  { RetentionPeriodHours: { ...integer, required: true }, ...streamRef },
  (input, context) => {
    const stream = resolveStream(input, "IncreaseStreamRetentionPeriod", context);
    setRetention(stream, input.RetentionPeriodHours, "increase", context);
    return {};
  },
);
