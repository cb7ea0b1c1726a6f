import { define } from "./define.ts";
import type { Operation } from "./operation.ts";
import { resolveStream } from "./resolve.ts";
import { setRetention } from "./retention.ts";
import { integer, streamRef } from "./shapes.ts";

export const decreaseStreamRetentionPeriod: Operation = define(
  { RetentionPeriodHours: { ...integer, required: true }, ...streamRef },
  (input, context) => {
    const stream = resolveStream(input, "DecreaseStreamRetentionPeriod", context);
    setRetention(stream, input.RetentionPeriodHours, "decrease", context);
    return {};
  },
);
