/** The two encodings of the service's protocol: JSON 1.1, and CBOR 1.1, which the Java SDK sends. */

import { cbor, tag, tagSymbol } from "@smithy/core/cbor";
import { payloadBytes, Timestamp } from "../operations/operation.ts";
import type { WireRecord } from "../stream-model/wire-record.ts";
import { recordsJson } from "./records-json.ts";
import { putRecordsAnswer } from "./put-records-answer.ts";
import { parsePutRecords } from "./put-records-json.ts";

export interface Codec {
  readonly contentType: string;
  /** Of the payloads inside an event stream. */
  readonly eventContentType: string;
  /** @throws if the bytes are not a structure of the protocol. */
  decode(bytes: Buffer, operation: string): Record<string, unknown>;
  /** In parts, as answers with records are long. */
  encode(output: object): readonly Uint8Array[];
}

const jsonCodec: Codec = {
  contentType: "application/x-amz-json-1.1",
  eventContentType: "application/json",
  decode: decodeJson,
  encode: encodeJson,
};

const cborCodec: Codec = {
  contentType: "application/x-amz-cbor-1.1",
  eventContentType: "application/cbor",
  decode: (bytes) => structure(fromCbor(cbor.deserialize(bytes))),
  encode: (output) => [cbor.serialize(toCbor(withBytes(output)))],
};

/** The codec that a Content-Type asks for; undefined for anything that the service does not speak. */
export function codecOf(contentType: string | undefined): Codec | undefined {
  const type = (contentType ?? "").split(";", 1)[0]?.trim().toLowerCase();
  if (type === jsonCodec.contentType) return jsonCodec;
  return type === cborCodec.contentType ? cborCodec : undefined;
}

export { jsonCodec };

function encodeJson(output: object): readonly Uint8Array[] {
  if (isPutRecordsAnswer(output)) return [putRecordsAnswer(output)];
  return hasRecords(output) ? recordsJson(output) : [Buffer.from(JSON.stringify(output))];
}

/** Blobs are in no other place than the `Data` of `Records`. */
function hasRecords(output: object): output is { readonly Records: readonly WireRecord[] } {
  return "Records" in output && Array.isArray(output.Records);
}

function isPutRecordsAnswer(output: object): output is { readonly Records: object[] } {
  return "FailedRecordCount" in output && "Records" in output && Array.isArray(output.Records);
}

function decodeJson(bytes: Buffer, operation: string): Record<string, unknown> {
  const fast = operation === "PutRecords" ? parsePutRecords(bytes) : undefined;
  return structure(fast ?? JSON.parse(bytes.toString("utf8")));
}

function structure(value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new TypeError("not a structure");
  }
  return value as Record<string, unknown>;
}

function withBytes(output: object): object {
  if (isPutRecordsAnswer(output) || !hasRecords(output)) return output;
  const Records = output.Records.map((one) => ({ ...one, Data: payloadBytes(one.Data) }));
  return { ...output, Records };
}

/** Tag 1 is an instant; the SDKs for this protocol write it in milliseconds. */
function toCbor(value: unknown): unknown {
  if (value instanceof Timestamp) return tag({ tag: 1, value: value.epochMs });
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(toCbor);
  const out: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    if (member !== undefined) out[key] = toCbor(member);
  }
  return out;
}

function fromCbor(value: unknown): unknown {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  if (tagSymbol in value) {
    const tagged = value as unknown as { tag: unknown; value: unknown };
    return tagged.tag === 1 && typeof tagged.value === "number"
      ? new Timestamp(tagged.value)
      : fromCbor(tagged.value);
  }
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) value[i] = fromCbor(value[i]);
    return value;
  }
  const members = value as Record<string, unknown>;
  for (const key of Object.keys(members)) members[key] = fromCbor(members[key]);
  return members;
}
