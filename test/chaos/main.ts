/**
 * Kills, pauses and reshards under load, with real processes: `npm run chaos -- --minutes 2 --seed 7`.
 * `--attacks kill,split` says which (all by default, and kill thrice as often). Ends with a verdict:
 * exit code 0 if nothing acknowledged was lost, every order was kept and every process ended well.
 */

import { parseArgs } from "node:util";
import { type Attack, ATTACKS } from "./attacks.ts";
import { type ChaosResult, runChaos } from "./chaos.ts";

// Said once a process by the AWS SDK; it is no news here.
process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      minutes: { type: "string", default: "2" },
      seed: { type: "string", default: String(Date.now() % 100_000) },
      rate: { type: "string", default: "500" },
      attacks: { type: "string", default: ["kill", "kill", ...ATTACKS].join(",") },
    },
  });
  const attacks = values.attacks
    .split(",")
    .filter((name): name is Attack => (ATTACKS as readonly string[]).includes(name));
  if (attacks.length === 0) throw new Error(`--attacks: expected some of ${ATTACKS.join(",")}`);
  console.log(`seed ${values.seed}`);
  const result = await runChaos({
    durationMs: Number(values.minutes) * 60_000,
    seed: Number(values.seed),
    recordsPerSecond: Number(values.rate),
    attacks,
    log: (line) => console.log(line),
  });
  print(result);
  return result.verdict.ok && result.problems.length === 0 ? 0 : 1;
}

function print({ verdict, takeoversMs, put, attacks, problems, troubles }: ChaosResult): void {
  const counts = new Map<string, number>();
  for (const kind of attacks) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  console.log(`attacks: ${[...counts].map(([kind, count]) => `${count} ${kind}`).join(", ")}`);
  console.log(`put ${put}`);
  for (const [name, value] of Object.entries(verdict)) console.log(`${name} ${value}`);
  const sorted = takeoversMs.toSorted((a, b) => a - b);
  const [median, slowest] = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
  console.log(`take-overs ${sorted.length}, median ${median} ms, slowest ${slowest} ms`);
  for (const [event, count] of troubles) console.log(`${count} x ${event}`);
  for (const problem of problems) console.log(`PROBLEM ${problem}`);
}

process.exit(await main());
