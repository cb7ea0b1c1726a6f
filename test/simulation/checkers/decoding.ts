/** S9: what is stored can be read, by a strict KCL reader too, and holds nothing but what was put. */

import { type AggregatedRecord, decodeAggregate, KCL_DECODING } from "@shardline/aggregation";
import type { History, StoredRecord } from "../history/history.ts";
import type { StoredUserRecord } from "../oracle/stream-truth.ts";
import type { Violation } from "./violation.ts";

/** Data and partition key. https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html */
const MAX_RECORD_BYTES = 1_048_576;

export function s9Readable(history: History): Violation[] {
  const violations: Violation[] = [];
  const members = new Map<string, StoredUserRecord[]>();
  for (const [shardId, records] of history.truth.byShard) {
    for (const record of records) {
      const key = `${shardId}/${record.sequenceNumber}`;
      const list = members.get(key);
      if (list === undefined) members.set(key, [record]);
      else list.push(record);
    }
  }
  for (const stored of history.stored) {
    const held = members.get(`${stored.shardId}/${stored.sequenceNumber}`) ?? [];
    const problem = problemOf(history, stored, held);
    if (problem === undefined) continue;
    const message = `${stored.shardId} ${stored.sequenceNumber} ${problem}`;
    violations.push({ property: "S9", atMs: stored.atMs, message });
  }
  return violations;
}

function problemOf(
  history: History,
  stored: StoredRecord,
  held: readonly StoredUserRecord[],
): string | undefined {
  const bytes = stored.data.length + Buffer.byteLength(stored.partitionKey);
  if (bytes > MAX_RECORD_BYTES) return `has ${bytes} bytes`;
  for (const { putId, partitionKey, explicitHashKey, data } of held) {
    const put = history.puts.get(putId);
    if (put === undefined) return `holds ${putId}, which nobody put`;
    if (put.data !== data || put.partitionKey !== partitionKey) return `holds ${putId} changed`;
    // A record on its own has no hash key of its own in the stream.
    const aggregated = held.length > 1 || explicitHashKey !== undefined;
    if (aggregated && put.explicitHashKey !== explicitHashKey) {
      return `holds ${putId} with another hash key`;
    }
  }
  const range = history.shards.get(stored.shardId)?.shard.hashKeyRange;
  const decoded = decodeAggregate(stored.data, { ...KCL_DECODING, range });
  const seen = decoded.kind === "plain" ? 1 : decoded.records.length;
  const kept = held.filter((one) => one.kept);
  if (seen !== kept.length)
    return `shows ${seen} records to a KCL reader instead of ${kept.length}`;
  const differs = (one: AggregatedRecord, i: number): boolean =>
    one.partitionKey !== kept[i]?.partitionKey ||
    one.explicitHashKey !== kept[i]?.explicitHashKey ||
    Buffer.from(one.data).toString("latin1") !== kept[i]?.data;
  if (decoded.kind === "aggregate" && decoded.records.some(differs)) return "decodes differently";
  return undefined;
}
