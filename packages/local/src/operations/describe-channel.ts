import { describeChannel as described, resolveChannel } from "./channel-ref.ts";
import { channelArn } from "./channel-shapes.ts";
import { define } from "./define.ts";
import type { Operation } from "./operation.ts";

export const describeChannel: Operation = define(
  { ChannelARN: { ...channelArn, required: true } },
  (input, context) => ({
    ChannelDescription: described(resolveChannel(input.ChannelARN, context).channel),
  }),
);
