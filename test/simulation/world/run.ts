/** One run: load and faults, then peace until everything has come to rest, then a graceful end. */

import { isShardEnd } from "@shardline/model";
import { ownedBoundMs } from "../checkers/ownership.ts";
import type { Schedule } from "../faults/fault.ts";
import type { History } from "../history/history.ts";
import { NOTHING_PLANTED, type Plant } from "../planted/plant.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { listen } from "./events.ts";
import { unleash } from "./nemesis.ts";
import { World } from "./world.ts";

export interface Run {
  readonly history: History;
  readonly hash: string;
  readonly events: number;
  readonly virtualMs: number;
}

/** Peace goes on for this long after everything is at rest, and until L1 can be judged, so that what is late shows. */
const CALM_MS = 5000;

export async function runScenario(
  scenario: Scenario,
  schedule: Schedule,
  plant: Plant = NOTHING_PLANTED,
): Promise<Run> {
  const world = new World(scenario, schedule, plant);
  const silence = listen(world);
  try {
    await live(world, schedule);
  } finally {
    silence();
  }
  const { kernel, history } = world;
  return { history, hash: kernel.hash.hex, events: kernel.events, virtualMs: kernel.nowMs };
}

async function live(world: World, schedule: Schedule): Promise<void> {
  const { kernel, history, scenario } = world;
  world.stream.create();
  world.fleet.start();
  unleash(world, schedule);
  await kernel.run(scenario.faultsMs);
  world.windows.closeAll();
  history.healMs = kernel.nowMs;
  world.note("world.heal", {});
  world.fleet.heal();
  await kernel.run(kernel.nowMs + scenario.settleMs, () => atRest(world));
  const ownedMs = scenario.workers === 0 ? 0 : history.healMs + ownedBoundMs(scenario);
  await kernel.run(Math.max(kernel.nowMs + CALM_MS, ownedMs));
  history.closeMs = kernel.nowMs;
  world.note("world.close", {});
  world.fleet.close();
  if (scenario.workers === 0) {
    history.endMs = kernel.nowMs;
    return;
  }
  const graceMs = Math.max(scenario.consumer.stopMs, scenario.producer.closeMs) + 5000;
  await kernel.run(kernel.nowMs + graceMs, () =>
    [...history.lives.values()].every(({ end }) => end !== undefined),
  );
  history.endMs = kernel.nowMs;
}

/** Producers are done, every stored record is processed, every closed shard's lease is ended. */
function atRest(world: World): boolean {
  const { history, table } = world;
  const lives = [...history.lives.values()];
  if (lives.some(({ role, end }) => role === "producer" && end === undefined)) return false;
  if (world.putsInFlight > 0) return false;
  if (world.scenario.workers === 0) return true;
  if (!world.stream.isSteady) return false;
  const ended = new Set(
    table.rows().flatMap((row) => (isShardEnd(row.checkpoint) ? [row.leaseKey] : [])),
  );
  for (const [shardId, { closedMs, goneMs }] of history.shards) {
    if (closedMs === undefined || goneMs !== undefined) continue;
    if (!ended.has(shardId) && !history.endedShards.has(shardId)) return false;
  }
  return world.outstanding.count === 0;
}
