/**
 * The records of an answer in the form in which the service writes them, straight from its bytes:
 * no text is made of short data, and no object but the record. All that is not in that form is left
 * to JSON.parse, so this need not know all of JSON; it must only never see in something what
 * JSON.parse would not.
 */

import type { KinesisRecord } from "@shardline/model";
import { needTime } from "./answer.ts";
import { Base64Reader } from "./base64.ts";

export interface Scanned {
  readonly records: KinesisRecord[];
  /** The answer with an empty list where they were. */
  readonly rest: string;
}

const OPENING = Buffer.from('"Records":[');
const CLOSED = '"Records":[]';

const SEQUENCE_NUMBER = Buffer.from('"SequenceNumber":"');
const ARRIVAL = Buffer.from('"ApproximateArrivalTimestamp":');
const DATA = Buffer.from('"Data":"');
const PARTITION_KEY = Buffer.from('"PartitionKey":"');
const ENCRYPTION_TYPE = Buffer.from('"EncryptionType":"');

const QUOTE = 0x22;
const COMMA = 0x2c;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const UPPER_E = 0x45;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

const MAX_SEQUENCE_DIGITS = 129;
/** Up to here seconds in floating point, times 1,000 and rounded, are what the digits say. */
const MAX_EXACT_MS = 1e15;
const POWERS: readonly number[] = [1, 10, 100, 1000];

/** Undefined: JSON.parse is to say what this is. */
export function scanGetRecords(body: Buffer): Scanned | undefined {
  const start = body.indexOf(OPENING);
  if (start < 1 || body[0] !== OPEN_BRACE) return undefined;
  // Inside another object it would be another member, and after an escape the end of another name.
  const inner = body.indexOf(OPEN_BRACE, 1);
  if (inner !== -1 && inner < start) return undefined;
  if (start > 1 && body[start - 1] !== COMMA) return undefined;
  try {
    const scanner = new RecordsScanner(body, start + OPENING.length);
    const records = scanner.records();
    const tail = body.toString("utf8", scanner.at);
    // A later member of that name would count instead.
    if (tail.includes("\\") || tail.includes('"Records"')) return undefined;
    return { records, rest: body.toString("utf8", 0, start) + CLOSED + tail };
  } catch {
    return undefined;
  }
}

class Unusual extends Error {}

class RecordsScanner {
  readonly #body: Buffer;
  readonly #base64 = new Base64Reader();
  at: number;

  constructor(body: Buffer, at: number) {
    this.#body = body;
    this.at = at;
  }

  /** The list up to and with its bracket. */
  records(): KinesisRecord[] {
    const records: KinesisRecord[] = [];
    if (this.#body[this.at] === CLOSE_BRACKET) {
      this.at++;
      return records;
    }
    for (;;) {
      records.push(this.#record());
      const next = this.#body[this.at++];
      if (next === CLOSE_BRACKET) return records;
      if (next !== COMMA) throw new Unusual();
    }
  }

  #record(): KinesisRecord {
    let sequenceNumber: string | undefined;
    let partitionKey: string | undefined;
    let data: Uint8Array | undefined;
    let approximateArrivalTimestampMs = 0;
    let encryptionType: string | undefined;
    if (this.#body[this.at] !== OPEN_BRACE) throw new Unusual();
    do {
      this.at++;
      // The second character of a name tells which it may be.
      switch (this.#body[this.at + 1] ?? 0) {
        case 0x53:
          sequenceNumber = this.#sequenceNumber();
          break;
        case 0x41:
          approximateArrivalTimestampMs = this.#arrivalMs();
          break;
        case 0x44:
          data = this.#data();
          break;
        case 0x50:
          partitionKey = this.#text(PARTITION_KEY);
          break;
        case 0x45:
          encryptionType = this.#text(ENCRYPTION_TYPE);
          break;
        default:
          throw new Unusual();
      }
    } while (this.#body[this.at] === COMMA);
    if (this.#body[this.at++] !== CLOSE_BRACE) throw new Unusual();
    if (sequenceNumber === undefined || partitionKey === undefined || data === undefined) {
      throw new Unusual();
    }
    const record = { sequenceNumber, partitionKey, data, approximateArrivalTimestampMs };
    return encryptionType === undefined ? record : { ...record, encryptionType };
  }

  #expect(name: Buffer): void {
    const body = this.#body;
    const start = this.at;
    for (let i = 0; i < name.length; i++) {
      if (body[start + i] !== name[i]) throw new Unusual();
    }
    this.at = start + name.length;
  }

  /** As `isSequenceNumber` would have it. */
  #sequenceNumber(): string {
    this.#expect(SEQUENCE_NUMBER);
    const body = this.#body;
    const start = this.at;
    let end = start;
    while ((body[end] as number) >= ZERO && (body[end] as number) <= NINE) end++;
    const digits = end - start;
    const leadingZero = body[start] === ZERO && digits > 1;
    if (body[end] !== QUOTE || digits === 0 || digits > MAX_SEQUENCE_DIGITS || leadingZero) {
      throw new Unusual();
    }
    this.at = end + 1;
    return body.toString("latin1", start, end);
  }

  #data(): Uint8Array {
    this.#expect(DATA);
    const end = this.#body.indexOf(QUOTE, this.at);
    if (end === -1) throw new Unusual();
    const data = this.#base64.read(this.#body, this.at, end);
    if (data === undefined) throw new Unusual();
    this.at = end + 1;
    return data;
  }

