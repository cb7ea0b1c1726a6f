import { ModelConsumer } from "../stream-model/consumer.ts";
import { limitExceeded, resourceInUse } from "../stream-model/errors.ts";
import type { ModelStream } from "../stream-model/stream.ts";
import { currentCommitment } from "./commitment.ts";
import { define } from "./define.ts";
import { wireConsumer } from "./consumer-ref.ts";
import type { Operation, OperationContext } from "./operation.ts";
import { requireActive, resolveStream } from "./resolve.ts";
import { consumerName, streamArn, streamId, tagMap } from "./shapes.ts";
import { checkNewTags } from "./tags.ts";

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_RegisterStreamConsumer.html */
const MAX_CONSUMERS = 20;
/** Of on-demand streams of accounts with the billing commitment. Same page. */
const MAX_CONSUMERS_ADVANTAGE = 50;
/** Same page. */
const MAX_CREATING = 5;

export const registerStreamConsumer: Operation = define(
  {
    StreamARN: { ...streamArn, required: true },
    ConsumerName: { ...consumerName, required: true },
    StreamId: streamId,
    Tags: tagMap,
  },
  (input, context) => {
    const { model } = context;
    const stream = resolveStream(input, "RegisterStreamConsumer", context);
    requireActive(stream);
    const name = input.ConsumerName;
    if (stream.consumers.has(name)) {
      throw resourceInUse(
        `Consumer ${name} of stream ${stream.name} under account ${stream.identity.accountId} already exists.`,
      );
    }
    checkLimits(stream, context);
    const tags = checkNewTags({}, input.Tags ?? {});
    const createdAtMs = stream.consumerCreation(name, Math.floor(context.wallMs));
    const consumer = new ModelConsumer({ name, status: "CREATING", createdAtMs, tags }, stream.arn);
    stream.consumers.set(name, consumer);
    const answer = { Consumer: wireConsumer(consumer) };
    model.streamChanged(stream);
    model.transitions.after(model.config.creatingMs, context, () => {
      if (consumer.status !== "CREATING") return;
      consumer.status = "ACTIVE";
      model.streamChanged(stream);
    });
    return answer;
  },
);

function checkLimits(stream: ModelStream, context: OperationContext): void {
  const consumers = [...stream.consumers.values()];
  const account = context.model.account(stream.identity.accountId, stream.identity.region);
  const advantage =
    stream.settings.mode === "ON_DEMAND" &&
    currentCommitment(account, context.wallMs) !== undefined;
  const max = advantage ? MAX_CONSUMERS_ADVANTAGE : MAX_CONSUMERS;
  const where = `stream ${stream.name} under account ${stream.identity.accountId}`;
  if (consumers.length >= max)
    throw limitExceeded(`Only ${max} consumers may be registered with ${where}.`);
  if (consumers.filter((consumer) => consumer.status === "CREATING").length >= MAX_CREATING) {
    throw limitExceeded(
      `Only ${MAX_CREATING} consumers of ${where} may be in the CREATING state at a time.`,
    );
  }
}
