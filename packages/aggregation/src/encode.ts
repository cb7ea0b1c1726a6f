import { hash } from "node:crypto";
import type { UserRecord } from "@shardline/model";
import {
  CHECKSUM_BYTES,
  ENVELOPE_BYTES,
  lengthDelimitedBytes,
  MAGIC,
  TAG_DATA,
  TAG_EXPLICIT_HASH_KEY,
  TAG_EXPLICIT_HASH_KEY_INDEX,
  TAG_PARTITION_KEY,
  TAG_PARTITION_KEY_INDEX,
  TAG_RECORD,
  varintBytes,
  writeVarint,
} from "./format.ts";
import { REMEMBERED_TEXTS, TextTable, type TableText } from "./text-table.ts";

const FIRST_CAPACITY_BYTES = 1024;

/**
 * Builds one aggregate after the other, byte for byte as the KPL does.
 *
 * A record is copied when it is added, so the caller may reuse its bytes at once. The size is exact
 * at every moment, and is known before a record is taken.
 */
export class AggregateBuilder {
  readonly maxBytes: number;
  readonly maxRecords: number;
  /** The records of the message; the tables come before them and are written last. */
  #body: Buffer;
  #bodyBytes = 0;
  readonly #keys: TextTable;
  readonly #hashKeys: TextTable;
  #tableBytes = 0;
  #recordCount = 0;
  #lastDataBytes = 0;
  #dataBytes = 0;

  /**
   * @param options.maxBytes bound of the whole aggregate. KPL counterpart: AggregationMaxSize.
   * @param options.maxRecords KPL counterpart: AggregationMaxCount.
   * @param options.rememberedKeys known from one aggregate to the next if they come again: faster.
   */
  constructor(
    options: {
      readonly maxBytes?: number;
      readonly maxRecords?: number;
      readonly rememberedKeys?: number;
    } = {},
  ) {
    const { rememberedKeys = REMEMBERED_TEXTS } = options;
    this.maxBytes = options.maxBytes ?? Number.POSITIVE_INFINITY;
    this.maxRecords = options.maxRecords ?? Number.POSITIVE_INFINITY;
    this.#keys = new TextTable(TAG_PARTITION_KEY, rememberedKeys);
    this.#hashKeys = new TextTable(TAG_EXPLICIT_HASH_KEY, rememberedKeys);
    this.#body = Buffer.allocUnsafeSlow(FIRST_CAPACITY_BYTES);
  }

  get recordCount(): number {
    return this.#recordCount;
  }

  /** The data of the records, without keys and framing. */
  get dataByteLength(): number {
    return this.#dataBytes;
  }

  /** The exact size that `finish()` would return now. */
  get byteLength(): number {
    return ENVELOPE_BYTES + this.#tableBytes + this.#bodyBytes;
  }

