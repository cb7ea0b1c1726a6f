/** A history as lines to read, in the order in which it happened. */

import type { Lease } from "@shardline/model";
import type { Delivery, History } from "./history.ts";

interface Line {
  readonly step: number;
  readonly atMs: number;
  readonly text: string;
}

export function traceLines(history: History): Line[] {
  const lines: Line[] = [];
  for (const { verb, leaseKey, before, after, incarnation, atMs, step } of history.rowWrites) {
    const text = `row      ${leaseKey} ${verb} by ${incarnation ?? "an operator"}: ${rowText(before)} -> ${rowText(after)}`;
    lines.push({ step, atMs, text });
  }
  for (const delivery of history.deliveries) {
    const { beginStep, beginMs, endStep, endMs } = delivery;
    lines.push({ step: beginStep, atMs: beginMs, text: `begin    ${deliveryText(delivery)}` });
    if (endStep !== undefined && endMs !== undefined) {
      const text = `${(delivery.outcome ?? "").padEnd(8)} ${deliveryText(delivery)}`;
      lines.push({ step: endStep, atMs: endMs, text });
    }
  }
  for (const { hook, incarnation, shardId, fence, atMs, step } of history.hooks) {
    lines.push({ step, atMs, text: `hook     ${hook} ${incarnation} ${shardId} fence ${fence}` });
  }
  for (const { name, incarnation, payload, atMs, step } of history.events) {
    const text = `event    ${incarnation ?? "world"} ${name} ${JSON.stringify(payload, plain)}`;
    lines.push({ step, atMs, text: text.slice(0, 300) });
  }
  return lines.sort((a, b) => a.step - b.step);
}

export function traceText(lines: readonly Line[]): string {
  return lines.map(({ atMs, text }) => `${atMs.toFixed(1).padStart(10)} ${text}`).join("\n");
}

/** The lines around a moment: what is most likely to explain it stands before it. */
export function traceAround(history: History, atMs: number, count: number): string {
  const lines = traceLines(history);
  const after = lines.findIndex((line) => line.atMs > atMs);
  const end = Math.min(lines.length, (after < 0 ? lines.length : after) + Math.floor(count / 4));
  return traceText(lines.slice(Math.max(0, end - count), end));
}

function rowText(lease: Lease | undefined): string {
  if (lease === undefined) return "(none)";
  const { owner, checkpointOwner, counter, checkpoint } = lease;
  const holder =
    checkpointOwner === undefined ? (owner ?? "nobody") : `${checkpointOwner}=>${owner}`;
  const { sequenceNumber, subSequenceNumber } = checkpoint;
  return `[${holder} c${counter} ${sequenceNumber.slice(-14)}/${subSequenceNumber}]`;
}

function deliveryText({ incarnation, shardId, fence, records }: Delivery): string {
  const first = records[0];
  const last = records.at(-1);
  return `${incarnation} ${shardId} fence ${fence}: ${records.length} records ${first?.putId} … ${last?.putId}`;
}

function plain(_key: string, value: unknown): unknown {
  return value instanceof Error ? value.message : typeof value === "bigint" ? String(value) : value;
}
