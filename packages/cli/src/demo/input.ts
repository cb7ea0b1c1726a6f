/** The demo's input: lines of a file, or generated traffic. */

import { createReadStream } from "node:fs";
import { limits, type Random } from "@shardline/model";
import { CliError } from "../errors.ts";
import { readLines } from "../lines.ts";
import { compileKeyPattern, keyOfLine } from "../partition-key.ts";
import { digestOf } from "./journal.ts";
import type { PutRecord } from "./ledger.ts";
import { generateTraffic } from "./traffic.ts";

/** An access log begins with the client's address. */
export const DEFAULT_KEY_PATTERN = "^(\\S+)";
const GENERATED_LINES = 10_000;

export interface DemoInput {
  /** For people. */
  readonly description: string;
  readonly records: readonly PutRecord[];
  /** What is piped to the producer. */
  readonly text: Buffer;
}

/** @throws CliError if there is nothing to put. */
export async function loadInput(
  file: string | undefined,
  keyPattern: string,
  random: Random,
): Promise<DemoInput> {
  const lines =
    file === undefined
      ? generateTraffic(GENERATED_LINES, random).map((line) => Buffer.from(line))
      : await linesOfFile(file);
  if (lines.length === 0) throw new CliError(`${file ?? "input"} is empty: give a file with lines`);
  const keyOf = keyOfLine(compileKeyPattern(keyPattern), random);
  const records = lines.map((line): PutRecord => {
    const { partitionKey, matched } = keyOf(line);
    return { partitionKey: matched ? partitionKey : undefined, digest: digestOf(line) };
  });
  const newLine = Buffer.from("\n");
  return {
    description:
      file === undefined ? "generated web traffic, no real requests" : `lines of ${file}`,
    records,
    text: Buffer.concat(lines.flatMap((line) => [line, newLine])),
  };
}

async function linesOfFile(file: string): Promise<Buffer[]> {
  const lines: Buffer[] = [];
  for await (const some of readLines(createReadStream(file), limits.MAX_MAX_RECORD_BYTES)) {
    lines.push(...some);
  }
  return lines;
}
