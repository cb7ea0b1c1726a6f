import { type EventChannel, eventChannel } from "@shardline/model";

/** Events of a producer, on channels named `shardline:producer:<event>`. None carries record data. */
export interface ProducerEvents {
  /** A shard map came into use. `epoch` counts them. */
  "shard-map": { readonly stream: string; readonly epoch: number; readonly openShards: number };
  /** The stream or its shards could not be read; the map at hand, if any, stays in use. */
  "shard-map-failed": {
    readonly stream: string;
    readonly code: string;
    readonly message: string;
    /** True if records now go one by one, without aggregation and without a limit per shard. */
    readonly degraded: boolean;
  };
  /** The stream places records itself, so aggregates would be lost on readers. */
  "aggregation-off": { readonly stream: string; readonly reason: "auto-distribution" };
  /** A whole request failed. */
  "request-failed": {
    readonly stream: string;
    readonly code: string;
    readonly message: string;
    readonly ambiguous: boolean;
    readonly entries: number;
  };
  /** A shard throttled; `share` of its quota is what is used from now on. */
  throttled: {
    readonly stream: string;
    readonly shardId: string | undefined;
    readonly share: number | undefined;
  };
  /** Stored in another shard than predicted; `resent` if readers would drop it there. */
  "wrong-shard": {
    readonly stream: string;
    readonly predicted: string | undefined;
    readonly actual: string;
    readonly records: number;
    readonly resent: boolean;
  };
  /** Records whose put() failed. */
  "records-failed": {
    readonly stream: string;
    readonly kind: "rejected" | "unknown";
    readonly code: string;
    readonly message: string;
    readonly records: number;
    readonly attempts: number;
  };
  /** close() ended; what was not delivered. */
  closed: { readonly rejected: number; readonly unknown: number };
}

/** Subscribe to see what producers of this process do. Free when nobody does. */
export const producerEvents: EventChannel<ProducerEvents> = eventChannel("producer");
