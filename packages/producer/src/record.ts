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
import type { RecordSchema } from "./encoding.ts";
import type { RunLoop } from "./run-loop.ts";

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

/** A record that passed the checks, on its way to its stream. */
export interface CheckedRecord {
  readonly loop: RunLoop;
  readonly partitionKey: string;
  readonly explicitHashKey: string | undefined;
  readonly data: Uint8Array | string;
  readonly dataBytes: number;
  /** What it counts in the buffer. */
  readonly bytes: number;
}

/**
 * @param data of the record, or what was encoded from it.
 * @throws InvalidRecordError
 */
export function checkRecord(
  loop: RunLoop,
  record: ProducerRecord,
  data: Uint8Array | string,
): CheckedRecord {
  const { partitionKey, explicitHashKey } = record;
  checkPartitionKey(partitionKey);
  if (typeof data !== "string" && !(data instanceof Uint8Array)) {
    throw new InvalidRecordError("data", typeof data, "a Uint8Array or a string");
  }
  const hashKey = explicitHashKey === undefined ? undefined : checkExplicitHashKey(explicitHashKey);
  const dataBytes = byteLengthOf(data);
  const keyBytes = utf8ByteLength(partitionKey);
  checkRecordSize(dataBytes, keyBytes, loop.maxRecordBytes ?? limits.MAX_MAX_RECORD_BYTES);
  const bytes = dataBytes + keyBytes + RECORD_OVERHEAD_BYTES;
  return { loop, partitionKey, explicitHashKey: hashKey, data, dataBytes, bytes };
}
