import { runJob } from "./fan-out.ts";
import { kindFor, PLANTS, plantNamed } from "./planted/all.ts";
import type { Plant } from "./planted/plant.ts";
import type { ScenarioKind } from "./scenario/scenario.ts";

export interface PlantsOptions {
  /** None: all. */
  readonly names: readonly string[];
  readonly from: number;
  /** Each must be caught within so many. */
  readonly seeds: number;
  readonly processes: number;
  readonly kind: ScenarioKind;
  readonly json: boolean;
}

export interface Caught {
  readonly name: string;
  /** How many seeds it took; undefined: it was not caught. */
  readonly after: number | undefined;
  readonly seed: number | undefined;
  readonly properties: readonly string[];
}

/** Returns the exit code: 1 if a planted bug gets through. */
export async function simulatePlants(options: PlantsOptions): Promise<number> {
  const all = PLANTS.filter((one) => options.kind === "fleet" || kindFor(one) === options.kind);
  const plants = options.names.length === 0 ? [...all] : options.names.map(plantNamed);
  const queue = [...plants];
  const table: Caught[] = [];
  const lane = async (): Promise<void> => {
    for (let plant = queue.shift(); plant !== undefined; plant = queue.shift()) {
      const caught = await hunt(plant, options);
      table.push(caught);
      if (!options.json) process.stdout.write(line(caught));
    }
  };
  await Promise.all(Array.from({ length: options.processes }, lane));
  const free = table.filter(({ after }) => after === undefined);
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ ok: free.length === 0, planted: table })}\n`);
  } else {
    process.stdout.write(`${table.length - free.length} of ${table.length} planted bugs caught\n`);
  }
  return free.length === 0 ? 0 : 1;
}

async function hunt(plant: Plant, { from, seeds }: PlantsOptions): Promise<Caught> {
  let after: number | undefined;
  let seed: number | undefined;
  let properties: readonly string[] = [];
  const job = {
    from,
    step: 1,
    count: seeds,
    kind: kindFor(plant),
    plant: plant.name,
    untilCaught: true,
  };
  await runJob(job, (result) => {
    const found = result.violations.map(({ property }) => property);
    if (!found.some((property) => plant.properties.includes(property))) return;
    seed = result.seed;
    after = result.seed - from + 1;
    properties = [...new Set(found)];
  });
  return { name: plant.name, after, seed, properties };
}

function line({ name, after, properties }: Caught): string {
  const how =
    after === undefined ? "NOT caught" : `after ${after} seeds by ${properties.join(", ")}`;
  return `${name.padEnd(44)} ${how}\n`;
}
