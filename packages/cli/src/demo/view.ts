/** What the demo shows: a status while it runs, a table at its end. Pure. */

import type { Verdict } from "./verdict.ts";

export interface Progress {
  readonly seconds: number;
  readonly records: number;
  readonly acknowledged: number;
  readonly processed: number;
  readonly workers: readonly {
    readonly name: string;
    readonly state: "running" | "killed" | "stopped";
    readonly deliveries: number;
    readonly shards: number;
  }[];
  readonly events: readonly string[];
}

const BAR_WIDTH = 40;

/** Several lines, redrawn in place on a terminal. */
export function progressLines(progress: Progress): string[] {
  const { records, acknowledged, processed, workers, events, seconds } = progress;
  return [
    `  put and acknowledged  ${bar(acknowledged, records)} ${number(acknowledged)}`,
    `  processed             ${bar(processed, records)} ${number(processed)}`,
    ...workers.map(({ name, state, deliveries, shards }) => {
      const holds = state === "running" ? `${shards} shard${shards === 1 ? "" : "s"}` : state;
      return `  ${name.padEnd(10)} ${holds.padEnd(10)} ${number(deliveries).padStart(8)} records`;
    }),
    ...events.map((event) => `  ${event}`),
    `  ${seconds.toFixed(1)} s`,
  ];
}

/** One line, for logs. */
export function progressLine(progress: Progress): string {
  const { seconds, records, acknowledged, processed, workers } = progress;
  const each = workers.map(({ name, state, shards, deliveries }) =>
    state === "running" ? `${name} ${shards} shards, ${deliveries}` : `${name} ${state}`,
  );
  return `${seconds.toFixed(0).padStart(3)} s  acknowledged ${acknowledged}/${records}  processed ${processed}  ${each.join(" · ")}`;
}

export interface Report {
  readonly verdict: Verdict;
  readonly input: string;
  readonly endpoint: string;
  readonly victim: string | undefined;
  readonly split: string | undefined;
  readonly problems: readonly string[];
  readonly seconds: number;
}

/** The table at the end. */
export function reportLines(report: Report): string[] {
  const { verdict, victim, split } = report;
  const mark = (good: boolean): string => (good ? "✓" : "✗");
  const take = verdict.takeoverMs;
  const rows: [string, string, string][] = [
    ["put", number(verdict.records), report.input],
    ["acknowledged", number(verdict.acknowledged), mark(verdict.acknowledged === verdict.records)],
    ["processed", number(verdict.processed), "distinct records, each at least once"],
    [
      "duplicated",
      number(verdict.duplicates),
      `${mark(verdict.duplicates <= verdict.duplicateBound)} bound ${number(verdict.duplicateBound)}: processed by ${victim ?? "nobody"} after its last checkpoints${verdict.duplicateBound === 0 ? "" : ", plus retried puts"}`,
    ],
    ["lost", number(verdict.lost), mark(verdict.lost === 0)],
    ["corrupted", number(verdict.corrupt), mark(verdict.corrupt === 0)],
    [
      "out of order",
      number(verdict.outOfOrder),
      `${mark(verdict.outOfOrder === 0)} of ${number(verdict.keysChecked)} keys with several records`,
    ],
    [
      "take-over",
      take === null ? "none" : `${(take / 1000).toFixed(1)} s`,
      victim === undefined
        ? "✗ no worker was killed"
        : take === null
          ? `nothing was left to deliver of what ${victim} held`
          : `SIGKILL of ${victim} to delivery elsewhere, slowest of ${verdict.shardsTakenOver} shards`,
    ],
    ["split", split === undefined ? "none" : "1", split ?? "✗ no shard was split"],
    ["seconds", report.seconds.toFixed(1), report.endpoint],
  ];
  const lines = rows.map(([name, value, note]) =>
    `  ${name.padEnd(14)}${value.padStart(10)}   ${note}`.trimEnd(),
  );
  const problems = report.problems.map((problem) => `  ✗ ${problem}`);
  return ["", ...lines, ...problems, ""];
}

/** The line for machines. */
export function reportJson(verdict: Verdict, ok: boolean, seconds: number): string {
  const { records, acknowledged, processed, duplicates, lost, outOfOrder, takeoverMs } = verdict;
  return JSON.stringify({
    ok,
    records,
    acknowledged,
    processed,
    duplicates,
    lost,
    outOfOrder,
    takeoverMs,
    seconds: Math.round(seconds * 10) / 10,
  });
}

function bar(part: number, whole: number): string {
  const filled = whole === 0 ? 0 : Math.min(BAR_WIDTH, Math.round((part / whole) * BAR_WIDTH));
  return `${"█".repeat(filled)}${"░".repeat(BAR_WIDTH - filled)}`;
}

function number(value: number): string {
  return value.toLocaleString("en-US");
}
