/**
 * MD5 of a partition key, as the service hashes it, in four words: no digest object, no hexadecimal
 * text. Keys of up to 55 bytes fit one MD5 block and are hashed here; it takes half the time of the
 * shortest way through `node:crypto`, which serves the longer ones.
 * https://www.rfc-editor.org/rfc/rfc1321
 */

import { hash } from "node:crypto";
import type { HashKey } from "@shardline/model";

const BLOCK_TEXT_BYTES = 55;
const block = new Uint8Array(64);
const words = new Int32Array(block.buffer);
const littleEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

let a = 0;
let b = 0;
let c = 0;
let d = 0;

/** Writes the hash key of `partitionKey` into `out`, most significant word first. */
export function hashPartitionKey(partitionKey: string, out: Uint32Array): void {
  const bytes = littleEndian ? fillBlock(partitionKey) : -1;
  if (bytes < 0) {
    const digest = hash("md5", partitionKey, "buffer");
    for (let i = 0; i < 4; i++) out[i] = digest.readUInt32BE(i * 4);
    return;
  }
  firstRounds();
  lastRounds();
  out[0] = swap((a + 0x67452301) | 0);
  out[1] = swap((b + 0xefcdab89) | 0);
  out[2] = swap((c + 0x98badcfe) | 0);
  out[3] = swap((d + 0x10325476) | 0);
}

/** Four words as the model's hash key. */
export function hashKeyOfWords(hashWords: Uint32Array): HashKey {
  let text = "";
  for (let i = 0; i < 4; i++) text += (hashWords[i] as number).toString(16).padStart(8, "0");
  return text;
}

/** The four words of a hash key. */
export function wordsOfHashKey(hashKey: HashKey, out: Uint32Array): void {
  for (let i = 0; i < 4; i++) out[i] = Number.parseInt(hashKey.slice(i * 8, i * 8 + 8), 16);
}

/** Puts text and padding into the block; negative if the text is too long for one. */
function fillBlock(text: string): number {
  const { length } = text;
  if (length > BLOCK_TEXT_BYTES) return -1;
  words.fill(0);
  let bytes = length;
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) {
      bytes = Buffer.byteLength(text, "utf8");
      if (bytes > BLOCK_TEXT_BYTES) return -1;
      Buffer.from(block.buffer).write(text, 0, "utf8");
      break;
    }
    block[i] = unit;
  }
  block[bytes] = 0x80;
  words[14] = bytes * 8;
  return bytes;
}

function swap(word: number): number {
  return (
    (((word & 0xff) << 24) |
      ((word & 0xff00) << 8) |
      ((word >>> 8) & 0xff00) |
      ((word >>> 24) & 0xff)) >>>
    0
  );
}

function f(p: number, q: number, r: number, s: number, m: number, n: number, k: number): number {
  const sum = (p + ((q & r) | (~q & s)) + m + k) | 0;
  return (((sum << n) | (sum >>> (32 - n))) + q) | 0;
}
function g(p: number, q: number, r: number, s: number, m: number, n: number, k: number): number {
  const sum = (p + ((q & s) | (r & ~s)) + m + k) | 0;
  return (((sum << n) | (sum >>> (32 - n))) + q) | 0;
}
function h(p: number, q: number, r: number, s: number, m: number, n: number, k: number): number {
  const sum = (p + (q ^ r ^ s) + m + k) | 0;
  return (((sum << n) | (sum >>> (32 - n))) + q) | 0;
}
function i(p: number, q: number, r: number, s: number, m: number, n: number, k: number): number {
  const sum = (p + (r ^ (q | ~s)) + m + k) | 0;
  return (((sum << n) | (sum >>> (32 - n))) + q) | 0;
}

