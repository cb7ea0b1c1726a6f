/** What the operations on a resource's ARN need of it: streams, consumers and channels alike. */

import { invalidArgument } from "../stream-model/errors.ts";
import { resolveChannel } from "./channel-ref.ts";
import { resolveConsumer } from "./consumer-ref.ts";
import type { OperationContext } from "./operation.ts";
import { resolveStream } from "./resolve.ts";
import type { Tags } from "./tags.ts";

export interface TaggedResource {
  readonly tags: Tags;
  setTags(tags: Tags): void;
}

export function resolveTagged(
  arn: string,
  action: string,
  context: OperationContext,
): TaggedResource {
  if (arn.includes(":channel/")) return taggedChannel(arn, context);
  const resource = resolvePolicied(arn, action, context);
  return {
    tags: resource.target.tags,
    setTags: (tags) => {
      resource.target.tags = tags;
      resource.changed();
    },
  };
}

/** A stream or a consumer: what may have a resource policy. */
export interface PoliciedResource {
  readonly target: { tags: Tags; policy?: string | undefined };
  changed(): void;
}

export function resolvePolicied(
  arn: string,
  action: string,
  context: OperationContext,
): PoliciedResource {
  if (arn.includes("/consumer/")) {
    const { stream, consumer } = resolveConsumer({ ConsumerARN: arn }, action, context);
    return { target: consumer, changed: () => context.model.streamChanged(stream) };
  }
  if (arn.includes(":channel/")) throw invalidArgument(`Channels have no resource policy: ${arn}.`);
  const stream = resolveStream({ StreamARN: arn }, action, context);
  return { target: stream.settings, changed: () => context.model.streamChanged(stream) };
}

function taggedChannel(arn: string, context: OperationContext): TaggedResource {
  const { account, channel } = resolveChannel(arn, context);
  return {
    tags: channel.tags,
    setTags: (tags) => {
      account.channels.set(channel.arn, { ...channel, tags });
      context.model.accountChanged(account);
    },
  };
}
