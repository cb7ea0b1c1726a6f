/**
 * The memory of chunks, used again. The garbage collector is driven by memory outside its heap: where
 * the oldest chunks go as fast as new ones come, it looks through the whole heap dozens of times a
 * second, and that takes more time than storing the records.
 */

/** A chunk is let go as a whole, so its size is how much a trimmed shard may still hold on to. */
export const MAX_CHUNK_BYTES: number = 256 * 1024;

/** It is the process's for as long as it runs, so not much. */
export const MAX_SPARE_BYTES: number = 16 * 1024 * 1024;

const spares: Buffer[] = [];

/** Full of what was in it before. */
export function takeChunkMemory(capacityBytes: number): Buffer {
  const spare = capacityBytes === MAX_CHUNK_BYTES ? spares.pop() : undefined;
  return spare ?? Buffer.allocUnsafeSlow(capacityBytes);
}

/** For memory to which nothing refers any more. */
export function giveBackChunkMemory(memory: Buffer): void {
  if (memory.length !== MAX_CHUNK_BYTES) return;
  if ((spares.length + 1) * MAX_CHUNK_BYTES <= MAX_SPARE_BYTES) spares.push(memory);
}
