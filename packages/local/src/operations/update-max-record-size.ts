import { define } from "./define.ts";
import type { Operation } from "./operation.ts";
import { updating } from "./reshard.ts";
import { requireActive, resolveStream } from "./resolve.ts";
import { maxRecordSizeInKiB, streamArn, streamId } from "./shapes.ts";

export const updateMaxRecordSize: Operation = define(
  {
    StreamARN: streamArn,
    StreamId: streamId,
    MaxRecordSizeInKiB: { ...maxRecordSizeInKiB, required: true },
  },
  (input, context) => {
    const stream = resolveStream(input, "UpdateMaxRecordSize", context);
    requireActive(stream);
    updating(stream, context, () => {
      stream.settings.maxRecordKiB = input.MaxRecordSizeInKiB;
    });
    return {};
  },
);
