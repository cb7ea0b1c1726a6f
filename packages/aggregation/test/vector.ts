import { encodeMessage, type ReferenceMessage } from "./reference.ts";

export interface Vector {
  readonly name: string;
  readonly why: string;
  /** The data of a Kinesis record, in hexadecimal. */
  readonly hex: string;
  /** The range of the shard it is read from; absent: all keys. */
  readonly range?: { readonly start: string; readonly end: string };
  /** `null`: one plain record. */
  readonly kcl: readonly VectorRecord[] | null;
  /** What can be read without the range filter, and past a damaged record. */
  readonly lenient: readonly VectorRecord[] | null;
  /** True if a KPL writes exactly these bytes for the records. */
  readonly canonical: boolean;
}

export type VectorRecord = readonly [
  partitionKey: string,
  explicitHashKey: string | null,
  dataHex: string,
];

export const MAX = (2n ** 128n - 1n).toString();
export const HALF = "80000000000000000000000000000000";
export const UPPER = { start: HALF, end: "f".repeat(32) };
export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
export const bytes = (text: string): Uint8Array => Buffer.from(text.replaceAll(" ", ""), "hex");

export function of(
  keys: string[],
  hashKeys: string[],
  records: ReferenceMessage["records"],
): Uint8Array {
  return encodeMessage({
    partition_key_table: keys,
    explicit_hash_key_table: hashKeys,
    records: records ?? [],
  });
}

export const plain = { kcl: null, lenient: null, canonical: false } as const;
export const one = (key: number, data: string, hashKey?: number) => ({
  partition_key_index: key,
  ...(hashKey === undefined ? {} : { explicit_hash_key_index: hashKey }),
  data: Buffer.from(data),
});
export const both = (records: readonly VectorRecord[]) => ({ kcl: records, lenient: records });
export const H = (text: string): string => Buffer.from(text).toString("hex");
