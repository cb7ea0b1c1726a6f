/** Answers with records in them: a thousand structures of one form, nearly all of it base64. */

import { payloadBase64 } from "../operations/operation.ts";
import type { WireRecord } from "../stream-model/wire-record.ts";

/** What `JSON.stringify` gives, but for the order of the members. */
export function recordsJson(output: { readonly Records: readonly WireRecord[] }): string {
  const { Records, ...rest } = output;
  let text = "";
  for (const record of Records) text += text === "" ? recordJson(record) : `,${recordJson(record)}`;
  const others = JSON.stringify(rest);
  return others === "{}" ? `{"Records":[${text}]}` : `${others.slice(0, -1)},"Records":[${text}]}`;
}

function recordJson(record: WireRecord): string {
  const { SequenceNumber, ApproximateArrivalTimestamp, Data, PartitionKey, EncryptionType } =
    record;
  const arrival = ApproximateArrivalTimestamp.toJSON();
  const key = PartitionKey === undefined ? "" : `,"PartitionKey":${JSON.stringify(PartitionKey)}`;
  const encryption = EncryptionType === undefined ? "" : `,"EncryptionType":"${EncryptionType}"`;
  return `{"SequenceNumber":"${SequenceNumber}","ApproximateArrivalTimestamp":${arrival},"Data":"${payloadBase64(Data)}"${key}${encryption}}`;
}
