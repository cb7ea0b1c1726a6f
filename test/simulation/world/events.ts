/** What the machines say of themselves, written into the history of the run that is on. */

import { type ConsumerEvents, consumerEvents } from "@shardline/consumer";
import { type ProducerEvents, producerEvents } from "@shardline/producer";
import type { World } from "./world.ts";

/** Objects, so that the compiler tells when an event is new. */
const CONSUMER: Readonly<Record<keyof ConsumerEvents, true>> = {
  "worker-started": true,
  "worker-stopped": true,
  "lease-created": true,
  "lease-taken": true,
  "lease-lost": true,
  "lease-released": true,
  "lease-cleaned-up": true,
  "hand-off": true,
  "shard-started": true,
  "shard-ended": true,
  "checkpoint-written": true,
  "records-dropped": true,
  "records-out-of-range": true,
  "records-trimmed": true,
  "aggregate-malformed": true,
  "processor-failed": true,
  "records-dead-lettered": true,
  stalled: true,
  overloaded: true,
  "call-failed": true,
};

const PRODUCER: Readonly<Record<keyof ProducerEvents, true>> = {
  "shard-map": true,
  "shard-map-failed": true,
  "aggregation-off": true,
  "request-failed": true,
  throttled: true,
  "wrong-shard": true,
  "records-failed": true,
  closed: true,
};

/** Returns the function that ends it. */
export function listen(world: World): () => void {
  const ends: (() => void)[] = [];
  for (const name of Object.keys(CONSUMER) as (keyof ConsumerEvents)[]) {
    ends.push(consumerEvents.subscribe(name, (payload) => world.heard(name, { ...payload })));
  }
  for (const name of Object.keys(PRODUCER) as (keyof ProducerEvents)[]) {
    ends.push(producerEvents.subscribe(name, (payload) => world.heard(name, { ...payload })));
  }
  return () => {
    for (const end of ends) end();
  };
}
