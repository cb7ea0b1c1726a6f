/** What a failure says: enough to replay it on another machine and to begin to understand it. */

import { execFileSync } from "node:child_process";
import { traceAround } from "./history/trace.ts";
import type { Judged } from "./seed-run.ts";

const TRACE_LINES = 40;

export function failureReport(judged: Judged, drawnFaults: number, replay: string): string {
  const { scenario, schedule, violations, history, hash } = judged;
  const [first] = violations;
  const lines = [
    `seed ${scenario.seed}: ${violations.length} violation${violations.length === 1 ? "" : "s"}`,
    ...violations
      .slice(0, 8)
      .map((one) => `  ${one.property} at ${one.atMs.toFixed(0)} ms: ${one.message}`),
    ...(violations.length > 8 ? [`  … and ${violations.length - 8} more`] : []),
    `node ${process.version}, commit ${commit()}, trace hash ${hash}`,
    `scenario ${JSON.stringify(scenario)}`,
    `schedule, ${schedule.length} of ${drawnFaults} faults:`,
    ...schedule.map((fault) => `  ${JSON.stringify(fault)}`),
    "trace around the first violation:",
    traceAround(history, first?.atMs ?? 0, TRACE_LINES),
    `replay: ${replay}`,
  ];
  return lines.join("\n");
}

function commit(): string {
  try {
    return execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
  } catch {
    return "unknown";
  }
}
