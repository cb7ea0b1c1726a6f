/** GetRecords' answer → records, or `MalformedAnswer`: the SDK's and the wire's alike. */

import type { GetRecordsAnswer, KinesisRecord } from "@shardline/model";
import { isSequenceNumber } from "@shardline/model";
import { parseEpochTimestamp } from "@smithy/core/serde";
import { MalformedAnswer, needText, optionalText, toChildShard } from "../kinesis-words.ts";

/** Nobody has looked at the members' types: the SDK hands on what the JSON has. */
export interface GetRecordsOutput {
  readonly Records?: unknown;
  readonly NextShardIterator?: unknown;
  readonly MillisBehindLatest?: unknown;
  readonly ChildShards?: unknown;
}

interface RecordOutput {
  readonly SequenceNumber?: unknown;
  readonly PartitionKey?: unknown;
  readonly Data?: unknown;
  readonly ApproximateArrivalTimestamp?: unknown;
  readonly EncryptionType?: unknown;
}

/** How those two members are written for which JSON has no type. Neither is given null. */
export interface Notation {
  bytes(data: unknown): Uint8Array;
  /** NaN if it is no time. */
  epochMs(time: unknown): number;
}

/** As the SDK's deserialiser leaves them. */
export const SDK_NOTATION: Notation = {
  bytes(data) {
    if (!(data instanceof Uint8Array)) throw new MalformedAnswer("Data is no base64");
    return data;
  },
  epochMs: (time) => (time instanceof Date ? time.getTime() : Number.NaN),
};

/**
 * As the service writes them: base64, and seconds with a fraction.
 * https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html#shape-serialization
 */
export const WIRE_NOTATION: Notation = {
  bytes(data) {
    if (typeof data !== "string" || data.length % 4 !== 0 || !BASE64.test(data)) {
      throw new MalformedAnswer("Data is no base64");
    }
    const { buffer, byteOffset, byteLength } = Buffer.from(data, "base64");
    return new Uint8Array(buffer, byteOffset, byteLength);
  },
  epochMs: (time) =>
    typeof time === "number"
      ? Math.round(time * 1000)
      : (parseEpochTimestamp(time)?.getTime() ?? Number.NaN),
};

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** https://tc39.es/ecma262/#sec-time-values-and-time-range */
const MAX_EPOCH_MS = 8.64e15;

export function readGetRecordsOutput(
  output: GetRecordsOutput,
  notation: Notation,
): GetRecordsAnswer {
  const { Records: records } = output;
  // An answer without the list is no empty read: believing it could end a shard too early.
  if (!Array.isArray(records)) throw new MalformedAnswer("Records is missing");
  return readRest(
    output,
    (records as readonly RecordOutput[]).map((record) => toRecord(record, notation)),
  );
}

/** All but the records, which have been read. */
export function readRest(
  output: GetRecordsOutput,
  records: readonly KinesisRecord[],
): GetRecordsAnswer {
  const { ChildShards: children } = output;
  return {
    records,
    nextShardIterator: optionalText(output.NextShardIterator, "NextShardIterator"),
    millisBehindLatest: optionalNumber(output.MillisBehindLatest, "MillisBehindLatest"),
    childShards: ((children ?? []) as Parameters<typeof toChildShard>[0][]).map(toChildShard),
  };
}

function toRecord(record: RecordOutput, notation: Notation): KinesisRecord {
  const sequenceNumber = needText(record.SequenceNumber, "SequenceNumber");
  if (!isSequenceNumber(sequenceNumber)) throw new MalformedAnswer("SequenceNumber is no number");
  const { Data: data, ApproximateArrivalTimestamp: time } = record;
  if (data === undefined || data === null) throw new MalformedAnswer("Data is missing");
  const encryptionType = optionalText(record.EncryptionType, "EncryptionType");
  return {
    sequenceNumber,
    partitionKey: needText(record.PartitionKey, "PartitionKey"),
    data: notation.bytes(data),
    approximateArrivalTimestampMs:
      time === undefined || time === null ? 0 : needTime(notation.epochMs(time)),
    ...(encryptionType === undefined ? {} : { encryptionType }),
  };
}

export function needTime(epochMs: number): number {
  if (!(Math.abs(epochMs) <= MAX_EPOCH_MS)) {
    throw new MalformedAnswer("ApproximateArrivalTimestamp is no time");
  }
  // Not -0, which a Date cannot be either.
  return epochMs + 0;
}

function optionalNumber(value: unknown, name: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Number.isFinite(value)) throw new MalformedAnswer(`${name} is no number`);
  return value as number;
}
