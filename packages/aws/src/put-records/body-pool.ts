/**
 * Buffers for request bodies, used again once the kernel has all of their bytes. Fresh pages for
 * every request cost a third of the whole path at 5 MB (measured: see docs/design/put-path.md).
 */

/** Kept for reuse at most, in all. */
const MAX_KEPT_BYTES: number = 32 * 1024 * 1024;
const MIN_CLASS_BYTES: number = 64 * 1024;

export class BodyPool {
  /** Free memory by its size, a power of two. */
  readonly #free = new Map<number, ArrayBuffer[]>();
  #keptBytes = 0;

  get keptBytes(): number {
    return this.#keptBytes;
  }

  /** A buffer of exactly `sizeBytes`, its contents undefined. */
  take(sizeBytes: number): Buffer {
    const classBytes = classOf(sizeBytes);
    const kept = this.#free.get(classBytes)?.pop();
    if (kept !== undefined) this.#keptBytes -= classBytes;
    const memory = kept ?? Buffer.allocUnsafeSlow(classBytes).buffer;
    return Buffer.from(memory, 0, sizeBytes);
  }

  /** Gives back what `take` gave. Nobody may hold or be sending it any more. */
  give({ buffer }: Buffer): void {
    const classBytes = buffer.byteLength;
    if (this.#keptBytes + classBytes > MAX_KEPT_BYTES) return;
    const list = this.#free.get(classBytes);
    if (list === undefined) this.#free.set(classBytes, [buffer as ArrayBuffer]);
    else list.push(buffer as ArrayBuffer);
    this.#keptBytes += classBytes;
  }
}

function classOf(sizeBytes: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(sizeBytes, MIN_CLASS_BYTES)));
}
