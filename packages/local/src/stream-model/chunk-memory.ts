/**
 * The memory of chunks, used again. The garbage collector is driven by memory outside its heap: where
 * the oldest chunks go as fast as new ones come, it looks through the whole heap dozens of times a
 * second, and that takes more time than storing the records.
 */

/** A chunk is let go as a whole, so its size is how much a trimmed shard may still hold on to. */
export const MAX_CHUNK_BYTES: number = 256 * 1024;

/** 64 MiB: more than a trim of the usual bound lets go at once. */
const MAX_SPARES = 256;

const spares: Buffer[] = [];

/** Full of what was in it before. */
export function takeChunkMemory(capacityBytes: number): Buffer {
  const spare = capacityBytes === MAX_CHUNK_BYTES ? spares.pop() : undefined;
  return spare ?? Buffer.allocUnsafeSlow(capacityBytes);
}

/** For memory to which nothing refers any more. */
export function giveBackChunkMemory(memory: Buffer): void {
  if (memory.length === MAX_CHUNK_BYTES && spares.length < MAX_SPARES) spares.push(memory);
}
