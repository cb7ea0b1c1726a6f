/** A child process: runs the seeds that it is told and reports each result as a message. */

import { plantNamed } from "./planted/all.ts";
import type { ScenarioKind } from "./scenario/scenario.ts";
import { runSeed, watchUnhandledRejections } from "./seed-run.ts";

export interface Job {
  readonly from: number;
  readonly step: number;
  readonly count: number;
  readonly kind: ScenarioKind;
  readonly plant: string | undefined;
  /** Stop after the first violation. */
  readonly untilCaught: boolean;
}

export interface SeedResult {
  readonly seed: number;
  readonly hash: string;
  readonly events: number;
  readonly virtualMs: number;
  readonly violations: readonly { readonly property: string; readonly message: string }[];
  readonly counters: readonly (readonly [string, number])[];
}

async function work(job: Job): Promise<void> {
  const plant = job.plant === undefined ? undefined : plantNamed(job.plant);
  for (let i = 0; i < job.count; i++) {
    const seed = job.from + i * job.step;
    const { history, violations, hash, events, virtualMs } = await runSeed(seed, plant, job.kind);
    const result: SeedResult = {
      seed,
      hash,
      events,
      virtualMs,
      violations: violations.map(({ property, message }) => ({ property, message })),
      counters: [...history.counters],
    };
    process.send?.(result);
    const caught = violations.some(({ property }) => plant?.properties.includes(property));
    if (job.untilCaught && caught) break;
  }
  process.disconnect?.();
}

process.once("message", (job: Job) => {
  watchUnhandledRejections();
  void work(job);
});
