/** `--from`: where to begin to read. */

import type { InitialPosition } from "@shardline/model";
import { UsageError } from "../errors.ts";

const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

const EXPECTED =
  "trim-horizon, latest, a time (2026-05-17T10:05:00Z or seconds since 1970) or an age (15m, 2h, 1d)";

/** @param nowMs milliseconds since the epoch, for ages. */
export function parseFrom(text: string, nowMs: number): InitialPosition {
  if (text === "trim-horizon" || text === "latest") return { kind: text };
  const timestampMs = parseTime(text, nowMs);
  if (timestampMs === undefined) {
    throw new UsageError(`--from: got ${JSON.stringify(text)}, expected ${EXPECTED}`);
  }
  return { kind: "at-timestamp", timestampMs };
}

function parseTime(text: string, nowMs: number): number | undefined {
  const age = /^([0-9]{1,9})([smhd])$/.exec(text);
  if (age !== null) return Math.max(0, nowMs - Number(age[1]) * (UNIT_MS[age[2] ?? ""] ?? 0));
  // Thirteen digits are milliseconds: seconds of that size are 30,000 years ahead.
  if (/^[0-9]{1,13}$/.test(text)) return text.length > 11 ? Number(text) : Number(text) * 1000;
  // Only ISO 8601: Date.parse alone would take "5" or "may".
  if (!/^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ]|$)/.test(text)) return undefined;
  const parsed = Date.parse(text);
  return Number.isNaN(parsed) ? undefined : parsed;
}
