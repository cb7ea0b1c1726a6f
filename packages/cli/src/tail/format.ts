/** Kinesis records → lines of JSON, one for each user record in them. Pure. */

import { decodeAggregate } from "@shardline/aggregation";
import type { KinesisRecord } from "@shardline/model";

/** The lines of `records`, each with its end; "" for none. */
export function formatRecords(shardId: string, records: readonly KinesisRecord[]): string {
  let text = "";
  for (const record of records) text += formatRecord(shardId, record);
  return text;
}

function formatRecord(shardId: string, record: KinesisRecord): string {
  const { sequenceNumber, partitionKey, data, approximateArrivalTimestampMs } = record;
  const arrived = new Date(approximateArrivalTimestampMs).toISOString();
  const decoded = decodeAggregate(data);
  if (decoded.kind === "plain") {
    return line({
      shardId,
      sequenceNumber,
      subSequenceNumber: 0,
      partitionKey,
      approximateArrivalTimestamp: arrived,
      aggregated: false,
      data: base64(data),
    });
  }
  return decoded.records
    .map((member) =>
      line({
        shardId,
        sequenceNumber,
        subSequenceNumber: member.subSequenceNumber,
        partitionKey: member.partitionKey,
        explicitHashKey: member.explicitHashKey,
        approximateArrivalTimestamp: arrived,
        aggregated: true,
        data: base64(member.data),
      }),
    )
    .join("");
}

function line(fields: object): string {
  return `${JSON.stringify(fields)}\n`;
}

function base64(data: Uint8Array): string {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64");
}
