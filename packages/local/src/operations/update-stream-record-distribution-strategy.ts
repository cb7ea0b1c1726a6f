import { invalidArgument } from "../stream-model/errors.ts";
import { define } from "./define.ts";
import type { Operation } from "./operation.ts";
import { requireActive, resolveStream } from "./resolve.ts";
import { distributionStrategy, streamArn, streamId } from "./shapes.ts";

export const updateStreamRecordDistributionStrategy: Operation = define(
  {
    StreamARN: { ...streamArn, required: true },
    StreamId: streamId,
    RecordDistributionStrategy: { ...distributionStrategy, required: true },
  },
  (input, context) => {
    const stream = resolveStream(input, "UpdateStreamRecordDistributionStrategy", context);
    requireActive(stream);
    if (stream.settings.mode !== "ON_DEMAND") {
      throw invalidArgument(
        `Stream ${stream.name} under account ${stream.identity.accountId} is in PROVISIONED mode. The record distribution strategy is only supported for streams in ON_DEMAND mode.`,
      );
    }
    // At once and without UPDATING, as the service does it.
    stream.settings.strategy = input.RecordDistributionStrategy;
    context.model.streamChanged(stream);
    return {};
  },
);
