/**
 * `node test/dist/fuzz/decode.js [--minutes N] [--seed N]`: coverage-guided fuzzing of the decoder of
 * aggregates. Inputs that reach a new branch, or one more often, join the corpus. What must hold for
 * any bytes: an answer, its counts add up, its records lie inside the input, and time is linear.
 */

import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import type * as aggregation from "@shardline/aggregation";
import { SeededRandom } from "@shardline/local";
import { createInstrumenter } from "istanbul-lib-instrument";
import { mutate } from "./mutate.ts";

type Decode = typeof aggregation.decodeAggregate;
type Counters = Record<string, { b: Record<string, number[]>; s: Record<string, number> }>;

const COVERAGE = "__shardlineFuzz";
const MAX_INPUT_BYTES = 4096;
/** Far above what the largest input needs on a slow machine. */
const MAX_MS = 250;
const RANGE = { start: "4".padEnd(32, "0"), end: "c".padEnd(32, "0") };
const OPTIONS: readonly aggregation.DecodeOptions[] = [
  {},
  { range: RANGE },
  { range: RANGE, outOfRange: "drop-record" },
  { range: RANGE, outOfRange: "drop-aggregate", afterDamaged: "drop" },
];

/** The built decoder with counters in its branches. */
async function instrumented(): Promise<Decode> {
  const source = fileURLToPath(new URL(".", import.meta.resolve("@shardline/aggregation")));
  const target = mkdtempSync(join(tmpdir(), "shardline-fuzz-"));
  process.on("exit", () => rmSync(target, { recursive: true, force: true }));
  const instrumenter = createInstrumenter({ esModules: true, coverageVariable: COVERAGE });
  for (const file of readdirSync(source).filter((name) => name.endsWith(".js"))) {
    const code = readFileSync(join(source, file), "utf8");
    writeFileSync(join(target, file), instrumenter.instrumentSync(code, join(target, file)));
  }
  writeFileSync(join(target, "package.json"), '{"type":"module"}');
  symlinkSync(
    fileURLToPath(new URL("../../../node_modules", import.meta.url)),
    join(target, "node_modules"),
  );
  const module = (await import(pathToFileURL(join(target, "index.js")).href)) as typeof aggregation;
  return module.decodeAggregate;
}

/** Counters in classes of powers of two, so that a loop that runs on and on is not always news. */
class Coverage {
  readonly #seen = new Set<string>();

  isNew(): boolean {
    let fresh = false;
    const files = (globalThis as unknown as Record<string, Counters>)[COVERAGE] ?? {};
    for (const [file, { b, s }] of Object.entries(files)) {
      for (const [id, counts] of [...Object.entries(b), ["s", Object.values(s)] as const]) {
        for (const [i, count] of counts.entries()) {
          if (count === 0) continue;
          const key = `${file} ${id} ${i} ${32 - Math.clz32(count)}`;
          counts[i] = 0;
          if (this.#seen.has(key)) continue;
          this.#seen.add(key);
          fresh = true;
        }
      }
      for (const id of Object.keys(s)) s[id] = 0;
    }
    return fresh;
  }

  get size(): number {
    return this.#seen.size;
  }
}

function check(decode: Decode, input: Buffer): void {
  for (const options of OPTIONS) {
    const decoded = decode(input, options);
    if (decoded.kind === "plain") continue;
    const { damaged, dropped, outOfRange, records, total } = decoded;
    if (records.length + dropped !== total) throw new Error("the counts do not add up");
    if (damaged + outOfRange > total) throw new Error("more is wrong than there is");
    for (const { data, subSequenceNumber } of records) {
      if (subSequenceNumber >= total) throw new Error("a sub-sequence number beyond the end");
      const start = data.byteOffset - input.byteOffset;
      if (start < 0 || start + data.length > input.length)
        throw new Error("data outside the input");
    }
  }
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      minutes: { type: "string", default: "10" },
      seed: { type: "string", default: "1" },
    },
  });
  const random = new SeededRandom(Number(values.seed));
  const decode = await instrumented();
  const vectors = JSON.parse(
    readFileSync(
      new URL("../../../packages/aggregation/vectors/aggregation.json", import.meta.url),
      "utf8",
    ),
  ) as { readonly hex: string }[];
  const corpus: Buffer[] = vectors.map((vector) => Buffer.from(vector.hex, "hex"));
  const coverage = new Coverage();
  const endMs = performance.now() + Number(values.minutes) * 60_000;
  let runs = 0;
  for (; performance.now() < endMs; runs++) {
    const input = mutate(random.pick(corpus), random.pick(corpus), random).subarray(
      0,
      MAX_INPUT_BYTES,
    );
    const startMs = performance.now();
    try {
      check(decode, input);
      const tookMs = performance.now() - startMs;
      if (tookMs > MAX_MS) throw new Error(`${tookMs} ms`);
    } catch (error) {
      console.error(`run ${runs}, seed ${values.seed}: ${String(error)}\n${input.toString("hex")}`);
      return 1;
    }
    if (coverage.isNew()) corpus.push(input);
  }
  console.log(
    JSON.stringify({ runs, corpus: corpus.length, coverage: coverage.size, failures: 0 }),
  );
  return 0;
}

process.exitCode = await main();
