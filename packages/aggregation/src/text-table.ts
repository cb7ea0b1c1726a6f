import { utf8ByteLength } from "@shardline/model";
import { lengthDelimitedBytes, writeVarint } from "./format.ts";

/** Texts remembered from one aggregate to the next while they do not come again, at most about so many. */
export const REMEMBERED_TEXTS = 512;
/** After being emptied so often, it is tried again whether texts come again among more of them. */
const EMPTIED_BEFORE_TRIAL = 64;
/** Below this a loop over the characters is faster than a call out of JavaScript. */
const SHORT_TEXT = 40;

/** A text, measured once, and its place in the table of the aggregate that last had it. */
export class TableText {
  readonly text: string;
  readonly utf8Bytes: number;
  serial = 0;
  index = 0;

  constructor(text: string) {
    this.text = text;
    this.utf8Bytes = utf8ByteLength(text);
  }
}

/**
 * One of the two string tables of an aggregate. Keys come again in the next aggregate, so they are
 * kept, and only their places are forgotten: filling a map anew costs more than all else of a key.
 * Keys that never come again are garbage that grows old: of those few are kept.
 */
export class TextTable {
  readonly #tag: number;
  readonly #maxRemembered: number;
  readonly #known = new Map<string, TableText>();
  #remembered: number;
  #lookups = 0;
  #emptied = 0;
  #table: TableText[] = [];
  #last: TableText | undefined;
  #serial = 1;

  /** @param maxRemembered texts that are kept if they come again. */
  constructor(tag: number, maxRemembered: number) {
    this.#tag = tag;
    this.#maxRemembered = maxRemembered;
    this.#remembered = maxRemembered;
  }

  /** Not necessarily in the table yet. */
  find(text: string): TableText {
    const last = this.#last;
    if (last !== undefined && last.text === text) return last;
    this.#lookups++;
    let found = this.#known.get(text);
    if (found === undefined) {
      found = new TableText(text);
      this.#known.set(text, found);
    }
    this.#last = found;
    return found;
  }

  has(found: TableText): boolean {
    return found.serial === this.#serial;
  }

  /** Its index, or the one that it would get. */
  indexOf(found: TableText): number {
    return found.serial === this.#serial ? found.index : this.#table.length;
  }

  /** What the table grows by when it takes the text. */
  growthBytes(found: TableText): number {
    return found.serial === this.#serial ? 0 : lengthDelimitedBytes(found.utf8Bytes);
  }

  take(found: TableText): void {
    if (found.serial === this.#serial) return;
    found.serial = this.#serial;
    found.index = this.#table.length;
    this.#table.push(found);
  }

  /** Returns the offset after the table. */
  write(out: Buffer, offset: number): number {
    let at = offset;
    for (let i = 0; i < this.#table.length; i++) {
      const { text, utf8Bytes } = this.#table[i] as TableText;
      out[at++] = this.#tag;
      at = writeVarint(out, at, utf8Bytes);
      if (utf8Bytes === text.length && utf8Bytes <= SHORT_TEXT) {
        for (let j = 0; j < utf8Bytes; j++) out[at + j] = text.charCodeAt(j);
      } else out.write(text, at, utf8Bytes, "utf8");
      at += utf8Bytes;
    }
    return at;
  }

  reset(): void {
    this.#serial++;
    this.#table.length = 0;
    if (this.#known.size > this.#remembered) this.#forget();
  }

  #forget(): void {
    const comeAgain = this.#lookups - this.#known.size >= this.#known.size;
    const tryMore = comeAgain || ++this.#emptied > EMPTIED_BEFORE_TRIAL;
    this.#remembered = tryMore ? this.#maxRemembered : REMEMBERED_TEXTS;
    if (tryMore) this.#emptied = 0;
    this.#lookups = 0;
    this.#known.clear();
    this.#last = undefined;
  }
}