  #text(name: Buffer): string {
    this.#expect(name);
    const body = this.#body;
    const start = this.at;
    let end = start;
    let ascii = true;
    for (; body[end] !== QUOTE; end++) {
      const byte = body[end];
      if (byte === undefined || byte < 0x20) throw new Unusual();
      if (byte === BACKSLASH) return this.#escaped(start);
      if (byte > 0x7e) ascii = false;
    }
    this.at = end + 1;
    return body.toString(ascii ? "latin1" : "utf8", start, end);
  }

  #escaped(start: number): string {
    const body = this.#body;
    let end = start;
    for (; body[end] !== QUOTE; end++) {
      if (body[end] === BACKSLASH) end++;
      if (end >= body.length) throw new Unusual();
    }
    this.at = end + 1;
    // Throws what makes the whole answer unusual.
    return JSON.parse(body.toString("utf8", start - 1, end + 1)) as string;
  }

  /**
   * Seconds, as the service's Java (`1.767225600123E9`) and others (`1767225600.123`) write them: the
   * digits are the milliseconds, unless there are finer ones.
   */
  #arrivalMs(): number {
    this.#expect(ARRIVAL);
    const body = this.#body;
    const start = this.at;
    let end = start;
    let digits = 0;
    let decimals = 0;
    let point = 0;
    for (; ; end++) {
      const digit = (body[end] as number) - ZERO;
      if (digit >= 0 && digit <= 9) {
        digits = digits * 10 + digit;
        decimals += point;
      } else if (body[end] === DOT && point === 0) {
        point = 1;
      } else {
        break;
      }
    }
    let power = 3 - decimals;
    if (body[end] === UPPER_E) {
      const exponent = (body[end + 1] as number) - ZERO;
      power = exponent >= 0 && exponent <= 9 ? power + exponent : Number.NaN;
      end += 2;
    }
    const ms = digits * (POWERS[power] ?? Number.NaN);
    const first = body[start] as number;
    const wellFormed = first > ZERO && first <= NINE && (point === 0 || decimals > 0);
    const ended = body[end] === COMMA || body[end] === CLOSE_BRACE;
    if (!wellFormed || !ended || !(ms <= MAX_EXACT_MS)) return this.#anyArrivalMs(start);
    this.at = end;
    return ms;
  }

  #anyArrivalMs(start: number): number {
    const body = this.#body;
    let end = start;
    while (body[end] !== COMMA && body[end] !== CLOSE_BRACE) {
      if (end++ >= body.length) throw new Unusual();
    }
    const seconds: unknown = JSON.parse(body.toString("latin1", start, end));
    if (typeof seconds !== "number") throw new Unusual();
    this.at = end;
    return needTime(Math.round(seconds * 1000));
  }
}
