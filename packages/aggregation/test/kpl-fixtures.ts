import { readFileSync } from "node:fs";
import type { UserRecord } from "@shardline/model";

type Data = string | { readonly repeat: string; readonly bytes: number };

export interface RecordedEntry {
  readonly outerKey: string;
  readonly outerHashKey: string;
  readonly aggregated: boolean;
  readonly bytes: number;
  readonly data?: Data;
  readonly sha256?: string;
  readonly records?: readonly (readonly [string, string | null, Data])[];
}

interface Recording {
  readonly cases: readonly { readonly name: string; readonly entries: readonly RecordedEntry[] }[];
}

/** What the Java KPL put on the wire, as recorded from it. */
export const recording: Recording = JSON.parse(
  readFileSync(new URL("./fixtures/kpl-1.1.1.json", import.meta.url), "utf8"),
) as Recording;

export function bytesOf(data: Data): Uint8Array {
  if (typeof data === "string") return Buffer.from(data, "base64");
  const unit = Buffer.from(data.repeat, "base64");
  return Buffer.alloc(data.bytes, unit);
}

export function userRecordsOf(entry: RecordedEntry): UserRecord[] {
  return (entry.records ?? []).map(([partitionKey, explicitHashKey, data]) => ({
    partitionKey,
    explicitHashKey: explicitHashKey ?? undefined,
    data: bytesOf(data),
  }));
}
