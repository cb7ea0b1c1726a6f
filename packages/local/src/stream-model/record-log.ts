/**
 * The records of one shard, oldest first, in chunks. A position counts records since the shard was
 * created and never changes its meaning; trimming moves `firstPosition`. Every search is a binary one.
 */

import { compareSequenceNumbers } from "@shardline/model";
import { MAX_CHUNK_BYTES } from "./chunk-memory.ts";
import { RecordChunk } from "./record-chunk.ts";
import type { WireRecord } from "./wire-record.ts";

/** The first chunk of a shard: most shards of most tests hold little. Each next one is twice as large. */
const MIN_CHUNK_BYTES = 2 * 1024;

export class RecordLog {
  readonly #chunks: RecordChunk[] = [];
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

  /** Memory that the records take, their chunks' free room included. */
  get retainedBytes(): number {
    return this.#retainedSince(this.#chunks[0]);
  }

  /** The same, if everything before the position were dropped. */
  retainedBytesFrom(position: number): number {
    if (position >= this.#endPosition) return 0;
    return this.#retainedSince(this.#chunkOf(position) ?? this.#chunks[0]);
  }

  /** Arrival of the oldest record kept. */
  get firstArrivalMs(): number | undefined {
    return this.#endPosition === this.#firstPosition
      ? undefined
      : this.arrivalMs(this.#firstPosition);
  }

  get lastArrivalMs(): number | undefined {
    const last = this.#chunks.at(-1);
    return last?.arrivalMs(last.length - 1);
  }

  /** @param sizeBytes as the service counts it: data and partition key */
  append(record: WireRecord, sizeBytes: number): void {
    const room = RecordChunk.roomFor(record);
    let chunk = this.#chunks.at(-1);
    if (chunk === undefined || chunk.freeBytes < room) chunk = this.#addChunk(chunk, room);
    this.#endBytes += sizeBytes;
    this.#endPosition++;
    chunk.append(record, this.#endBytes);
  }

  /** Position of the first kept record at this sequence number, or after it. */
  seekSequence(sequenceNumber: string, after: boolean): number {
    return this.#seek((chunk, offset) => {
      const order = compareSequenceNumbers(chunk.sequenceNumber(offset), sequenceNumber);
      return after ? order > 0 : order >= 0;
    });
  }

  /** Position of the first kept record that arrived at `epochMs` or later. */
  seekTime(epochMs: number): number {
    return this.#seek((chunk, offset) => chunk.arrivalMs(offset) >= epochMs);
  }

  sequenceNumberAt(position: number): string | undefined {
    const chunk = this.#chunkOf(position);
    if (chunk === undefined || position >= this.#endPosition) return undefined;
    return chunk.sequenceNumber(position - chunk.firstPosition);
  }

  arrivalMs(position: number): number | undefined {
    const chunk = this.#chunkOf(position);
    if (chunk === undefined || position >= this.#endPosition) return undefined;
    return chunk.arrivalMs(position - chunk.firstPosition);
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
      const over = this.#seek((chunk, offset) => chunk.endBytes(offset) > budget);
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
      if (chunk.firstPosition + chunk.length > until) break;
      whole++;
    }
    for (const chunk of this.#chunks.splice(0, whole)) chunk.release();
    return dropped;
  }

  #retainedSince(first: RecordChunk | undefined): number {
    const last = this.#chunks.at(-1);
    if (first === undefined || last === undefined) return 0;
    return last.firstRetainedBytes + last.retainedBytes - first.firstRetainedBytes;
  }

  #addChunk(last: RecordChunk | undefined, room: number): RecordChunk {
    const doubled = last === undefined ? MIN_CHUNK_BYTES : last.capacityBytes * 2;
    const chunk = new RecordChunk(
      Math.max(room, Math.min(doubled, MAX_CHUNK_BYTES)),
      this.#endPosition,
      this.#endBytes,
      last === undefined ? 0 : last.firstRetainedBytes + last.retainedBytes,
    );
    this.#chunks.push(chunk);
    return chunk;
  }

  #slice(from: number, until: number): readonly WireRecord[] {
    const records: WireRecord[] = [];
    for (let position = from; position < until; ) {
      const chunk = this.#chunkOf(position) as RecordChunk;
      const end = Math.min(chunk.length, until - chunk.firstPosition);
      for (let i = position - chunk.firstPosition; i < end; i++) records.push(chunk.record(i));
      position = chunk.firstPosition + end;
    }
    return records;
  }

  #bytesUntil(position: number): number {
    if (position >= this.#endPosition) return this.#endBytes;
    const chunk = this.#chunkOf(position);
    if (chunk === undefined) return this.#trimmedBytes;
    const offset = position - chunk.firstPosition;
    return offset === 0 ? chunk.firstBytes : chunk.endBytes(offset - 1);
  }

  #chunkOf(position: number): RecordChunk | undefined {
    const found = lowerBound(
      this.#chunks.length,
      (i) => (this.#chunks[i] as RecordChunk).firstPosition > position,
    );
    return this.#chunks[found - 1];
  }

  /** First kept position for which the test holds; it must hold for all after that. */
  #seek(test: (chunk: RecordChunk, offset: number) => boolean): number {
    const chunks = this.#chunks;
    const found = lowerBound(chunks.length, (i) => {
      const chunk = chunks[i] as RecordChunk;
      return test(chunk, chunk.length - 1);
    });
    const chunk = chunks[found];
    if (chunk === undefined) return this.#endPosition;
    const offset = lowerBound(chunk.length, (i) => test(chunk, i));
    return Math.max(this.#firstPosition, chunk.firstPosition + offset);
  }
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
