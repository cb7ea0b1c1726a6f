/** What an operation of the service is, between the wire and the model. */

import type { Instant } from "../stream-model/instant.ts";
import type { KinesisModel } from "../stream-model/kinesis-model.ts";

export interface OperationContext extends Instant {
  readonly model: KinesisModel;
  /** Of the caller; see `accountIdOf`. */
  readonly accountId: string;
  readonly region: string;
}

/**
 * Input and output have the members of the SDK's types, with these conventions:
 * blobs are `Payload` (base64 text or bytes) in inputs and bytes in outputs;
 * timestamps are `Timestamp` in outputs (the wire encodes them), and a `Timestamp` or a number of
 * epoch seconds in inputs; absent members are absent or undefined; `{}` where the service answers
 * with an empty body. SubscribeToShard answers with a `Subscription`.
 *
 * @throws ServiceError for everything that the service answers with an error.
 */
export type Operation = (input: Record<string, unknown>, context: OperationContext) => object;

export type { Payload } from "../stream-model/payload.ts";
export {
  ByteRange,
  isBase64,
  isBytes,
  payloadBase64,
  payloadBytes,
  payloadLength,
} from "../stream-model/payload.ts";
export { ServiceError } from "../stream-model/service-error.ts";
export type {
  Subscription,
  SubscriptionEvent,
  SubscriptionStep,
} from "../stream-model/subscription.ts";
export { Timestamp } from "../stream-model/timestamp.ts";
