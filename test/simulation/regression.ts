/** A saved run: the scenario and the faults in full, because a seed alone rots when code changes. */

import type { Schedule } from "./faults/fault.ts";
import type { Scenario } from "./scenario/scenario.ts";

export interface Regression {
  /** What went wrong and where the cause was. */
  readonly about: string;
  readonly scenario: Scenario;
  readonly schedule: Schedule;
}

export function isRegression(value: unknown): value is Regression {
  return typeof value === "object" && value !== null && "scenario" in value && "schedule" in value;
}
