/** Spreads seeds over child processes; nothing is shared between them. */

import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Job, SeedResult } from "./child.ts";
import type { ScenarioKind } from "./scenario/scenario.ts";

const CHILD = fileURLToPath(new URL("./child.js", import.meta.url));

/** Resolves when the child has done its job; rejects if it dies before. */
export function runJob(job: Job, onResult: (result: SeedResult) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const child: ChildProcess = fork(CHILD, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    let last: number | undefined;
    child.on("message", (result: SeedResult) => {
      last = result.seed;
      onResult(result);
    });
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`a child died (${signal ?? code}) after seed ${last ?? "none"}`));
    });
    child.send(job);
  });
}

export interface Seeds {
  readonly from: number;
  readonly seeds: number;
  readonly processes: number;
  readonly kind: ScenarioKind;
}

export function spread(
  { from, seeds: count, processes, kind }: Seeds,
  onResult: (result: SeedResult) => void,
): Promise<void[]> {
  // A child without a seed would hang up before it is connected, and die of that.
  const step = Math.min(processes, count);
  const jobs = Array.from({ length: step }, (_, i): Job => {
    const share = Math.ceil((count - i) / step);
    return { from: from + i, step, count: share, kind, plant: undefined, untilCaught: false };
  });
  return Promise.all(jobs.map((job) => runJob(job, onResult)));
}
