/** From a seed to a judged run. */

import { judge } from "./checkers/all.ts";
import type { Violation } from "./checkers/violation.ts";
import { drawSchedule } from "./faults/draw.ts";
import type { Schedule } from "./faults/fault.ts";
import type { History } from "./history/history.ts";
import { NOTHING_PLANTED, type Plant } from "./planted/plant.ts";
import { drawScenario, type Scenario, type ScenarioKind } from "./scenario/scenario.ts";
import { countStates } from "./sometimes.ts";
import { runScenario } from "./world/run.ts";

export interface Judged {
  readonly scenario: Scenario;
  readonly schedule: Schedule;
  readonly history: History;
  readonly violations: readonly Violation[];
  readonly hash: string;
  readonly events: number;
  readonly virtualMs: number;
}

/** A promise that nobody looks after is a bug of the machines, whatever it would have changed. */
let unhandled: unknown[] = [];

export function watchUnhandledRejections(): void {
  process.on("unhandledRejection", (reason) => {
    unhandled.push(reason);
  });
}

export async function runSeed(
  seed: number,
  plant: Plant = NOTHING_PLANTED,
  kind: ScenarioKind = "fleet",
): Promise<Judged> {
  const scenario = drawScenario(seed, kind);
  return runJudged(scenario, drawSchedule(scenario), plant);
}

export async function runJudged(
  scenario: Scenario,
  schedule: Schedule,
  plant: Plant = NOTHING_PLANTED,
): Promise<Judged> {
  unhandled = [];
  const run = await runScenario(scenario, schedule, plant);
  const violations = [
    ...judge(run.history),
    ...unhandled.map((reason) => ({
      property: "X",
      atMs: run.virtualMs,
      message: `unhandled rejection: ${reason instanceof Error ? reason.stack : String(reason)}`,
    })),
  ];
  countStates(run.history);
  return { scenario, schedule, violations, ...run };
}
