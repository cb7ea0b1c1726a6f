import {
  type HashKey,
  type HashKeyRange,
  hashKeyFromDecimal,
  hashKeyOfPartitionKey,
  MAX_HASH_KEY_DECIMAL,
  rangeContains,
} from "@shardline/model";
import {
  type Envelope,
  NO_INDEX,
  type PlainReason,
  parseEnvelope,
  RECORD_STRIDE,
} from "./envelope.ts";

/** A user record out of an aggregate. */
export interface AggregatedRecord {
  /** Index in the aggregate, from 0. KCL counterpart: subSequenceNumber. */
  readonly subSequenceNumber: number;
  readonly partitionKey: string;
  readonly explicitHashKey: string | undefined;
  /** A view into the aggregate's bytes, not a copy. */
  readonly data: Uint8Array;
}

export interface DecodeOptions {
  /** The hash-key range of the shard that the aggregate was read from. Absent: nothing is out of range. */
  readonly range?: HashKeyRange | undefined;
  /**
   * What to do when a user record's hash key lies outside `range`, as it does in an aggregate written
   * for a shard that was split in between: `deliver` (default) keeps it, `drop-record` leaves it out,
   * `drop-aggregate` leaves out the whole aggregate, as the KCL does.
   */
  readonly outOfRange?: "deliver" | "drop-record" | "drop-aggregate";
  /**
   * What to do with the records after one that names a key that its aggregate does not have:
   * `keep` (default) or `drop`, as the KCL does. The damaged record itself cannot be delivered.
   */
  readonly afterDamaged?: "keep" | "drop";
}

/** Reads as the KCL 3 does, given the `range` of the shard. */
export const KCL_DECODING: {
  readonly outOfRange: "drop-aggregate";
  readonly afterDamaged: "drop";
} = {
  outOfRange: "drop-aggregate",
  afterDamaged: "drop",
};

export type Decoded =
  /** The bytes are one record as they stand. */
  | { readonly kind: "plain"; readonly reason: PlainReason }
  | {
      readonly kind: "aggregate";
      readonly records: readonly AggregatedRecord[];
      /** User records in the aggregate, delivered or not. */
      readonly total: number;
      /** How many lie outside the range as far as they were looked at, whatever was done with them. */
      readonly outOfRange: number;
      /** How many name a key that is not there, or have no readable explicit hash key. */
      readonly damaged: number;
      /** `total - records.length`: what the caller must account for. */
      readonly dropped: number;
    };

/**
 * The user records in the data of a Kinesis record. Total: any bytes give an answer, in time linear in
 * their number. What is left out is counted, never silent.
 */
export function decodeAggregate(bytes: Uint8Array, options: DecodeOptions = {}): Decoded {
  const envelope = parseEnvelope(bytes);
  if (typeof envelope === "string") return { kind: "plain", reason: envelope };
  return options.range === undefined && options.afterDamaged !== "drop"
    ? readAll(envelope)
    : readChecked(envelope, options);
}

class Table {
  readonly #bytes: Uint8Array;
  readonly #spans: readonly number[];
  readonly #texts: (string | undefined)[];
  readonly #hashes: (HashKey | undefined)[] = [];

  constructor(bytes: Uint8Array, spans: readonly number[]) {
    this.#bytes = bytes;
    this.#spans = spans;
    this.#texts = new Array<string | undefined>(spans.length / 2).fill(undefined);
  }

  has(index: number): boolean {
    return index >= 0 && index < this.#texts.length;
  }

  text(index: number): string {
    const known = this.#texts[index];
    if (known !== undefined) return known;
    const text = readText(
      this.#bytes,
      this.#spans[2 * index] as number,
      this.#spans[2 * index + 1] as number,
    );
    this.#texts[index] = text;
    return text;
  }

  hash(index: number, of: (text: string) => HashKey): HashKey {
    const known = this.#hashes[index];
    if (known !== undefined) return known;
    const hashKey = of(this.text(index));
    this.#hashes[index] = hashKey;
    return hashKey;
  }
}

function readAll(envelope: Envelope): Decoded {
  const keys = new Table(envelope.bytes, envelope.keys);
  const hashKeys = new Table(envelope.bytes, envelope.explicitHashKeys);
  const { records: source } = envelope;
  const total = source.length / RECORD_STRIDE;
  const records: AggregatedRecord[] = [];
  for (let i = 0; i < total; i++) {
    if (!isSound(source, i, keys, hashKeys)) continue;
    records.push(recordAt(envelope, i, keys, hashKeys));
  }
  const dropped = total - records.length;
  return { kind: "aggregate", records, total, outOfRange: 0, damaged: dropped, dropped };
}

