/**
 * Kinesis records in, bounded batches of user records out: aggregates are opened, what the
 * checkpoint already covers is dropped, and everything else that is left out is reported.
 *
 * The KCL drops a whole aggregate if one member's hash key lies outside the shard's range; so does
 * `hashRangePolicy: "kcl"`. The default delivers them and says so.
 */

import { type DecodeOptions, decodeAggregate, KCL_DECODING } from "@shardline/aggregation";
import {
  type Checkpoint,
  compareCheckpoints,
  compareSequenceNumbers,
  type HashKeyRange,
  hashKeyOf,
  isSentinel,
  type KinesisRecord,
  type ReceivedRecord,
  rangeContains,
} from "@shardline/model";

export type HashRangePolicy = "deliver" | "kcl";

export interface UnpackConfig {
  readonly shardId: string;
  readonly hashKeyRange: HashKeyRange | undefined;
  readonly hashRangePolicy: HashRangePolicy;
}

export type Finding =
  /** It has the mark of an aggregate but is none; delivered as one plain record. */
  | {
      readonly kind: "malformed";
      readonly sequenceNumber: string;
      readonly reason: "checksum" | "unparsable" | "too-many-records";
    }
  /** Members whose hash key the shard does not own; delivered unless `dropped` says otherwise. */
  | {
      readonly kind: "out-of-range";
      readonly sequenceNumber: string;
      readonly records: number;
      readonly dropped: number;
    }
  /** Members that name a key which their aggregate does not have: there is nothing to deliver. */
  | { readonly kind: "damaged"; readonly sequenceNumber: string; readonly dropped: number }
  /** A record at or before one that was delivered already. */
  | { readonly kind: "repeated"; readonly sequenceNumber: string };

export interface Unpacked {
  readonly records: readonly ReceivedRecord[];
  readonly bytes: number;
  readonly findings: readonly Finding[];
}

export interface BatchLimits {
  readonly maxRecords: number;
  readonly maxBytes: number;
}

const NOTHING: readonly ReceivedRecord[] = [];

export class Unpacker {
  readonly #config: UnpackConfig;
  readonly #decoding: DecodeOptions;
  /** Records at or before it were processed before this tenure. */
  readonly #start: Checkpoint;
  readonly #queue: KinesisRecord[] = [];
  #queueHead = 0;
  /** The opened head of the queue, from `#openedIndex` on. */
  #opened: readonly ReceivedRecord[] = NOTHING;
  #openedIndex = 0;
  #lastSequenceNumber: string | undefined;
  #findings: Finding[] = [];

  constructor(config: UnpackConfig, start: Checkpoint) {
    this.#config = config;
    this.#start = start;
    const { hashKeyRange, hashRangePolicy } = config;
    this.#decoding =
      hashRangePolicy === "kcl" && hashKeyRange !== undefined
        ? { ...KCL_DECODING, range: hashKeyRange }
        : {};
  }

  add(records: readonly KinesisRecord[]): void {
    for (const record of records) this.#queue.push(record);
  }

  /** Undefined when all that was added has been given out. */
  next({ maxRecords, maxBytes }: BatchLimits): Unpacked | undefined {
    const records: ReceivedRecord[] = [];
    let bytes = 0;
    while (records.length < maxRecords && (bytes < maxBytes || records.length === 0)) {
      const record = this.#opened[this.#openedIndex];
      if (record === undefined) {
        if (!this.#openNext()) break;
        continue;
      }
      const size = record.data.length;
      if (records.length > 0 && bytes + size > maxBytes) break;
      this.#openedIndex++;
      bytes += size;
      records.push(record);
    }
    const findings = this.#findings;
    if (records.length === 0 && findings.length === 0) return undefined;
    this.#findings = [];
    return { records, bytes, findings };
  }

  #openNext(): boolean {
    const record = this.#queue[this.#queueHead];
    if (record === undefined) {
      this.#queue.length = 0;
      this.#queueHead = 0;
      this.#opened = NOTHING;
      this.#openedIndex = 0;
      return false;
    }
    this.#queueHead++;
    this.#openedIndex = 0;
    this.#opened = this.#isRepeated(record) ? NOTHING : this.#open(record);
    return true;
  }

