import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SeedResult } from "./child.ts";
import { type Seeds, spread } from "./fan-out.ts";
import { NOTHING_PLANTED } from "./planted/plant.ts";
import type { Regression } from "./regression.ts";
import { failureReport } from "./report.ts";
import { type ScenarioKind, seedFlags } from "./scenario/scenario.ts";
import { runJudged, runSeed, watchUnhandledRejections } from "./seed-run.ts";
import { shrink } from "./shrink.ts";
import { dryStates } from "./sometimes.ts";

export interface SeedsOptions extends Seeds {
  readonly json: boolean;
}

const SHOWN_FAILURES = 3;
const REPEATED_SEEDS = 3;

/** Runs a range of seeds. Returns the exit code: 1 on a violation, a dry state or a run that does not repeat. */
export async function simulateSeeds(options: SeedsOptions): Promise<number> {
  watchUnhandledRejections();
  const tally = new Tally(options);
  await spread(options, (result) => tally.add(result));
  tally.endProgress();
  const unrepeated = await unrepeatedSeeds(tally.results.slice(0, REPEATED_SEEDS), options.kind);
  const dry = dryStates(tally.counters, options);
  for (const { seed } of tally.failures.slice(0, SHOWN_FAILURES)) {
    process.stderr.write(`\n${await explained(seed, options.kind)}\n`);
  }
  process.stdout.write(options.json ? tally.json(dry, unrepeated) : tally.text(dry, unrepeated));
  return tally.failures.length + dry.length + unrepeated.length === 0 ? 0 : 1;
}

class Tally {
  readonly results: { readonly seed: number; readonly hash: string }[] = [];
  readonly failures: SeedResult[] = [];
  readonly counters: Map<string, number> = new Map();
  readonly #options: SeedsOptions;
  readonly #startMs = Date.now();
  #events = 0;
  #virtualMs = 0;

  constructor(options: SeedsOptions) {
    this.#options = options;
  }

  add(result: SeedResult): void {
    this.results.push({ seed: result.seed, hash: result.hash });
    this.#events += result.events;
    this.#virtualMs += result.virtualMs;
    for (const [state, times] of result.counters) {
      this.counters.set(state, (this.counters.get(state) ?? 0) + times);
    }
    if (result.violations.length > 0) {
      this.failures.push(result);
      const [first] = result.violations;
      process.stderr.write(`seed ${result.seed}: ${first?.property}: ${first?.message}\n`);
    }
    if (process.stderr.isTTY || this.results.length % 100 === 0) this.#progress();
  }

  endProgress(): void {
    if (process.stderr.isTTY) process.stderr.write("\n");
  }

  text(dry: readonly string[], unrepeated: readonly number[]): string {
    const { seeds } = this.#options;
    const hours = (this.#virtualMs / 3_600_000).toFixed(1);
    const lines = [
      `${this.results.length} of ${seeds} seeds, ${hours} virtual hours, ${this.#events} events, ${this.#seconds().toFixed(0)} s`,
      `${this.failures.length} seeds with violations${this.#byProperty()}`,
      ...this.failures
        .slice(0, 20)
        .map(
          ({ seed, violations }) =>
            `  seed ${seed}: ${violations[0]?.property}: ${violations[0]?.message}`,
        ),
      ...(dry.length > 0 ? [`states never reached: ${dry.join(", ")}`] : []),
      ...(unrepeated.length > 0 ? [`seeds that do not repeat: ${unrepeated.join(", ")}`] : []),
    ];
    return `${lines.join("\n")}\n`;
  }

  json(dry: readonly string[], unrepeated: readonly number[]): string {
    const failures = this.failures.map(({ seed, violations }) => ({ seed, violations }));
    return `${JSON.stringify({
      ok: failures.length + dry.length + unrepeated.length === 0,
      seeds: this.results.length,
      from: this.#options.from,
      virtualHours: this.#virtualMs / 3_600_000,
      events: this.#events,
      seconds: this.#seconds(),
      failures,
      dry,
      unrepeated,
      counters: Object.fromEntries([...this.counters].sort(([a], [b]) => (a < b ? -1 : 1))),
    })}\n`;
  }

  #byProperty(): string {
    const counts = new Map<string, number>();
    for (const { violations } of this.failures) {
      for (const property of new Set(violations.map((one) => one.property))) {
        counts.set(property, (counts.get(property) ?? 0) + 1);
      }
    }
    if (counts.size === 0) return "";
    return `: ${[...counts].map(([property, seeds]) => `${property} ${seeds}`).join(", ")}`;
  }

  #progress(): void {
    const done = this.results.length;
    const rate = (done / this.#seconds()).toFixed(1);
    const end = process.stderr.isTTY ? "\r" : "\n";
    process.stderr.write(
      `${done}/${this.#options.seeds} seeds, ${this.failures.length} failed, ${rate}/s${end}`,
    );
  }

  #seconds(): number {
    return Math.max(0.001, (Date.now() - this.#startMs) / 1000);
  }
}

async function unrepeatedSeeds(
  results: readonly { readonly seed: number; readonly hash: string }[],
  kind: ScenarioKind,
): Promise<number[]> {
  const different: number[] = [];
  for (const { seed, hash } of results) {
    if ((await runSeed(seed, NOTHING_PLANTED, kind)).hash !== hash) different.push(seed);
  }
  return different;
}

/** The failure with the fewest faults that still show it, saved so that it can be replayed. */
async function explained(seed: number, kind: ScenarioKind): Promise<string> {
  const whole = await runSeed(seed, NOTHING_PLANTED, kind);
  const property = whole.violations[0]?.property;
  const { scenario } = whole;
  const schedule = await shrink(whole.schedule, async (candidate) => {
    const { violations } = await runJudged(scenario, candidate);
    return violations.some((one) => one.property === property);
  });
  const least = await runJudged(scenario, schedule);
  const about = least.violations[0]?.message ?? "does not fail any more: not repeatable";
  const regression: Regression = { about, scenario, schedule };
  const folder = "simulation-failures";
  mkdirSync(folder, { recursive: true });
  const file = join(folder, kind === "fleet" ? `seed-${seed}.json` : `${kind}-${seed}.json`);
  writeFileSync(file, `${JSON.stringify(regression, null, 2)}\n`);
  return failureReport(
    least,
    whole.schedule.length,
    `npm run simulate -- --schedule ${file} --trace   (all faults: ${seedFlags(seed, kind)})`,
  );
}
