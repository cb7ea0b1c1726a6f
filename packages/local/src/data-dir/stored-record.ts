/** A record as it lies on disk: a JSON array, its data in base64. */

import { payloadBase64 } from "../stream-model/payload.ts";
import { Timestamp } from "../stream-model/timestamp.ts";
import type { WireRecord } from "../stream-model/wire-record.ts";

export function encodeRecord(record: WireRecord): string {
  return JSON.stringify([
    record.ApproximateArrivalTimestamp.epochMs,
    record.PartitionKey ?? null,
    record.EncryptionType ?? null,
    payloadBase64(record.Data),
  ]);
}

/** Undefined if the value is not what `encodeRecord` writes. */
export function decodeRecord(sequenceNumber: string, value: string): WireRecord | undefined {
  let parts: unknown;
  try {
    parts = JSON.parse(value);
  } catch {
    return undefined;
  }
  if (!Array.isArray(parts) || parts.length !== 4) return undefined;
  const [arrivalMs, partitionKey, encryption, data] = parts as unknown[];
  if (typeof arrivalMs !== "number" || typeof data !== "string") return undefined;
  return {
    SequenceNumber: sequenceNumber,
    ApproximateArrivalTimestamp: new Timestamp(arrivalMs),
    Data: data,
    ...(typeof partitionKey === "string" && { PartitionKey: partitionKey }),
    ...(encryption === "KMS" && { EncryptionType: encryption }),
  };
}
