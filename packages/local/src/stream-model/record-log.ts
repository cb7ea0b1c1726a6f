/**
 * The records of one shard, oldest first, in chunks. A position counts records since the shard was
 * created and never changes its meaning; trimming moves `firstPosition`. Reading hands out
 * references; every search is a binary one.
 */

import { compareSequenceNumbers } from "@shardline/model";
import type { WireRecord } from "./wire-record.ts";

const MAX_CHUNK_RECORDS = 1024;
const MAX_CHUNK_BYTES = 1024 * 1024;

interface Chunk {
  readonly firstPosition: number;
  readonly firstBytes: number;
  readonly records: WireRecord[];
  /** Bytes of the shard up to and including each record, since it was created. */
  readonly endBytes: number[];
}

export class RecordLog {
  readonly #chunks: Chunk[] = [];
  #firstPosition = 0;
  #trimmedBytes = 0;
  #endPosition = 0;
  #endBytes = 0;

  get firstPosition(): number {
    return this.#firstPosition;
  }

  /** One past the last record. */
  get endPosition(): number {
    return this.#endPosition;
  }

  get bytes(): number {
    return this.#endBytes - this.#trimmedBytes;
  }

  /** Arrival of the oldest record kept. */
  get firstArrivalMs(): number | undefined {
    return this.#endPosition === this.#firstPosition
      ? undefined
      : this.arrivalMs(this.#firstPosition);
  }

  get lastArrivalMs(): number | undefined {
    const last = this.#chunks.at(-1)?.records.at(-1);
    return last?.ApproximateArrivalTimestamp.epochMs;
  }

  append(record: WireRecord, sizeBytes: number): void {
    let chunk = this.#chunks.at(-1);
    if (
      chunk === undefined ||
      chunk.records.length >= MAX_CHUNK_RECORDS ||
      this.#endBytes - chunk.firstBytes >= MAX_CHUNK_BYTES
    ) {
      chunk = {
        firstPosition: this.#endPosition,
        firstBytes: this.#endBytes,
        records: [],
        endBytes: [],
      };
      this.#chunks.push(chunk);
    }
    this.#endBytes += sizeBytes;
    this.#endPosition++;
    chunk.records.push(record);
    chunk.endBytes.push(this.#endBytes);
  }

  /** Position of the first kept record at this sequence number, or after it. */
  seekSequence(sequenceNumber: string, after: boolean): number {
    return this.#seek((chunk, offset) => {
      const order = compareSequenceNumbers(
        (chunk.records[offset] as WireRecord).SequenceNumber,
        sequenceNumber,
      );
      return after ? order > 0 : order >= 0;
    });
  }

  /** Position of the first kept record that arrived at `epochMs` or later. */
  seekTime(epochMs: number): number {
    return this.#seek((chunk, offset) => arrivalAt(chunk, offset) >= epochMs);
  }

  recordAt(position: number): WireRecord | undefined {
    const chunk = this.#chunkOf(position);
    return chunk?.records[position - chunk.firstPosition];
  }

  arrivalMs(position: number): number | undefined {
    return this.recordAt(position)?.ApproximateArrivalTimestamp.epochMs;
  }

  /** Bytes kept before the position. */
  bytesBefore(position: number): number {
    if (position <= this.#firstPosition) return 0;
    return this.#bytesUntil(position) - this.#trimmedBytes;
  }

  /** At least one record if there is one, and no more than fit both bounds. */
  read(position: number, maxRecords: number, maxBytes: number): readonly WireRecord[] {
    const from = Math.max(position, this.#firstPosition);
    let until = Math.min(this.#endPosition, from + maxRecords);
    if (from >= until) return [];
    const budget = this.#bytesUntil(from) + maxBytes;
    if (this.#bytesUntil(until) > budget) {
      const over = this.#seek((chunk, offset) => (chunk.endBytes[offset] as number) > budget);
      until = Math.max(from + 1, Math.min(until, over));
    }
    return this.#slice(from, until);
  }

  /** Drops everything before the position; returns how many records went. */
  trimBefore(position: number): number {
    const until = Math.min(position, this.#endPosition);
    const dropped = until - this.#firstPosition;
    if (dropped <= 0) return 0;
    this.#trimmedBytes = this.#bytesUntil(until);
    this.#firstPosition = until;
    let whole = 0;
    for (const chunk of this.#chunks) {
      if (chunk.firstPosition + chunk.records.length > until) break;
      whole++;
    }
    this.#chunks.splice(0, whole);
    return dropped;
  }

  #slice(from: number, until: number): readonly WireRecord[] {
    const parts: WireRecord[][] = [];
    for (let position = from; position < until; ) {
      const chunk = this.#chunkOf(position) as Chunk;
      const part = chunk.records.slice(position - chunk.firstPosition, until - chunk.firstPosition);
      parts.push(part);
      position += part.length;
    }
    return parts.length === 1 ? (parts[0] as WireRecord[]) : parts.flat();
  }

  #bytesUntil(position: number): number {
    if (position >= this.#endPosition) return this.#endBytes;
    const chunk = this.#chunkOf(position);
    if (chunk === undefined) return this.#trimmedBytes;
    const offset = position - chunk.firstPosition;
    return offset === 0 ? chunk.firstBytes : (chunk.endBytes[offset - 1] as number);
  }

  #chunkOf(position: number): Chunk | undefined {
    const found = lowerBound(
      this.#chunks.length,
      (i) => (this.#chunks[i] as Chunk).firstPosition > position,
    );
    return this.#chunks[found - 1];
  }

  /** First kept position for which the test holds; it must hold for all after that. */
  #seek(test: (chunk: Chunk, offset: number) => boolean): number {
    const chunks = this.#chunks;
    const found = lowerBound(chunks.length, (i) => {
      const chunk = chunks[i] as Chunk;
      return test(chunk, chunk.records.length - 1);
    });
    const chunk = chunks[found];
    if (chunk === undefined) return this.#endPosition;
    const offset = lowerBound(chunk.records.length, (i) => test(chunk, i));
    return Math.max(this.#firstPosition, chunk.firstPosition + offset);
  }
}

function arrivalAt(chunk: Chunk, offset: number): number {
  return (chunk.records[offset] as WireRecord).ApproximateArrivalTimestamp.epochMs;
}

/** The least i in [0, length] for which the test holds from there on. */
export function lowerBound(length: number, test: (index: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (test(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
