/**
 * Records of one shard that follow one another, laid out in one piece of memory. Records at rest are
 * by far the most that a server holds: as objects, the garbage collector would copy each of them
 * twice and look at it again in every cycle. Here it sees one buffer and two lists of small integers.
 *
 * A record: arrival (8) | data length (4) | key length (4) | number length (1) | flags (1) | number | key | data
 */

import { giveBackChunkMemory, takeChunkMemory } from "./chunk-memory.ts";
import { type Payload, payloadLength, writePayload } from "./payload.ts";
import { Timestamp } from "./timestamp.ts";
import type { WireRecord } from "./wire-record.ts";

const DATA_LENGTH_AT = 8;
const KEY_LENGTH_AT = 12;
const NUMBER_LENGTH_AT = 16;
const FLAGS_AT = 17;
const HEADER_BYTES = 18;

const HAS_KEY = 1;
/** Two bytes a character, which also keeps what is no valid Unicode. Other keys take one. */
const WIDE_KEY = 2;
const ENCRYPTED = 4;

/** The objects of a chunk. */
const CHUNK_OVERHEAD_BYTES = 512;
/** A record's entries in the two lists, which grow by half. */
const ENTRY_OVERHEAD_BYTES = 24;

// oxlint-disable-next-line no-control-regex -- all of ASCII
const NOT_ASCII = /[^\0-\x7f]/;

export class RecordChunk {
  /** Of its first record. */
  readonly firstPosition: number;
  /** Of the shard before the first record, since it was created. */
  readonly firstBytes: number;
  /** What the chunks of the shard before this one took. */
  readonly firstRetainedBytes: number;
  readonly #memory: Buffer;
  readonly #view: DataView;
  readonly #offsets: number[] = [];
  /** Bytes of the chunk up to and including each record, as the service counts them. */
  readonly #endBytes: number[] = [];
  #used = 0;
  /** Views of the memory were given away, and nobody knows for how long. */
  #isShared = false;

  constructor(
    capacityBytes: number,
    firstPosition: number,
    firstBytes: number,
    firstRetainedBytes: number,
  ) {
    this.#memory = takeChunkMemory(capacityBytes);
    this.#view = new DataView(this.#memory.buffer);
    this.firstPosition = firstPosition;
    this.firstBytes = firstBytes;
    this.firstRetainedBytes = firstRetainedBytes;
  }

  /** How much of a chunk's capacity the record takes. */
  static roomFor(record: WireRecord): number {
    const { SequenceNumber, PartitionKey = "", Data } = record;
    const keyBytes = PartitionKey.length * (NOT_ASCII.test(PartitionKey) ? 2 : 1);
    return HEADER_BYTES + SequenceNumber.length + keyBytes + payloadLength(Data);
  }

  get capacityBytes(): number {
    return this.#memory.length;
  }

  get freeBytes(): number {
    return this.#memory.length - this.#used;
  }

  get length(): number {
    return this.#offsets.length;
  }

  get retainedBytes(): number {
    return this.#memory.length + CHUNK_OVERHEAD_BYTES + this.#offsets.length * ENTRY_OVERHEAD_BYTES;
  }

  /** Bytes of the shard up to and including the record, since it was created. */
  endBytes(index: number): number {
    return this.firstBytes + (this.#endBytes[index] as number);
  }

  /** There must be room. */
  append(record: WireRecord, endBytes: number): void {
    const memory = this.#memory;
    const at = this.#used;
    const { SequenceNumber, PartitionKey } = record;
    let end = at + HEADER_BYTES;
    end += memory.write(SequenceNumber, end, "latin1");
    let flags = record.EncryptionType === undefined ? 0 : ENCRYPTED;
    const keyAt = end;
    if (PartitionKey !== undefined) {
      const isWide = NOT_ASCII.test(PartitionKey);
      flags |= HAS_KEY | (isWide ? WIDE_KEY : 0);
      end += isWide
        ? memory.write(PartitionKey, end, "utf16le")
        : writeAscii(PartitionKey, memory, end);
    }
    const dataLength = writePayload(record.Data, memory, end);
    const view = this.#view;
    view.setFloat64(at, record.ApproximateArrivalTimestamp.epochMs);
    view.setUint32(at + DATA_LENGTH_AT, dataLength);
    view.setUint32(at + KEY_LENGTH_AT, end - keyAt);
    memory[at + NUMBER_LENGTH_AT] = SequenceNumber.length;
    memory[at + FLAGS_AT] = flags;
    this.#offsets.push(at);
    this.#endBytes.push(endBytes - this.firstBytes);
    this.#used = end + dataLength;
  }

  sequenceNumber(index: number): string {
    const at = this.#offsets[index] as number;
    const begin = at + HEADER_BYTES;
    return this.#memory.toString(
      "latin1",
      begin,
      begin + (this.#memory[at + NUMBER_LENGTH_AT] as number),
    );
  }

  arrivalMs(index: number): number {
    return this.#view.getFloat64(this.#offsets[index] as number);
  }

  /** The data is a view of the chunk's memory. */
  record(index: number): WireRecord {
    this.#isShared = true;
    const memory = this.#memory;
    const at = this.#offsets[index] as number;
    const flags = memory[at + FLAGS_AT] as number;
    const keyAt = at + HEADER_BYTES + (memory[at + NUMBER_LENGTH_AT] as number);
    const dataAt = keyAt + this.#view.getUint32(at + KEY_LENGTH_AT);
    const dataLength = this.#view.getUint32(at + DATA_LENGTH_AT);
    const Data: Payload = new Uint8Array(memory.buffer, dataAt, dataLength);
    const SequenceNumber = this.sequenceNumber(index);
    const ApproximateArrivalTimestamp = new Timestamp(this.#view.getFloat64(at));
    const encoding = (flags & WIDE_KEY) === 0 ? "latin1" : "utf16le";
    return {
      SequenceNumber,
      ApproximateArrivalTimestamp,
      Data,
      ...((flags & HAS_KEY) !== 0 && { PartitionKey: memory.toString(encoding, keyAt, dataAt) }),
      ...((flags & ENCRYPTED) !== 0 && { EncryptionType: "KMS" as const }),
    };
  }

  /** The chunk is of no use after this. */
  release(): void {
    if (!this.#isShared) giveBackChunkMemory(this.#memory);
  }
}

/** For texts of this length a call out of JavaScript costs several times as much. */
function writeAscii(text: string, memory: Buffer, at: number): number {
  for (let i = 0; i < text.length; i++) memory[at + i] = text.charCodeAt(i);
  return text.length;
}
