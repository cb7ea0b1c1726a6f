/** The partition key of a line. */

import type { Random } from "@shardline/model";
import { UsageError } from "./errors.ts";

export interface KeyedLine {
  readonly partitionKey: string;
  /** False if the pattern did not match and the key is a random one. */
  readonly matched: boolean;
}

export type KeyOfLine = (line: Buffer) => KeyedLine;

/** @throws UsageError if the pattern is not a regular expression. */
export function compileKeyPattern(pattern: string): RegExp {
  try {
    return new RegExp(pattern, "u");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`--key-pattern: ${reason}`);
  }
}

/**
 * With a pattern: its first group, or the whole match if it has none. A line that does not match,
 * and every line without a pattern, gets a random key, so that such lines spread over the shards.
 */
export function keyOfLine(pattern: RegExp | undefined, random: Random): KeyOfLine {
  if (pattern === undefined) {
    return () => ({ partitionKey: randomKey(random), matched: true });
  }
  return (line) => {
    const match = pattern.exec(line.toString("utf8"));
    if (match === null) return { partitionKey: randomKey(random), matched: false };
    return { partitionKey: match[1] ?? (match.length > 1 ? "" : match[0]), matched: true };
  };
}

/** Ten characters: short enough to cost little in an aggregate, varied enough to spread evenly. */
function randomKey(random: Random): string {
  return Math.floor(random.next() * 36 ** 10)
    .toString(36)
    .padStart(10, "0");
}
