/** The official schema through protobufjs: what our codec is compared with. */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { UserRecord } from "@shardline/model";
import protobuf from "protobufjs";
import { MAGIC } from "../src/format.ts";

const schema = protobuf.parse(
  readFileSync(new URL("../aggregation.proto", import.meta.url), "utf8"),
  { keepCase: true },
).root;
const AggregatedRecord = schema.lookupType("AggregatedRecord");

export interface ReferenceMessage {
  partition_key_table?: string[];
  explicit_hash_key_table?: string[];
  records?: {
    partition_key_index: number;
    explicit_hash_key_index?: number;
    data: Uint8Array;
    tags?: { key: string; value?: string }[];
  }[];
}

/** Magic and checksum around any bytes. */
export function seal(message: Uint8Array): Uint8Array {
  const sum = createHash("md5").update(message).digest();
  return Buffer.concat([MAGIC, message, sum]);
}

export function encodeMessage(message: ReferenceMessage): Uint8Array {
  return AggregatedRecord.encode(AggregatedRecord.fromObject(message)).finish();
}

/** By the rules of the format, the slow way. */
export function referenceEncode(records: readonly UserRecord[]): Uint8Array {
  const keys: string[] = [];
  const hashKeys: string[] = [];
  const indexIn = (table: string[], text: string): number => {
    const at = table.indexOf(text);
    return at >= 0 ? at : table.push(text) - 1;
  };
  const message: ReferenceMessage = {
    partition_key_table: keys,
    explicit_hash_key_table: hashKeys,
    records: records.map(({ partitionKey, explicitHashKey, data }) => ({
      partition_key_index: indexIn(keys, partitionKey),
      ...(explicitHashKey === undefined
        ? {}
        : { explicit_hash_key_index: indexIn(hashKeys, explicitHashKey) }),
      data: Buffer.from(data as string),
    })),
  };
  return seal(encodeMessage(message));
}

/** What the reference parser reads; undefined if it refuses the bytes. */
export function referenceDecode(message: Uint8Array): ReferenceMessage | undefined {
  try {
    const decoded = AggregatedRecord.decode(message);
    return AggregatedRecord.toObject(decoded, {
      longs: Number,
      bytes: Buffer,
      arrays: true,
    }) as ReferenceMessage;
  } catch {
    return undefined;
  }
}
