/** Strict base64 out of a buffer: what the SDK refuses is refused. */

import { markAsUntransferable } from "node:worker_threads";

/**
 * Below this length our loop decodes faster than a call into Node.js, above it slower
 * (measured: see docs/design/read-path.md).
 */
const NATIVE_FROM_CHARACTERS = 176;

/** Records of one answer that our loop decodes share memory in pieces of so much: who keeps one keeps no more. */
const SLAB_BYTES = 8 * 1024;

const EQUALS = 0x3d;

/** The six bits of a character, or -1. */
const BITS: Int8Array = bits();

export class Base64Reader {
  #slab = new ArrayBuffer(0);
  #used = 0;

  /** Undefined: it is no base64. */
  read(text: Buffer, start: number, end: number): Uint8Array | undefined {
    const characters = end - start;
    if (characters % 4 !== 0) return undefined;
    const padding = characters === 0 || text[end - 1] !== EQUALS ? 0 : paddingOf(text, end);
    const length = (characters / 4) * 3 - padding;
    if (characters >= NATIVE_FROM_CHARACTERS) return readNative(text, start, end, length);
    const data = this.#allocate(length);
    return decode(text, start, end - padding, data) ? data : undefined;
  }

  #allocate(length: number): Uint8Array {
    if (this.#used + length > this.#slab.byteLength) {
      this.#slab = new ArrayBuffer(SLAB_BYTES);
      // Who hands one record to another thread must not take its neighbours' data away.
      markAsUntransferable(this.#slab);
      this.#used = 0;
    }
    const data = new Uint8Array(this.#slab, this.#used, length);
    this.#used += length;
    return data;
  }
}

function paddingOf(text: Buffer, end: number): number {
  return text[end - 2] === EQUALS ? 2 : 1;
}

/** `end` is that of the characters before the padding. */
function decode(text: Buffer, start: number, end: number, data: Uint8Array): boolean {
  // A character that is none makes this negative, and it stays so.
  let seen = 0;
  let to = 0;
  let from = start;
  for (; from + 4 <= end; from += 4, to += 3) {
    const a = BITS[text[from] as number] as number;
    const b = BITS[text[from + 1] as number] as number;
    const c = BITS[text[from + 2] as number] as number;
    const d = BITS[text[from + 3] as number] as number;
    seen |= a | b | c | d;
    data[to] = (a << 2) | (b >> 4);
    data[to + 1] = (b << 4) | (c >> 2);
    data[to + 2] = (c << 6) | d;
  }
  if (from < end) {
    const a = BITS[text[from] as number] as number;
    const b = BITS[text[from + 1] as number] as number;
    const c = end - from === 3 ? (BITS[text[from + 2] as number] as number) : 0;
    seen |= a | b | c;
    data[to] = (a << 2) | (b >> 4);
    if (end - from === 3) data[to + 1] = (b << 4) | (c >> 2);
  }
  return seen >= 0;
}

/** Node.js passes over what is no base64, which makes the result too short, and takes `-` and `_`. */
function readNative(
  text: Buffer,
  start: number,
  end: number,
  length: number,
): Uint8Array | undefined {
  const characters = text.toString("latin1", start, end);
  const { buffer, byteOffset, byteLength } = Buffer.from(characters, "base64");
  if (byteLength !== length || characters.includes("-") || characters.includes("_")) {
    return undefined;
  }
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function bits(): Int8Array {
  const table = new Int8Array(256).fill(-1);
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (let value = 0; value < 64; value++) table[alphabet.charCodeAt(value)] = value;
  return table;
}