function readChecked(envelope: Envelope, options: DecodeOptions): Decoded {
  const keys = new Table(envelope.bytes, envelope.keys);
  const hashKeys = new Table(envelope.bytes, envelope.explicitHashKeys);
  const { records: source } = envelope;
  const total = source.length / RECORD_STRIDE;
  let records: AggregatedRecord[] = [];
  let outOfRange = 0;
  let damaged = 0;
  for (let i = 0; i < total; i++) {
    const sound = isSound(source, i, keys, hashKeys);
    const hashKey = sound ? hashKeyAt(source, i, keys, hashKeys) : undefined;
    if (hashKey === undefined) {
      damaged++;
      if (options.afterDamaged === "drop") break;
      // An explicit hash key that is no number is still a text that can be delivered.
      if (sound) records.push(recordAt(envelope, i, keys, hashKeys));
      continue;
    }
    if (options.range !== undefined && !rangeContains(options.range, hashKey)) {
      outOfRange++;
      if (options.outOfRange === "drop-aggregate") {
        records = [];
        break;
      }
      if (options.outOfRange === "drop-record") continue;
    }
    records.push(recordAt(envelope, i, keys, hashKeys));
  }
  const dropped = total - records.length;
  return { kind: "aggregate", records, total, outOfRange, damaged, dropped };
}

function isSound(source: readonly number[], i: number, keys: Table, hashKeys: Table): boolean {
  const hashKeyIndex = source[i * RECORD_STRIDE + 1] as number;
  return (
    keys.has(source[i * RECORD_STRIDE] as number) &&
    (hashKeyIndex === NO_INDEX || hashKeys.has(hashKeyIndex))
  );
}

function hashKeyAt(
  source: readonly number[],
  i: number,
  keys: Table,
  hashKeys: Table,
): HashKey | undefined {
  const hashKeyIndex = source[i * RECORD_STRIDE + 1] as number;
  if (hashKeyIndex === NO_INDEX) {
    return keys.hash(source[i * RECORD_STRIDE] as number, hashKeyOfPartitionKey);
  }
  const text = hashKeys.text(hashKeyIndex);
  return /^[+-]?[0-9]+$/.test(text) ? hashKeys.hash(hashKeyIndex, hashKeyOfText) : undefined;
}

/** A number beyond the key space lies outside every shard's range. */
function hashKeyOfText(text: string): HashKey {
  const digits = text.replace(/^[+-]?0*(?=[0-9])/, "");
  if (text.startsWith("-") && digits !== "0") return BEYOND_EVERY_RANGE;
  const { length } = MAX_HASH_KEY_DECIMAL;
  const beyond =
    digits.length > length || (digits.length === length && digits > MAX_HASH_KEY_DECIMAL);
  return beyond ? BEYOND_EVERY_RANGE : hashKeyFromDecimal(digits);
}

/** Sorts after the last hash key. */
const BEYOND_EVERY_RANGE: HashKey = "g";

function recordAt(envelope: Envelope, i: number, keys: Table, hashKeys: Table): AggregatedRecord {
  const { bytes, records } = envelope;
  const at = i * RECORD_STRIDE;
  const hashKeyIndex = records[at + 1] as number;
  return {
    subSequenceNumber: i,
    partitionKey: keys.text(records[at] as number),
    explicitHashKey: hashKeyIndex === NO_INDEX ? undefined : hashKeys.text(hashKeyIndex),
    // Cheaper than subarray(), which asks the array for its species.
    data: new Uint8Array(
      bytes.buffer,
      bytes.byteOffset + (records[at + 2] as number),
      (records[at + 3] as number) - (records[at + 2] as number),
    ),
  };
}

const SHORT_TEXT = 24;
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

function readText(bytes: Uint8Array, start: number, end: number): string {
  if (end - start <= SHORT_TEXT) {
    let text = "";
    let i = start;
    for (; i < end; i++) {
      const byte = bytes[i] as number;
      if (byte >= 0x80) break;
      text += String.fromCharCode(byte);
    }
    if (i === end) return text;
  }
  return decoder.decode(bytes.subarray(start, end));
}
