/**
 * PutRecords bodies are nearly all base64, and nearly all of one form. JSON.parse looks at each byte
 * of them twice and looks up each short text in a table; here the end of a value is found by the
 * next quote, as long as a body is of that form.
 */

import { ByteRange } from "../operations/operation.ts";

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_STRUCTURE = 0x7b;
const CLOSE_STRUCTURE = 0x7d;
const SPACE = 0x20;
const EQUALS = 0x3d;
const DASH = 0x2d;
const UNDERSCORE = 0x5f;

/** Far below what the garbage collector gives memory of its own. */
const WINDOW_BYTES = 32 * 1024;

interface Entry {
  readonly Data: ByteRange | undefined;
  readonly PartitionKey: string | undefined;
  readonly ExplicitHashKey: string | undefined;
}

/**
 * Gives what `JSON.parse` gives for the body of a PutRecords call, but `Data` as bytes, which take
 * the place of their text in the body; undefined, and the body as good as it was, where it is not
 * of the usual form (a structure of texts without escapes, and a list of such structures called
 * Records) and JSON.parse is to be asked, also for what is wrong with it.
 */
export function parsePutRecords(body: Buffer): Record<string, unknown> | undefined {
  const reader = new Reader(body);
  const input = readInput(reader);
  if (input === undefined) reader.restore();
  return input;
}

function readInput(reader: Reader): Record<string, unknown> | undefined {
  if (!reader.take(OPEN_STRUCTURE)) return undefined;
  const input: Record<string, unknown> = {};
  do {
    const name = MEMBERS.find(({ bytes }) => reader.takeName(bytes))?.name;
    if (name === undefined || name in input) return undefined;
    const value = name === "Records" ? readRecords(reader) : reader.text();
    if (value === undefined) return undefined;
    input[name] = value;
  } while (reader.take(COMMA));
  return reader.take(CLOSE_STRUCTURE) && reader.isAtEnd() ? input : undefined;
}

function readRecords(reader: Reader): Entry[] | undefined {
  const records: Entry[] = [];
  if (!reader.take(OPEN_LIST)) return undefined;
  do {
    const entry = readEntry(reader);
    if (entry === undefined) return undefined;
    records.push(entry);
  } while (reader.take(COMMA));
  return reader.take(CLOSE_LIST) ? records : undefined;
}

/** Written out, as objects of one form cost a fraction of those that grow by computed names. */
function readEntry(reader: Reader): Entry | undefined {
  if (!reader.take(OPEN_STRUCTURE)) return undefined;
  let Data: ByteRange | undefined;
  let PartitionKey: string | undefined;
  let ExplicitHashKey: string | undefined;
  do {
    if (Data === undefined && reader.takeName(DATA)) {
      Data = reader.base64();
      if (Data === undefined) return undefined;
    } else if (PartitionKey === undefined && reader.takeName(PARTITION_KEY)) {
      PartitionKey = reader.text();
      if (PartitionKey === undefined) return undefined;
    } else if (ExplicitHashKey === undefined && reader.takeName(EXPLICIT_HASH_KEY)) {
      ExplicitHashKey = reader.text();
      if (ExplicitHashKey === undefined) return undefined;
    } else {
      return undefined;
    }
  } while (reader.take(COMMA));
  return reader.take(CLOSE_STRUCTURE) ? { Data, PartitionKey, ExplicitHashKey } : undefined;
}

/** With its quotes. */
function quoted(name: string): Buffer {
  return Buffer.from(`"${name}"`);
}

const MEMBERS = ["Records", "StreamName", "StreamARN"].map((name) => ({
  name,
  bytes: quoted(name),
}));
const DATA: Buffer = quoted("Data");
const PARTITION_KEY: Buffer = quoted("PartitionKey");
const EXPLICIT_HASH_KEY: Buffer = quoted("ExplicitHashKey");

class Reader {
  readonly #body: Buffer;
  #at = 0;
  readonly #windows: Window[] = [];
  readonly #dashes: Search;
  readonly #underscores: Search;

