import { define } from "./define.ts";
import { resolveConsumer } from "./consumer-ref.ts";
import type { Operation } from "./operation.ts";
import { consumerArn, consumerName, streamArn, streamId } from "./shapes.ts";

export const deregisterStreamConsumer: Operation = define(
  {
    StreamARN: streamArn,
    ConsumerName: consumerName,
    ConsumerARN: consumerArn,
    StreamId: streamId,
  },
  (input, context) => {
    const { model } = context;
    const { stream, consumer } = resolveConsumer(input, "DeregisterStreamConsumer", context);
    if (consumer.status === "DELETING") return {};
    consumer.status = "DELETING";
    model.streamChanged(stream);
    model.transitions.after(model.config.deletingMs, context, () => {
      stream.consumers.delete(consumer.name);
      model.streamChanged(stream);
    });
    stream.wakeReaders();
    return {};
  },
);
