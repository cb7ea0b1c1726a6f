/** A stream by name or by ARN. */

import type { StreamRef } from "@shardline/model";
import { UsageError } from "./errors.ts";

const NAME = /^[a-zA-Z0-9_.-]{1,128}$/;
const ARN = /^arn:[^:]+:kinesis:[^:]*:[^:]*:stream\/[a-zA-Z0-9_.-]{1,128}$/;

/** @throws UsageError for what can be neither. */
export function parseStreamRef(text: string): StreamRef {
  if (ARN.test(text)) return { streamArn: text };
  if (NAME.test(text)) return { streamName: text };
  throw new UsageError(
    `${JSON.stringify(text)} names no stream: expected 1 to 128 letters, digits, "_", "." or "-", or a stream's ARN`,
  );
}
