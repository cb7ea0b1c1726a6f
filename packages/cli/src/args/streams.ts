/** `--stream NAME:SHARDS`. */

import { UsageError } from "../errors.ts";

export interface StreamToCreate {
  readonly name: string;
  readonly shards: number;
}

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_CreateStream.html */
const STREAM_NAME = /^[a-zA-Z0-9_.-]{1,128}$/;
/** Enough for any test; each shard costs little, but a slip of the finger should not cost all memory. */
const MAX_SHARDS = 10_000;

/** Without a number: one shard. */
export function parseStreamToCreate(text: string): StreamToCreate {
  const [streamName = "", count = "1", ...rest] = text.split(":");
  const shardCount = /^[0-9]{1,5}$/.test(count) ? Number(count) : 0;
  const valid = STREAM_NAME.test(streamName) && shardCount >= 1 && shardCount <= MAX_SHARDS;
  if (!valid || rest.length > 0) {
    const expected = `NAME:SHARDS, as in orders:4 (a name of letters, digits, "_", "." or "-"; 1 … ${MAX_SHARDS} shards)`;
    throw new UsageError(`--stream: got ${JSON.stringify(text)}, expected ${expected}`);
  }
  return { name: streamName, shards: shardCount };
}
