/** `npm run simulate`: seeds, one seed with its trace, a schedule from a file, or the planted bugs. */

import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { simulatePlants } from "./run-plants.ts";
import { simulateSeeds } from "./run-seeds.ts";
import { simulateOne } from "./run-one.ts";

const HELP = `npm run simulate -- [options]

Many seeds:
  --seeds N              how many (default 200)
  --from SEED            the first of them (default 1)
  --processes N          child processes (default 2)

One run, twice, to prove that it repeats:
  --seed SEED            all of it drawn from this seed
  --schedule FILE        a saved run (simulation-failures/, test/simulation/regressions/): it holds its settings, and
                         needs no --seed; or a JSON array of faults, instead of those drawn from --seed
  --trace                print everything that happened

Planted bugs, to prove that they are caught:
  --planted [NAME …]     these (default: all), each from --from within --seeds (default 20000); with --producers
                         and no NAME those of producers. Each is looked for in the kind of run that it is for

For each of these:
  --producers            seeds stand for runs of producers alone, without workers: many more seeds a second
  --json                 the outcome as a line of JSON
  --help                 print this and exit

Exit code: 0 if all went well; 1 if a promise was broken, a run did not repeat, a state that must be reached was
not, or a planted bug was not caught.
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
