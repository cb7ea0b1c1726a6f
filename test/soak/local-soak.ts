/**
 * Mixed load with faults against the local server, for a long time: `npm run soak -- --minutes 30
 * [--data-dir DIR]`. Prints memory over time and ends with a verdict: exit code 0 if memory is flat,
 * nothing acknowledged was lost, nothing failed in an unforeseen way and close() left nothing open.
 */

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { LocalOptions } from "@shardline/local";
import { Load } from "./load.ts";
import { type MemorySample, MemoryTrend } from "./memory-trend.ts";

const MEBI = 1024 * 1024;
const EXIT_TIMEOUT_MS = 10_000;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { minutes: { type: "string", default: "1" }, "data-dir": { type: "string" } },
  });
  const dataDir = values["data-dir"];
  const options: LocalOptions = {
    // A small bound is reached at once, and what grows beyond it shows.
    ...{ maxMemoryBytes: 32 * MEBI, subscriptionMs: 10_000, admin: true, tlsPort: 0 },
    ...(dataDir !== undefined && { dataDir }),
  };
  const module = fileURLToPath(new URL("./soak-server.js", import.meta.url));
  const server = spawn(process.execPath, ["--expose-gc", module, JSON.stringify(options)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = new Promise<number | null>((resolve) => {
    server.once("exit", resolve);
  });
  const trend = new MemoryTrend();
  let load: Load | undefined;
  let running: Promise<void> | undefined;
  createInterface(server.stdout).on("line", (text) => {
    const line = JSON.parse(text) as MemorySample & { kinesis?: string; dynamodb?: string };
    if (line.kinesis !== undefined && line.dynamodb !== undefined) {
      load = new Load(line.kinesis, line.dynamodb);
      running = load.run();
    } else if ("heapMiB" in line) {
      trend.add(line);
      const memory = `rss ${Math.round(line.rssMiB)} MiB, heap ${Math.round(line.heapMiB)} MiB`;
      console.log(`${new Date().toISOString()} ${memory}, ${load?.toString()}`);
    } else {
      console.log(`after close(): ${text}`);
    }
  });
  await sleep(Number(values.minutes) * 60_000);
  load?.stop();
  await running;
  server.kill("SIGTERM");
  const code = await Promise.race([exited, sleep(EXIT_TIMEOUT_MS, "still running" as const)]);
  if (code === "still running") server.kill("SIGKILL");
  return verdict(trend, load, code === 0);
}

function verdict(trend: MemoryTrend, load: Load | undefined, endedByItself: boolean): number {
  const holds = {
    "memory is flat": trend.isFlat(),
    "records were acknowledged, read and pushed": load?.isBusy() === true,
    "nothing acknowledged was lost": load?.lost === 0,
    "nothing failed in an unforeseen way": load?.unforeseen.size === 0,
    "the server ended by itself after close()": endedByItself,
  };
  console.log(trend.toString());
  for (const [what, times] of load?.unforeseen ?? []) console.log(`unforeseen ${times} x ${what}`);
  for (const [what, held] of Object.entries(holds)) console.log(`${held ? "yes" : "NO "} ${what}`);
  return Object.values(holds).every(Boolean) ? 0 : 1;
}

// The SDK may keep sockets that it gave up; the load is over and they are of no interest.
process.exit(await main());
