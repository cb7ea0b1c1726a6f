/**
 * Buffers that are used again. The garbage collector is driven by memory outside its heap: a body of
 * a megabyte allocated for every request has it look through the whole heap a hundred times a second.
 */

const MIN_BYTES = 16 * 1024;
/** Larger ones are rare, and not kept. */
const MAX_SPARE_BYTES = 2 * 1024 * 1024;
/** As many as requests are likely to arrive at the same time. */
const MAX_SPARES = 8;

export interface Lent {
  /** At least as large as asked for, and full of what was in it before. */
  readonly buffer: Buffer;
  /** When nothing refers to the buffer any more. Idempotent. */
  giveBack(): void;
}

export class SpareBuffers {
  readonly #spares: Buffer[] = [];

  lend(minBytes: number): Lent {
    // The one used last is the likeliest to be in the processor's cache.
    const at = this.#spares.findLastIndex((spare) => spare.length >= minBytes);
    const [spare] = at < 0 ? [] : this.#spares.splice(at, 1);
    const buffer = spare ?? Buffer.allocUnsafeSlow(sizeFor(minBytes));
    let isLent = true;
    const giveBack = (): void => {
      if (isLent) this.#keep(buffer);
      isLent = false;
    };
    return { buffer, giveBack };
  }

  /** Small ones make room for larger, which serve everybody. */
  #keep(buffer: Buffer): void {
    if (buffer.length > MAX_SPARE_BYTES) return;
    this.#spares.push(buffer);
    if (this.#spares.length <= MAX_SPARES) return;
    const sizes = this.#spares.map((spare) => spare.length);
    this.#spares.splice(sizes.indexOf(Math.min(...sizes)), 1);
  }
}

/** Powers of two, so that bodies of about the same size share. */
function sizeFor(minBytes: number): number {
  return minBytes > MAX_SPARE_BYTES
    ? minBytes
    : Math.max(MIN_BYTES, 2 ** Math.ceil(Math.log2(minBytes)));
}