function firstRounds(): void {
  const m = words;
  let p = 0x67452301;
  let q = 0xefcdab89 | 0;
  let r = 0x98badcfe | 0;
  let s = 0x10325476;
  p = f(p, q, r, s, m[0] as number, 7, 0xd76aa478);
  s = f(s, p, q, r, m[1] as number, 12, 0xe8c7b756);
  r = f(r, s, p, q, m[2] as number, 17, 0x242070db);
  q = f(q, r, s, p, m[3] as number, 22, 0xc1bdceee);
  p = f(p, q, r, s, m[4] as number, 7, 0xf57c0faf);
  s = f(s, p, q, r, m[5] as number, 12, 0x4787c62a);
  r = f(r, s, p, q, m[6] as number, 17, 0xa8304613);
  q = f(q, r, s, p, m[7] as number, 22, 0xfd469501);
  p = f(p, q, r, s, m[8] as number, 7, 0x698098d8);
  s = f(s, p, q, r, m[9] as number, 12, 0x8b44f7af);
  r = f(r, s, p, q, m[10] as number, 17, 0xffff5bb1);
  q = f(q, r, s, p, m[11] as number, 22, 0x895cd7be);
  p = f(p, q, r, s, m[12] as number, 7, 0x6b901122);
  s = f(s, p, q, r, m[13] as number, 12, 0xfd987193);
  r = f(r, s, p, q, m[14] as number, 17, 0xa679438e);
  q = f(q, r, s, p, m[15] as number, 22, 0x49b40821);
  p = g(p, q, r, s, m[1] as number, 5, 0xf61e2562);
  s = g(s, p, q, r, m[6] as number, 9, 0xc040b340);
  r = g(r, s, p, q, m[11] as number, 14, 0x265e5a51);
  q = g(q, r, s, p, m[0] as number, 20, 0xe9b6c7aa);
  p = g(p, q, r, s, m[5] as number, 5, 0xd62f105d);
  s = g(s, p, q, r, m[10] as number, 9, 0x02441453);
  r = g(r, s, p, q, m[15] as number, 14, 0xd8a1e681);
  q = g(q, r, s, p, m[4] as number, 20, 0xe7d3fbc8);
  p = g(p, q, r, s, m[9] as number, 5, 0x21e1cde6);
  s = g(s, p, q, r, m[14] as number, 9, 0xc33707d6);
  r = g(r, s, p, q, m[3] as number, 14, 0xf4d50d87);
  q = g(q, r, s, p, m[8] as number, 20, 0x455a14ed);
  p = g(p, q, r, s, m[13] as number, 5, 0xa9e3e905);
  s = g(s, p, q, r, m[2] as number, 9, 0xfcefa3f8);
  r = g(r, s, p, q, m[7] as number, 14, 0x676f02d9);
  q = g(q, r, s, p, m[12] as number, 20, 0x8d2a4c8a);
  a = p;
  b = q;
  c = r;
  d = s;
}

function lastRounds(): void {
  const m = words;
  let p = a;
  let q = b;
  let r = c;
  let s = d;
  p = h(p, q, r, s, m[5] as number, 4, 0xfffa3942);
  s = h(s, p, q, r, m[8] as number, 11, 0x8771f681);
  r = h(r, s, p, q, m[11] as number, 16, 0x6d9d6122);
  q = h(q, r, s, p, m[14] as number, 23, 0xfde5380c);
  p = h(p, q, r, s, m[1] as number, 4, 0xa4beea44);
  s = h(s, p, q, r, m[4] as number, 11, 0x4bdecfa9);
  r = h(r, s, p, q, m[7] as number, 16, 0xf6bb4b60);
  q = h(q, r, s, p, m[10] as number, 23, 0xbebfbc70);
  p = h(p, q, r, s, m[13] as number, 4, 0x289b7ec6);
  s = h(s, p, q, r, m[0] as number, 11, 0xeaa127fa);
  r = h(r, s, p, q, m[3] as number, 16, 0xd4ef3085);
  q = h(q, r, s, p, m[6] as number, 23, 0x04881d05);
  p = h(p, q, r, s, m[9] as number, 4, 0xd9d4d039);
  s = h(s, p, q, r, m[12] as number, 11, 0xe6db99e5);
  r = h(r, s, p, q, m[15] as number, 16, 0x1fa27cf8);
  q = h(q, r, s, p, m[2] as number, 23, 0xc4ac5665);
  p = i(p, q, r, s, m[0] as number, 6, 0xf4292244);
  s = i(s, p, q, r, m[7] as number, 10, 0x432aff97);
  r = i(r, s, p, q, m[14] as number, 15, 0xab9423a7);
  q = i(q, r, s, p, m[5] as number, 21, 0xfc93a039);
  p = i(p, q, r, s, m[12] as number, 6, 0x655b59c3);
  s = i(s, p, q, r, m[3] as number, 10, 0x8f0ccc92);
  r = i(r, s, p, q, m[10] as number, 15, 0xffeff47d);
  q = i(q, r, s, p, m[1] as number, 21, 0x85845dd1);
  p = i(p, q, r, s, m[8] as number, 6, 0x6fa87e4f);
  s = i(s, p, q, r, m[15] as number, 10, 0xfe2ce6e0);
  r = i(r, s, p, q, m[6] as number, 15, 0xa3014314);
  q = i(q, r, s, p, m[13] as number, 21, 0x4e0811a1);
  p = i(p, q, r, s, m[4] as number, 6, 0xf7537e82);
  s = i(s, p, q, r, m[11] as number, 10, 0xbd3af235);
  r = i(r, s, p, q, m[2] as number, 15, 0x2ad7d2bb);
  q = i(q, r, s, p, m[9] as number, 21, 0xeb86d391);
  a = p;
  b = q;
  c = r;
  d = s;
}
