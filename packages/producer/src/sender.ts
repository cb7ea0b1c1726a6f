import type {
  CallOptions,
  KinesisApi,
  Outcome,
  PutRecordsAnswer,
  StreamRef,
} from "@shardline/model";
import type { Entry } from "./core/entry.ts";
import type { Request } from "./core/request.ts";

/** Makes the call that a request stands for; every end of it is a value. */
export async function send(
  kinesis: KinesisApi,
  stream: StreamRef,
  request: Request,
  options: CallOptions,
): Promise<Outcome<PutRecordsAnswer>> {
  if (request.kind === "put-records") {
    return kinesis.putRecords({ stream, entries: request.entries }, options);
  }
  const [entry] = request.entries as [Entry];
  const { data, partitionKey, explicitHashKey } = entry;
  const { sequenceNumberForOrdering } = request;
  const outcome = await kinesis.putRecord(
    { stream, data, partitionKey, explicitHashKey, sequenceNumberForOrdering },
    options,
  );
  if (outcome.kind === "failed") return outcome;
  const { shardId, sequenceNumber } = outcome;
  return { kind: "ok", entries: [{ kind: "ok", shardId, sequenceNumber }] };
}
