import type { Random } from "@shardline/model";

const ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789";

/** Of the service's form: 20 characters, a dash, 3 characters. */
export function newStreamId(random: Random): string {
  return `${word(random, 20)}-${word(random, 3)}`;
}

export function word(random: Random, length: number): string {
  let text = "";
  for (let i = 0; i < length; i++)
    text += ALPHABET.charAt(Math.floor(random.next() * ALPHABET.length));
  return text;
}
