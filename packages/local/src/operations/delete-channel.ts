import { passThrough, resolveChannel } from "./channel-ref.ts";
import { channelArn } from "./channel-shapes.ts";
import { define } from "./define.ts";
import type { Operation } from "./operation.ts";

export const deleteChannel: Operation = define(
  { ChannelARN: { ...channelArn, required: true } },
  (input, context) => {
    const ref = resolveChannel(input.ChannelARN, context);
    if (ref.channel.status === "DELETING") return {};
    passThrough(ref, "DELETING", context.model.config.deletingMs, () => undefined, context);
    return {};
  },
);
