import { resourceInUse } from "../stream-model/errors.ts";
import { define } from "./define.ts";
import type { Operation } from "./operation.ts";
import { resolveStream } from "./resolve.ts";
import { boolean, streamRef } from "./shapes.ts";

export const deleteStream: Operation = define(
  { ...streamRef, EnforceConsumerDeletion: boolean },
  (input, context) => {
    const { model } = context;
    const stream = resolveStream(input, "DeleteStream", context);
    const { settings } = stream;
    const { accountId } = stream.identity;
    if (settings.status === "CREATING" || settings.status === "DELETING") {
      throw resourceInUse(
        `Stream ${stream.name} under account ${accountId} not ACTIVE, instead in state ${settings.status}`,
      );
    }
    if (stream.consumers.size > 0 && input.EnforceConsumerDeletion !== true) {
      throw resourceInUse(
        `Stream ${stream.name} under account ${accountId} has registered consumers. Deregister them, or set EnforceConsumerDeletion.`,
      );
    }
    const { channels } = model.account(accountId, stream.identity.region);
    if ([...channels.values()].some((channel) => channel.streamArn === stream.arn)) {
      throw resourceInUse(
        `Stream ${stream.name} under account ${accountId} has channels. Delete them first.`,
      );
    }
    settings.status = "DELETING";
    model.streamChanged(stream);
    stream.wakeReaders();
    model.transitions.after(model.config.deletingMs, context, () => model.removeStream(stream));
    return {};
  },
);
