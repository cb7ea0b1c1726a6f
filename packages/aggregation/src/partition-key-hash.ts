import { hash } from "node:crypto";
import type { HashKey } from "@shardline/model";

const WORDS = 4;

/**
 * Writes the hash key of `partitionKey` into `out`, most significant word first. The digest comes as
 * one character a byte: a short text is made in half the time of a buffer.
 */
export function hashPartitionKey(partitionKey: string, out: Uint32Array): void {
  const digest = hash("md5", partitionKey, "binary");
  for (let i = 0; i < WORDS; i++) {
    const at = i * 4;
    out[i] =
      (digest.charCodeAt(at) << 24) |
      (digest.charCodeAt(at + 1) << 16) |
      (digest.charCodeAt(at + 2) << 8) |
      digest.charCodeAt(at + 3);
  }
}

/** Four words as the model's hash key. */
export function hashKeyOfWords(hashWords: Uint32Array): HashKey {
  let text = "";
  for (const word of hashWords) text += word.toString(16).padStart(8, "0");
  return text;
}

/** The four words of a hash key. */
export function wordsOfHashKey(hashKey: HashKey, out: Uint32Array): void {
  for (let i = 0; i < WORDS; i++) out[i] = Number.parseInt(hashKey.slice(i * 8, i * 8 + 8), 16);
}
