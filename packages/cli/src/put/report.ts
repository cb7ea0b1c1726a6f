/** What `put` prints. Pure. */

import type { PutResult } from "@shardline/producer";
import type { PutCounts } from "./put-lines.ts";

/** One line, redrawn in place on a terminal. */
export function progressText(counts: PutCounts, seconds: number): string {
  const rate = seconds > 0 ? Math.round(counts.acknowledged / seconds) : 0;
  return `${number(counts.acknowledged)} acknowledged of ${number(counts.records)} read, ${number(rate)}/s`;
}

export function summaryText(streamName: string, counts: PutCounts, seconds: number): string {
  const parts = [
    `${number(counts.acknowledged)} of ${number(counts.records)} records acknowledged by ${streamName}`,
    `${number(counts.bytes)} bytes`,
    `${seconds.toFixed(1)} s`,
  ];
  if (counts.unmatched > 0) {
    parts.push(
      `${number(counts.unmatched)} did not match --key-pattern and got a random partition key`,
    );
  }
  return parts.join(", ");
}

export function summaryJson(counts: PutCounts, seconds: number): string {
  const { records, acknowledged, failed, bytes, unmatched } = counts;
  const rounded = Math.round(seconds * 1000) / 1000;
  return JSON.stringify({ records, acknowledged, failed, bytes, unmatched, seconds: rounded });
}

export function acknowledgementJson(line: number, result: PutResult): string {
  const { shardId, sequenceNumber, subSequenceNumber, attempts } = result;
  const tries = attempts.length;
  return JSON.stringify({ line, shardId, sequenceNumber, subSequenceNumber, attempts: tries });
}

function number(value: number): string {
  return value.toLocaleString("en-US");
}