  /**
   * Adds a record unless the aggregate would pass a bound. An empty builder takes any record, since
   * a lone one can be sent as it is.
   *
   * @param partitionKey well-formed Unicode.
   * @param explicitHashKey canonical decimal digits.
   * @param dataBytes length of `data` in bytes; needed to spare a second count for strings.
   * @returns false if the record was not added.
   */
  tryAdd(
    partitionKey: string,
    explicitHashKey: string | undefined,
    data: Uint8Array | string,
    dataBytes: number = byteLengthOf(data),
  ): boolean {
    const key = this.#keys.find(partitionKey);
    const keyIndex = this.#keys.indexOf(key);
    let newTableBytes = this.#keys.growthBytes(key);
    let inner = 1 + varintBytes(keyIndex) + lengthDelimitedBytes(dataBytes);
    let hashKey: TableText | undefined;
    let hashKeyIndex = -1;
    if (explicitHashKey !== undefined) {
      hashKey = this.#hashKeys.find(explicitHashKey);
      hashKeyIndex = this.#hashKeys.indexOf(hashKey);
      newTableBytes += this.#hashKeys.growthBytes(hashKey);
      inner += 1 + varintBytes(hashKeyIndex);
    }
    const recordBytes = 1 + varintBytes(inner) + inner;
    if (this.#recordCount > 0) {
      if (this.byteLength + newTableBytes + recordBytes > this.maxBytes) return false;
      if (this.#recordCount >= this.maxRecords) return false;
    }
    this.#keys.take(key);
    if (hashKey !== undefined) this.#hashKeys.take(hashKey);
    this.#tableBytes += newTableBytes;
    this.#write(keyIndex, hashKeyIndex, inner, recordBytes, data, dataBytes);
    return true;
  }

  /** The aggregate, in a buffer of its own; the builder is empty afterwards. */
  finish(): Uint8Array {
    const size = this.byteLength;
    const out = Buffer.allocUnsafeSlow(size);
    out.set(MAGIC, 0);
    const at = this.#hashKeys.write(out, this.#keys.write(out, MAGIC.length));
    this.#body.copy(out, at, 0, this.#bodyBytes);
    const end = size - CHECKSUM_BYTES;
    out.set(hash("md5", out.subarray(MAGIC.length, end), "buffer"), end);
    this.reset();
    return out;
  }

  /** The data of the only record, in a buffer of its own; the builder is empty afterwards. */
  finishRaw(): Uint8Array {
    const data = Buffer.allocUnsafeSlow(this.#lastDataBytes);
    this.#body.copy(data, 0, this.#bodyBytes - this.#lastDataBytes, this.#bodyBytes);
    this.reset();
    return data;
  }

  reset(): void {
    this.#keys.reset();
    this.#hashKeys.reset();
    this.#tableBytes = 0;
    this.#bodyBytes = 0;
    this.#dataBytes = 0;
    this.#recordCount = 0;
  }

  #write(
    keyIndex: number,
    hashKeyIndex: number,
    inner: number,
    recordBytes: number,
    data: Uint8Array | string,
    dataBytes: number,
  ): void {
    const end = this.#bodyBytes + recordBytes;
    if (end > this.#body.length) this.#grow(end);
    const body = this.#body;
    let at = this.#bodyBytes;
    body[at++] = TAG_RECORD;
    at = writeVarint(body, at, inner);
    body[at++] = TAG_PARTITION_KEY_INDEX;
    at = writeVarint(body, at, keyIndex);
    if (hashKeyIndex >= 0) {
      body[at++] = TAG_EXPLICIT_HASH_KEY_INDEX;
      at = writeVarint(body, at, hashKeyIndex);
    }
    body[at++] = TAG_DATA;
    at = writeVarint(body, at, dataBytes);
    if (typeof data === "string") body.write(data, at, dataBytes, "utf8");
    else body.set(data, at);
    this.#bodyBytes = end;
    this.#lastDataBytes = dataBytes;
    this.#dataBytes += dataBytes;
    this.#recordCount++;
  }

  #grow(neededBytes: number): void {
    const capacity = Math.max(neededBytes, this.#body.length * 2);
    const body = Buffer.allocUnsafeSlow(capacity);
    this.#body.copy(body, 0, 0, this.#bodyBytes);
    this.#body = body;
  }
}

/**
 * One aggregate of all `records`, in order, whatever its size.
 * @param records partition keys well formed, explicit hash keys canonical (see `checkPartitionKey`
 * and `checkExplicitHashKey` of the model).
 */
export function encodeAggregate(records: Iterable<UserRecord>): Uint8Array {
  const builder = new AggregateBuilder();
  for (const record of records) {
    builder.tryAdd(record.partitionKey, record.explicitHashKey, record.data);
  }
  return builder.finish();
}

/** Length in bytes as it will be sent. */
export function byteLengthOf(data: Uint8Array | string): number {
  return typeof data === "string" ? Buffer.byteLength(data, "utf8") : data.length;
}
