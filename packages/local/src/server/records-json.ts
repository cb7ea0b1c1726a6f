/** Answers with records in them: a thousand structures of one form, nearly all of it base64. */

import { payloadBase64 } from "../operations/operation.ts";
import type { WireRecord } from "../stream-model/wire-record.ts";

/** Below what the garbage collector and the allocator give memory of its own, with its page faults. */
const PART_LENGTH = 48 * 1024;

/** What `JSON.stringify` gives, but for the order of the members; in parts. */
export function recordsJson(output: {
  readonly Records: readonly WireRecord[];
}): readonly Uint8Array[] {
  const { Records, ...rest } = output;
  const others = JSON.stringify(rest);
  const parts: Uint8Array[] = [];
  let text = others === "{}" ? '{"Records":[' : `${others.slice(0, -1)},"Records":[`;
  let isFirst = true;
  for (const record of Records) {
    if (!isFirst) text += ",";
    isFirst = false;
    text += recordJson(record);
    if (text.length < PART_LENGTH) continue;
    parts.push(Buffer.from(text));
    text = "";
  }
  parts.push(Buffer.from(`${text}]}`));
  return parts;
}

function recordJson(record: WireRecord): string {
  const { SequenceNumber, ApproximateArrivalTimestamp, Data, PartitionKey, EncryptionType } =
    record;
  const arrival = ApproximateArrivalTimestamp.toJSON();
  const key = PartitionKey === undefined ? "" : `,"PartitionKey":${JSON.stringify(PartitionKey)}`;
  const encryption = EncryptionType === undefined ? "" : `,"EncryptionType":"${EncryptionType}"`;
  return `{"SequenceNumber":"${SequenceNumber}","ApproximateArrivalTimestamp":${arrival},"Data":"${payloadBase64(Data)}"${key}${encryption}}`;
}
