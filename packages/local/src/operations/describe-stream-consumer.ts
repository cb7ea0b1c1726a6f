import { define } from "./define.ts";
import { resolveConsumer, wireConsumer } from "./consumer-ref.ts";
import type { Operation } from "./operation.ts";
import { consumerArn, consumerName, streamArn, streamId } from "./shapes.ts";

export const describeStreamConsumer: Operation = define(
  {
    StreamARN: streamArn,
    ConsumerName: consumerName,
    ConsumerARN: consumerArn,
    StreamId: streamId,
  },
  (input, context) => {
    const { stream, consumer } = resolveConsumer(input, "DescribeStreamConsumer", context);
    return { ConsumerDescription: { ...wireConsumer(consumer), StreamARN: stream.arn } };
  },
);
