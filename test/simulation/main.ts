/** `npm run simulate`: seeds, one seed with its trace, a schedule from a file, or the planted bugs. */

import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { simulatePlants } from "./run-plants.ts";
import { simulateSeeds } from "./run-seeds.ts";
import { simulateOne } from "./run-one.ts";

const HELP = `npm run simulate -- [options]

  --seeds N          how many seeds (default 200)
  --from SEED        the first of them (default 1)
  --processes N      child processes (default 2)
  --producers        producers alone, without workers: many more seeds a second
  --seed S           this seed alone; twice, to prove that it repeats
  --schedule FILE    with --seed: these faults instead of the drawn ones (a JSON array, or a regression file)
  --trace            with --seed: print everything that happened
  --planted [NAME]   prove that the planted bugs are caught, each within --seeds (default 20000)
  --json             one line of JSON at the end
`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seeds: { type: "string" },
      from: { type: "string", default: "1" },
      processes: { type: "string", default: "2" },
      seed: { type: "string" },
      schedule: { type: "string" },
      producers: { type: "boolean", default: false },
      trace: { type: "boolean", default: false },
      planted: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const from = whole("from", values.from);
  const processes = whole("processes", values.processes);
  const { json } = values;
  const kind = values.producers ? "producers" : "fleet";
  if (values.planted) {
    const seeds = whole("seeds", values.seeds ?? "20000");
    return simulatePlants({ names: positionals, from, seeds, processes, kind, json });
  }
  if (positionals.length > 0) throw new Error(`what is ${positionals.join(" ")}? See --help`);
  if (values.seed !== undefined || values.schedule !== undefined) {
    const file =
      values.schedule === undefined
        ? undefined
        : (JSON.parse(readFileSync(values.schedule, "utf8")) as unknown);
    const seed = values.seed === undefined ? undefined : whole("seed", values.seed);
    return simulateOne({ seed, file, kind, trace: values.trace, json });
  }
  const seeds = whole("seeds", values.seeds ?? "200");
  return simulateSeeds({ from, seeds, processes, kind, json });
}

function whole(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new Error(`--${name}: got ${text}, expected an integer from 1`);
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  },
);
