import { drawSchedule } from "./faults/draw.ts";
import type { Schedule } from "./faults/fault.ts";
import { traceLines, traceText } from "./history/trace.ts";
import { isRegression } from "./regression.ts";
import { failureReport } from "./report.ts";
import { drawScenario, type Scenario, type ScenarioKind, seedFlags } from "./scenario/scenario.ts";
import { type Judged, runJudged, watchUnhandledRejections } from "./seed-run.ts";

export interface OneOptions {
  readonly seed: number | undefined;
  /** A schedule, or a whole regression. */
  readonly file: unknown;
  readonly kind: ScenarioKind;
  readonly trace: boolean;
  readonly json: boolean;
}

/** Runs one seed twice: the second run must be the first one again. */
export async function simulateOne(options: OneOptions): Promise<number> {
  watchUnhandledRejections();
  const { scenario, schedule } = chosen(options);
  const first = await runJudged(scenario, schedule);
  const second = await runJudged(scenario, schedule);
  const repeats = first.hash === second.hash;
  if (options.trace) process.stdout.write(`${traceText(traceLines(first.history))}\n`);
  if (options.json) {
    const { violations, hash, events, virtualMs } = first;
    const seed = scenario.seed;
    process.stdout.write(
      `${JSON.stringify({ seed, violations, hash, repeats, events, virtualMs, scenario, schedule })}\n`,
    );
  } else {
    process.stdout.write(summary(first, repeats, options.kind));
  }
  return first.violations.length === 0 && repeats ? 0 : 1;
}

function chosen({ seed, file, kind }: OneOptions): {
  readonly scenario: Scenario;
  readonly schedule: Schedule;
} {
  if (isRegression(file)) {
    return { scenario: file.scenario, schedule: file.schedule };
  }
  if (seed === undefined) throw new Error("--schedule: a bare array of faults needs a --seed");
  const scenario = drawScenario(seed, kind);
  if (file === undefined) return { scenario, schedule: drawSchedule(scenario) };
  if (!Array.isArray(file)) throw new Error("--schedule: expected an array of faults");
  return { scenario, schedule: file as Schedule };
}

function summary(judged: Judged, repeats: boolean, kind: ScenarioKind): string {
  const { scenario, schedule, violations, hash, events, virtualMs, history } = judged;
  const line = `seed ${scenario.seed}: ${violations.length} violations, ${schedule.length} faults, ${events} events in ${Math.round(virtualMs / 1000)} virtual seconds, ${history.puts.size} puts, ${history.deliveries.length} batches, trace ${hash}${repeats ? "" : ", NOT the same twice"}\n`;
  if (violations.length === 0) return line;
  return `${line}${failureReport(judged, schedule.length, `npm run simulate -- ${seedFlags(scenario.seed, kind)}`)}\n`;
}
