/**
 * Sequence numbers of the service's shape: 56 decimal digits of a 186-bit number, in hexadecimal
 *
 *   2 | shard created, s (9) | shard (1) | index in the shard (16) | 00 | put, s (9) | shard (8) | 2
 *
 * A shard is created in a later second than its parents (by count, where the clock has not moved),
 * so numbers grow along a shard and from parent to child. An open shard's numbers have gaps; a
 * closed one ends at the highest index, 0x7fff….
 */

const DIGITS = 56;
const LIMB_DIGITS = 14;
const LIMB = 1e14;
const TWO_LIMBS = 10n ** 28n;
const HALF_LIMB = 1e7;
/** One step of the index is 2^80. */
const STEP_LOW = 14_629_174_706_176;
const STEP_HIGH = 12_089_258_196;
/** Larger steps could carry past what a double holds exactly. */
const MAX_STEP = 4;

/** The byte after the index, 0 in every record's number. */
const BETWEEN = 1n << 72n;

const END_INDEX = (1n << 63n) - 1n;

export interface SequenceParts {
  readonly createdSeconds: number;
  readonly shardIndex: number;
  /** Exact below 2^53, which no open shard reaches. */
  readonly index: number;
}

function compose(parts: Omit<SequenceParts, "index">, index: bigint, seconds: number): bigint {
  const shard = BigInt(parts.shardIndex);
  return (
    (2n << 184n) +
    (BigInt(parts.createdSeconds) << 148n) +
    ((shard & 15n) << 144n) +
    (index << 80n) +
    (BigInt(seconds) << 36n) +
    (shard << 4n) +
    2n
  );
}

/** Where a shard's numbers begin; no record has this one. */
export function startingSequenceNumber(createdSeconds: number, shardIndex: number): string {
  return compose({ createdSeconds, shardIndex }, 0n, createdSeconds).toString();
}

/** Where the numbers of a closed shard end; no record has this one. */
export function endingSequenceNumber(
  createdSeconds: number,
  shardIndex: number,
  closedSeconds: number,
): string {
  return compose({ createdSeconds, shardIndex }, END_INDEX, closedSeconds).toString();
}

/**
 * A place between the record of this index and the next: no record has it, so reading at it and
 * reading after it are the same. It grows with the time in it.
 */
export function sequenceNumberBetween(
  createdSeconds: number,
  shardIndex: number,
  index: number,
  seconds: number,
): string {
  return (compose({ createdSeconds, shardIndex }, BigInt(index), seconds) + BETWEEN).toString();
}

/** Undefined for text that no local shard can have given. */
export function parseSequenceNumber(text: string): SequenceParts | undefined {
  if (text.length !== 56) return undefined;
  const hex = BigInt(text).toString(16);
  if (hex.length !== 47 || hex[0] !== "2" || hex[46] !== "2") return undefined;
  const index = Number.parseInt(hex.slice(11, 27), 16);
  const shardIndex = Number.parseInt(hex.slice(38, 46), 16);
  if (index >= 2 ** 63 + 2048 || (shardIndex & 15) !== Number.parseInt(hex.slice(10, 11), 16))
    return undefined;
  return { createdSeconds: Number.parseInt(hex.slice(1, 10), 16), shardIndex, index };
}

/**
 * Counts through a shard's numbers in decimal, four limbs of 14 digits, so that a number costs two
 * additions and no BigInt. The limbs are built anew once a second, when the time in them changes.
 */
export class SequenceCounter {
  readonly #createdSeconds: number;
  readonly #shardIndex: number;
  #index: number;
  #seconds = -1;
  #low = 0;
  #middle = 0;
  /** The upper two limbs, which change once in thousands of numbers. */
  #prefix = 0n;
  /** The digits of the last number: half of them stay, and no text is made of parts. */
  #digits: Buffer | undefined;

  constructor(createdSeconds: number, shardIndex: number, lastIndex = 0) {
    this.#createdSeconds = createdSeconds;
    this.#shardIndex = shardIndex;
    this.#index = lastIndex;
  }

  /** Index of the last number given; 0 if none. */
  get index(): number {
    return this.#index;
  }

  raiseTo(index: number): void {
    this.#index = Math.max(this.#index, index);
    this.#seconds = -1;
  }

  /** @param step 1 to 4; above 1 leaves a gap. */
  next(seconds: number, step: number): string {
    const steps = Math.min(step, MAX_STEP);
    this.#index += steps;
    if (seconds !== this.#seconds) this.#rebuild(seconds);
    else this.#add(steps);
    const digits = this.#digits as Buffer;
    writeLimb(digits, DIGITS - 2 * LIMB_DIGITS, this.#middle);
    writeLimb(digits, DIGITS - LIMB_DIGITS, this.#low);
    return digits.toString("latin1");
  }

  #rebuild(seconds: number): void {
    const parts = { createdSeconds: this.#createdSeconds, shardIndex: this.#shardIndex };
    const number = compose(parts, BigInt(this.#index), seconds);
    this.#seconds = seconds;
    this.#setPrefix(number / TWO_LIMBS);
    const rest = number % TWO_LIMBS;
    this.#middle = Number(rest / BigInt(LIMB));
    this.#low = Number(rest % BigInt(LIMB));
  }

  #add(steps: number): void {
    let low = this.#low + STEP_LOW * steps;
    let middle = this.#middle + STEP_HIGH * steps;
    while (low >= LIMB) {
      low -= LIMB;
      middle++;
    }
    this.#low = low;
    if (middle >= LIMB) {
      middle -= LIMB;
      this.#setPrefix(this.#prefix + 1n);
    }
    this.#middle = middle;
  }

  #setPrefix(prefix: bigint): void {
    this.#prefix = prefix;
    this.#digits ??= Buffer.alloc(DIGITS);
    this.#digits.write(prefix.toString(), "latin1");
  }
}

/** In two halves, as division is several times faster for small integers than for doubles. */
function writeLimb(digits: Buffer, at: number, limb: number): void {
  const high = Math.floor(limb / HALF_LIMB);
  writeHalf(digits, at, high);
  writeHalf(digits, at + LIMB_DIGITS / 2, limb - high * HALF_LIMB);
}

function writeHalf(digits: Buffer, at: number, half: number): void {
  let rest = half;
  for (let i = at + LIMB_DIGITS / 2 - 1; i >= at; i--) {
    const tenth = (rest / 10) | 0;
    digits[i] = ZERO + rest - tenth * 10;
    rest = tenth;
  }
}

const ZERO = 0x30;
