/** `npm run bench -- NAME|GROUP… [--json]`: runs the benches of this folder and prints what they found. */

import { readdirSync } from "node:fs";
import { parseArgs } from "node:util";
import { type Bench, type BenchResult, compare } from "./harness.ts";

const SUFFIX = ".bench.js";

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { json: { type: "boolean", default: false } },
    allowPositionals: true,
  });
  const benches = await findBenches();
  const wanted = benches.filter((bench) => positionals.some((word) => selects(bench, word)));
  const unknown = positionals.filter((word) => !benches.some((bench) => selects(bench, word)));
  if (positionals.length === 0 || unknown.length > 0) {
    const known = new Set(benches.flatMap((bench) => [bench.name, ...bench.groups]));
    const problem = unknown.length > 0 ? `no bench called ${unknown.join(", ")}` : "no bench given";
    console.error(`${problem}; known: ${[...known].toSorted().join(", ")}`);
    return 1;
  }
  const print = values.json ? printJson : printRow;
  if (!values.json) printHead();
  for (const bench of wanted) {
    await bench.run({
      report: print,
      async compare(benchCase): Promise<void> {
        for (const result of await compare(bench.name, benchCase)) print(result);
      },
    });
  }
  return 0;
}

async function findBenches(): Promise<Bench[]> {
  const files = readdirSync(new URL(".", import.meta.url)).filter((file) => file.endsWith(SUFFIX));
  return Promise.all(
    files.toSorted().map(async (file) => {
      const module = (await import(new URL(file, import.meta.url).href)) as { bench: Bench };
      return module.bench;
    }),
  );
}

function selects(bench: Bench, word: string): boolean {
  return bench.name === word || bench.groups.includes(word);
}

function printJson(result: BenchResult): void {
  console.log(JSON.stringify(result));
}

const COLUMNS = [12, 34, 12, 24, 12, 16, 8, 22] as const;

function printHead(): void {
  printLine(["bench", "case", "ours", "peer", "theirs", "unit", "ratio", "wall ours / theirs"]);
}

function printRow(result: BenchResult): void {
  const wall =
    result.oursWall === undefined ? "" : `${result.oursWall} / ${result.theirsWall ?? "-"}`;
  printLine([
    result.bench,
    result.case,
    String(result.ours),
    result.peer,
    String(result.theirs),
    result.unit,
    String(result.ratio),
    wall,
  ]);
}

function printLine(cells: readonly string[]): void {
  console.log(
    cells
      .map((cell, i) => cell.padEnd(COLUMNS[i] ?? 0))
      .join(" ")
      .trimEnd(),
  );
}

process.exitCode = await main();
