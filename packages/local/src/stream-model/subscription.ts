import type { Instant } from "./instant.ts";
import type { ServiceError } from "./service-error.ts";
import type { WireChildShard, WireRecord } from "./wire-record.ts";

/** One SubscribeToShardEvent. */
export interface SubscriptionEvent {
  readonly kind: "event";
  readonly event: {
    readonly Records: readonly WireRecord[];
    /** Absent in the last event of a closed shard, and only there. */
    readonly ContinuationSequenceNumber?: string;
    readonly MillisBehindLatest: number;
    /** Present in the last event of a closed shard, and only there. */
    readonly ChildShards?: readonly WireChildShard[];
  };
}

export type SubscriptionStep =
  | SubscriptionEvent
  /** Nothing to send before this moment unless `onReady` calls sooner. */
  | { readonly kind: "wait"; readonly untilMs: number }
  /** Close the event stream; with an error, send it as the stream's exception first. */
  | { readonly kind: "ended"; readonly error?: ServiceError };

/**
 * A running SubscribeToShard call, pulled by the server: it asks for the next step only when its
 * socket has drained, so a reader that stops reading stops the server.
 */
export interface Subscription {
  next(instant: Instant): SubscriptionStep;
  /** `wake` is called, once for each `wait`, when it is worth asking again early. One callback; a later one replaces it. */
  onReady(wake: () => void): void;
  /** The reader is gone. Idempotent. */
  close(): void;
}