  constructor(body: Buffer) {
    this.#body = body;
    this.#dashes = new Search(body, DASH);
    this.#underscores = new Search(body, UNDERSCORE);
  }

  /** Puts the texts of data back. */
  restore(): void {
    for (const { begin, text } of this.#windows) this.#body.write(text, begin, "latin1");
  }

  isAtEnd(): boolean {
    return this.#skipSpace() >= this.#body.length;
  }

  /** True if this is the next character; it is behind us then. */
  take(character: number): boolean {
    const at = this.#skipSpace();
    if (this.#body[at] !== character) return false;
    this.#at = at + 1;
    return true;
  }

  /** The same for a member's name and the colon behind it. */
  takeName(name: Buffer): boolean {
    const at = this.#skipSpace();
    for (let i = 0; i < name.length; i++) {
      if (this.#body[at + i] !== name[i]) return false;
    }
    this.#at = at + name.length;
    if (this.take(COLON)) return true;
    this.#at = at;
    return false;
  }

  /** A text without escapes. */
  text(): string | undefined {
    if (!this.take(QUOTE)) return undefined;
    const body = this.#body;
    const begin = this.#at;
    let seen = 0;
    let end = begin;
    for (let byte = body[end]; byte !== QUOTE; byte = body[++end]) {
      if (byte === undefined || byte === BACKSLASH || byte < SPACE) return undefined;
      seen |= byte;
    }
    this.#at = end + 1;
    return seen < 0x80 ? this.#latin1(begin, end) : body.toString("utf8", begin, end);
  }

  /**
   * Decoded; the decoder skips what is not base64, so that its count is short then. It takes the URL
   * alphabet as well, which the service does not.
   */
  base64(): ByteRange | undefined {
    if (!this.take(QUOTE)) return undefined;
    const begin = this.#at;
    const end = this.#body.indexOf(QUOTE, begin);
    if (end < 0 || (end - begin) % 4 !== 0) return undefined;
    if (this.#dashes.finds(begin, end) || this.#underscores.finds(begin, end)) return undefined;
    this.#at = end + 1;
    const length = ((end - begin) / 4) * 3 - this.#padding(begin, end);
    const written = this.#body.write(this.#latin1(begin, end), begin, "base64");
    return written === length ? new ByteRange(this.#body, begin, begin + length) : undefined;
  }

  /** This part of the body as it came: a slice of a window costs no copy and no call out of JavaScript. */
  #latin1(begin: number, end: number): string {
    let window = this.#windows.at(-1);
    if (window === undefined || end > window.begin + window.text.length) {
      const text = this.#body.toString("latin1", begin, Math.max(end, begin + WINDOW_BYTES));
      window = { begin, text };
      this.#windows.push(window);
    }
    return window.text.slice(begin - window.begin, end - window.begin);
  }

  #padding(begin: number, end: number): number {
    if (end === begin || this.#body[end - 1] !== EQUALS) return 0;
    return this.#body[end - 2] === EQUALS ? 2 : 1;
  }

  #skipSpace(): number {
    const body = this.#body;
    let at = this.#at;
    for (let byte = body[at]; byte !== undefined && byte <= SPACE; byte = body[++at]) {
      if (byte !== SPACE && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d) break;
    }
    return at;
  }
}

/** Part of a body from before any of it was decoded. */
interface Window {
  readonly begin: number;
  readonly text: string;
}

/** Looks for a byte in one part of a body after another, and at each part once. */
class Search {
  readonly #body: Buffer;
  readonly #byte: number;
  /** Where the next one is; there is none between the last part and it. */
  #next = -1;

  constructor(body: Buffer, byte: number) {
    this.#body = body;
    this.#byte = byte;
  }

  /** @param begin not before that of the call before */
  finds(begin: number, end: number): boolean {
    if (this.#next < begin) {
      const found = this.#body.indexOf(this.#byte, begin);
      this.#next = found < 0 ? Number.POSITIVE_INFINITY : found;
    }
    return this.#next < end;
  }
}
