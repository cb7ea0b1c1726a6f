/** What a worker tells → log lines. */

import { type ConsumerEvents, consumerEvents } from "@shardline/consumer";
import type { EventSink, Level } from "./event-text.ts";

/** Routine is debug, changes of state are info. The type makes it complete. */
const LEVELS: { readonly [K in keyof ConsumerEvents]: Level } = {
  "worker-started": "info",
  "worker-stopped": "info",
  "lease-created": "info",
  "lease-taken": "info",
  "lease-lost": "warn",
  "lease-released": "info",
  "lease-cleaned-up": "info",
  "hand-off": "info",
  "shard-started": "info",
  "shard-ended": "info",
  "checkpoint-written": "debug",
  "records-dropped": "error",
  "records-out-of-range": "warn",
  "records-trimmed": "error",
  "aggregate-malformed": "warn",
  "processor-failed": "error",
  "records-dead-lettered": "error",
  stalled: "error",
  overloaded: "warn",
  "call-failed": "warn",
};

/** Hands every event of the worker `workerId` to `sink`. Returns the function that ends it. */
export function watchWorker(workerId: string, sink: EventSink): () => void {
  const offs = Object.entries(LEVELS).map(([name, level]) =>
    consumerEvents.subscribe(name as keyof ConsumerEvents, (payload) => {
      if (payload.workerId === workerId) sink(level, name, flat(payload));
    }),
  );
  return () => {
    for (const off of offs) off();
  };
}

/** Errors as text, checkpoints as the KCL's tools print them. */
function flat(payload: object): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(payload)) fields[name] = plain(value);
  return fields;
}

function plain(value: unknown): unknown {
  if (value instanceof Error) return value.stack ?? `${value.name}: ${value.message}`;
  if (typeof value === "object" && value !== null && "sequenceNumber" in value) {
    const { sequenceNumber, subSequenceNumber } = value as Record<string, unknown>;
    return subSequenceNumber === 0
      ? sequenceNumber
      : `${String(sequenceNumber)}/${String(subSequenceNumber)}`;
  }
  return value;
}
