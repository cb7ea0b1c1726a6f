/** From what a request says to the consumer it means. */

import type { ModelConsumer } from "../stream-model/consumer.ts";
import { invalidArgument, resourceNotFound } from "../stream-model/errors.ts";
import type { ModelStream } from "../stream-model/stream.ts";
import { Timestamp, type OperationContext } from "./operation.ts";
import { checkAccess, resolveStream } from "./resolve.ts";

interface ConsumerInput {
  readonly StreamARN?: string | undefined;
  readonly ConsumerName?: string | undefined;
  readonly ConsumerARN?: string | undefined;
}

export interface ConsumerRef {
  readonly stream: ModelStream;
  readonly consumer: ModelConsumer;
}

const CONSUMER_ARN = /^(arn:aws[^:]*:kinesis:[^:]*:(\d{12}):stream\/[^/]+)\/consumer\/([^:]+):\d+$/;

/** By ARN, or by name within a stream. */
export function resolveConsumer(
  input: ConsumerInput,
  action: string,
  context: OperationContext,
): ConsumerRef {
  const { ConsumerARN, ConsumerName, StreamARN } = input;
  if (ConsumerARN !== undefined) return resolveConsumerArn(ConsumerARN, action, context);
  if (ConsumerName === undefined || StreamARN === undefined) {
    throw invalidArgument(
      "Either ConsumerARN, or both StreamARN and ConsumerName, should be provided.",
    );
  }
  const stream = resolveStream({ StreamARN }, action, context);
  const consumer = stream.consumers.get(ConsumerName);
  if (consumer !== undefined) return { stream, consumer };
  throw resourceNotFound(
    `Consumer ${ConsumerName} of stream ${stream.name} under account ${stream.identity.accountId} not found.`,
  );
}

function resolveConsumerArn(arn: string, action: string, context: OperationContext): ConsumerRef {
  const [, streamArn, accountId, name] = CONSUMER_ARN.exec(arn) ?? [];
  if (streamArn === undefined || accountId === undefined || name === undefined) {
    throw invalidArgument(`Invalid ConsumerARN: ${arn}.`);
  }
  const owned = { ...context, accountId };
  const stream = resolveStream({ StreamARN: streamArn }, action, owned);
  const consumer = stream.consumers.get(name);
  if (consumer === undefined || consumer.arn !== arn)
    throw resourceNotFound(`Consumer ${arn} not found.`);
  checkAccess(consumer.policy, arn, accountId, action, context);
  return { stream, consumer };
}

export function wireConsumer(consumer: ModelConsumer): object {
  return {
    ConsumerName: consumer.name,
    ConsumerARN: consumer.arn,
    ConsumerStatus: consumer.status,
    ConsumerCreationTimestamp: new Timestamp(consumer.createdAtMs),
  };
}
