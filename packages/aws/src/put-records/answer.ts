/** PutRecords' answer → one outcome an entry, or `MalformedAnswer`. */

import type { PutRecordsAnswer, PutRecordsEntryOutcome } from "@shardline/model";
import { MalformedAnswer } from "../kinesis-words.ts";
import { redacted } from "../redact.ts";

/** The answer's shape, the SDK's and the wire's alike. */
export interface PutRecordsOutput {
  readonly Records?: readonly PutRecordsResultEntry[] | undefined;
}

interface PutRecordsResultEntry {
  readonly SequenceNumber?: string | undefined;
  readonly ShardId?: string | undefined;
  readonly ErrorCode?: string | undefined;
  readonly ErrorMessage?: string | undefined;
}

/** Entries are matched by position alone, so a count that differs makes all of them worthless (F43). */
export function readPutRecordsOutput(output: PutRecordsOutput, sent: number): PutRecordsAnswer {
  const results = output.Records;
  if (!Array.isArray(results)) throw new MalformedAnswer("Records is missing");
  if (results.length !== sent) {
    throw new MalformedAnswer(`${results.length} results for ${sent} records`);
  }
  return { entries: (results as readonly PutRecordsResultEntry[]).map(readEntry) };
}

function readEntry(entry: PutRecordsResultEntry): PutRecordsEntryOutcome {
  if (typeof entry !== "object" || entry === null)
    throw new MalformedAnswer("a result is no object");
  const { ErrorCode: code, ShardId: shardId, SequenceNumber: sequenceNumber } = entry;
  if (typeof code === "string") {
    return { kind: "failed", code, message: redacted(String(entry.ErrorMessage ?? "")) };
  }
  if (typeof shardId !== "string" || typeof sequenceNumber !== "string") {
    throw new MalformedAnswer("a result has neither an error nor a sequence number");
  }
  return { kind: "ok", shardId, sequenceNumber };
}