  #isRepeated({ sequenceNumber }: KinesisRecord): boolean {
    const last = this.#lastSequenceNumber;
    if (last !== undefined && compareSequenceNumbers(sequenceNumber, last) <= 0) {
      this.#findings.push({ kind: "repeated", sequenceNumber });
      return true;
    }
    this.#lastSequenceNumber = sequenceNumber;
    const start = this.#start;
    return (
      !isSentinel(start.sequenceNumber) &&
      compareSequenceNumbers(sequenceNumber, start.sequenceNumber) < 0
    );
  }

  #open(record: KinesisRecord): readonly ReceivedRecord[] {
    const { sequenceNumber } = record;
    const decoded = decodeAggregate(record.data, this.#decoding);
    if (decoded.kind === "plain") {
      if (decoded.reason !== "no-magic") {
        this.#findings.push({ kind: "malformed", sequenceNumber, reason: decoded.reason });
      }
      const plain = this.#received(record, 0, false, record.partitionKey, undefined, record.data);
      return this.#isAfterStart(plain) ? [plain] : NOTHING;
    }
    const records: ReceivedRecord[] = [];
    for (const { subSequenceNumber, partitionKey, explicitHashKey, data } of decoded.records) {
      records.push(
        this.#received(record, subSequenceNumber, true, partitionKey, explicitHashKey, data),
      );
    }
    const outOfRange = decoded.outOfRange > 0 ? decoded.outOfRange : this.#probe(records);
    const droppedByRange =
      this.#config.hashRangePolicy === "kcl" && decoded.outOfRange > 0 ? decoded.dropped : 0;
    if (outOfRange > 0) {
      this.#findings.push({
        kind: "out-of-range",
        sequenceNumber,
        records: outOfRange,
        dropped: droppedByRange,
      });
    }
    const damaged = decoded.dropped - droppedByRange;
    if (damaged > 0) this.#findings.push({ kind: "damaged", sequenceNumber, dropped: damaged });
    if (sequenceNumber !== this.#start.sequenceNumber) return records;
    return records.filter((candidate) => this.#isAfterStart(candidate));
  }

  /**
   * Hashing every key would cost more than all the rest of the way, so where nothing is dropped only
   * the first and the last member are hashed, and the others once one of these is out of range.
   */
  #probe(records: readonly ReceivedRecord[]): number {
    const range = this.#config.hashKeyRange;
    const [first] = records;
    const last = records.at(-1);
    if (range === undefined || first === undefined || last === undefined) return 0;
    if (!isOutside(first, range) && (records.length === 1 || !isOutside(last, range))) return 0;
    return records.filter((record) => isOutside(record, range)).length;
  }

  #isAfterStart(record: ReceivedRecord): boolean {
    return isSentinel(this.#start.sequenceNumber) || compareCheckpoints(record, this.#start) > 0;
  }

  #received(
    record: KinesisRecord,
    subSequenceNumber: number,
    aggregated: boolean,
    partitionKey: string,
    explicitHashKey: string | undefined,
    data: Uint8Array,
  ): ReceivedRecord {
    return {
      shardId: this.#config.shardId,
      sequenceNumber: record.sequenceNumber,
      subSequenceNumber,
      partitionKey,
      explicitHashKey,
      data,
      approximateArrivalTimestampMs: record.approximateArrivalTimestampMs,
      aggregated,
    };
  }
}

/** An explicit hash key that is no number is nobody's and cannot be judged. */
function isOutside(record: ReceivedRecord, range: HashKeyRange): boolean {
  const { explicitHashKey } = record;
  if (explicitHashKey !== undefined && !/^[0-9]{1,39}$/.test(explicitHashKey)) return true;
  return !rangeContains(range, hashKeyOf(record.partitionKey, explicitHashKey));
}
