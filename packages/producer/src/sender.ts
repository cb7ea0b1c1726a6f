import {
  bounded,
  type CallOptions,
  type Clock,
  type KinesisApi,
  type Outcome,
  type PutRecordsAnswer,
  type StreamRef,
} from "@shardline/model";
import type { Entry } from "./core/entry.ts";
import type { Request } from "./core/request.ts";

/**
 * Makes the call that a request stands for; every end of it is a value, a port that throws or that
 * hangs beyond its own deadline included: records must settle whatever a port does (L4).
 */
export async function send(
  kinesis: KinesisApi,
  clock: Clock,
  stream: StreamRef,
  request: Request,
  options: CallOptions,
): Promise<Outcome<PutRecordsAnswer>> {
  if (request.kind === "put-records") {
    const { entries } = request;
    return bounded(clock, options, (call) => kinesis.putRecords({ stream, entries }, call));
  }
  const [entry] = request.entries as [Entry];
  const { data, partitionKey, explicitHashKey } = entry;
  const { sequenceNumberForOrdering } = request;
  const record = { stream, data, partitionKey, explicitHashKey, sequenceNumberForOrdering };
  const outcome = await bounded(clock, options, (call) => kinesis.putRecord(record, call));
  if (outcome.kind === "failed") return outcome;
  const { shardId, sequenceNumber } = outcome;
  return { kind: "ok", entries: [{ kind: "ok", shardId, sequenceNumber }] };
}
