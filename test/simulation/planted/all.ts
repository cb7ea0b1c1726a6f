/** Every planted bug. */

import { APPLICATION_BUGS } from "./application-bugs.ts";
import type { ScenarioKind } from "../scenario/scenario.ts";
import { LEASE_BUGS } from "./lease-bugs.ts";
import type { Plant } from "./plant.ts";
import { PRODUCING_BUGS } from "./producing-bugs.ts";
import { READING_BUGS } from "./reading-bugs.ts";
import { SCAN_BUGS } from "./scan-bugs.ts";

export const PLANTS: readonly Plant[] = [
  ...LEASE_BUGS,
  ...SCAN_BUGS,
  ...READING_BUGS,
  ...APPLICATION_BUGS,
  ...PRODUCING_BUGS,
];

/** In which runs a planted bug is looked for: those without workers are many times as fast. */
export function kindFor(plant: Plant): ScenarioKind {
  return PRODUCING_BUGS.includes(plant) ? "producers" : "fleet";
}

export function plantNamed(name: string): Plant {
  const plant = PLANTS.find((one) => one.name === name);
  if (plant === undefined) {
    throw new Error(
      `no planted bug ${name}; there are ${PLANTS.map((one) => one.name).join(", ")}`,
    );
  }
  return plant;
}
