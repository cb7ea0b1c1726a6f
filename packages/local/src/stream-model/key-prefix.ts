/**
 * The first 32 bits of a partition key's hash, which nearly always say which shard is the key's: MD5
 * (RFC 1321) of one block, here because for keys of the usual length most of what node:crypto takes
 * is the call out of JavaScript.
 */

const ROUND = 16;
const BLOCK_BITS_AT = 14;
/** A block less the bit that ends the message and the length. */
const MAX_KEY_BYTES = 55;

const SINES: Int32Array = Int32Array.from({ length: 4 * ROUND }, (_, i) =>
  Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32),
);
const SHIFTS: readonly (readonly number[])[] = [
  [7, 12, 17, 22],
  [5, 9, 14, 20],
  [4, 11, 16, 23],
  [6, 10, 15, 21],
];
const SHIFT: Int32Array = Int32Array.from(
  { length: 4 * ROUND },
  (_, i) => SHIFTS[i >> 4]?.[i & 3] as number,
);
/** Which word of the block a step takes. */
const WORD: Int32Array = Int32Array.from(
  { length: 4 * ROUND },
  (_, i) => ([i, 5 * i + 1, 3 * i + 5, 7 * i][i >> 4] as number) & 15,
);

const A = 0x67452301;
const B = 0xefcdab89 | 0;
const C = 0x98badcfe | 0;
const D = 0x10325476;

const block: Int32Array = new Int32Array(ROUND);

/** Undefined for keys of more than one block and those that are not ASCII. */
export function hashPrefixOf(partitionKey: string): number | undefined {
  const { length } = partitionKey;
  if (length > MAX_KEY_BYTES) return undefined;
  block.fill(0);
  for (let i = 0; i < length; i++) {
    const code = partitionKey.charCodeAt(i);
    if (code > 0x7f) return undefined;
    (block[i >> 2] as number) |= code << ((i & 3) << 3);
  }
  (block[length >> 2] as number) |= 0x80 << ((length & 3) << 3);
  block[BLOCK_BITS_AT] = length << 3;
  return bigEndian((digest() + A) | 0);
}

/** The first word of the digest, less what it began with. A loop a round: a choice in one of all four costs half of the time. */
function digest(): number {
  let a = A;
  let b = B;
  let c = C;
  let d = D;
  for (let i = 0; i < ROUND; i++) {
    const next = step(a, b, (b & c) | (~b & d), i);
    a = d;
    d = c;
    c = b;
    b = next;
  }
  for (let i = ROUND; i < 2 * ROUND; i++) {
    const next = step(a, b, (d & b) | (~d & c), i);
    a = d;
    d = c;
    c = b;
    b = next;
  }
  for (let i = 2 * ROUND; i < 3 * ROUND; i++) {
    const next = step(a, b, b ^ c ^ d, i);
    a = d;
    d = c;
    c = b;
    b = next;
  }
  for (let i = 3 * ROUND; i < 4 * ROUND; i++) {
    const next = step(a, b, c ^ (b | ~d), i);
    a = d;
    d = c;
    c = b;
    b = next;
  }
  return a;
}

function step(a: number, b: number, mixed: number, i: number): number {
  const sum = (a + mixed + (SINES[i] as number) + (block[WORD[i] as number] as number)) | 0;
  const shift = SHIFT[i] as number;
  return (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0;
}

function bigEndian(word: number): number {
  return ((word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0;
}
