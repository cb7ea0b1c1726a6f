import { byteLengthOf } from "@shardline/aggregation";
import {
  checkExplicitHashKey,
  checkPartitionKey,
  checkRecordSize,
  InvalidRecordError,
  limits,
  type UserRecord,
  utf8ByteLength,
} from "@shardline/model";
import type { Arrival } from "./core/aggregate.ts";
import type { RecordSchema } from "./encoding.ts";
import type { RunLoop } from "./run-loop.ts";
import type { Ticket } from "./ticket.ts";

/** What a record costs in memory beside its bytes, roughly. */
const RECORD_OVERHEAD_BYTES = 100;

/** A record to put. Without a stream of its own it goes to the producer's. */
export interface ProducerRecord extends UserRecord {
  /** KPL counterpart: the stream of each `addUserRecord`. */
  readonly streamName?: string | undefined;
  readonly streamArn?: string | undefined;
  /** Makes the option `schemaRegistry` frame the data. KPL counterpart: `UserRecord.setSchema`. */
  readonly schema?: RecordSchema | undefined;
}

/**
 * Checks a record for its stream and tells the ticket its size.
 * @param data of the record, or what was encoded from it.
 * @throws InvalidRecordError
 */
export function checkRecord(
  loop: RunLoop,
  record: ProducerRecord,
  data: Uint8Array | string,
  ticket: Ticket,
): Arrival {
  const { partitionKey, explicitHashKey } = record;
  checkPartitionKey(partitionKey);
  if (typeof data !== "string" && !(data instanceof Uint8Array)) {
    throw new InvalidRecordError("data", typeof data, "a Uint8Array or a string");
  }
  const hashKey = explicitHashKey === undefined ? undefined : checkExplicitHashKey(explicitHashKey);
  const dataBytes = byteLengthOf(data);
  const keyBytes = utf8ByteLength(partitionKey);
  checkRecordSize(dataBytes, keyBytes, loop.maxRecordBytes ?? limits.MAX_MAX_RECORD_BYTES);
  ticket.bytes = dataBytes + keyBytes + RECORD_OVERHEAD_BYTES;
  return { record: ticket, partitionKey, explicitHashKey: hashKey, data, dataBytes };
}
