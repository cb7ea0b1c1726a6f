/** Turns a schedule into events. It decides nothing: whatever is open to choice is in the schedule. */

import { endMs, type Fault, isWindow, type PointFault, type Schedule } from "../faults/fault.ts";
import type { World } from "./world.ts";

/** The retention is a day. */
const STANDSTILL_MS: number = 25 * 60 * 60 * 1000;

export function unleash(world: World, schedule: Schedule): void {
  for (const fault of schedule) {
    world.kernel.at(fault.atMs, `fault ${fault.kind}`, () => begin(world, fault));
  }
}

function begin(world: World, fault: Fault): void {
  world.note(`world.fault`, { ...fault });
  if (!isWindow(fault)) {
    strike(world, fault);
    return;
  }
  const close = world.windows.open(fault);
  world.kernel.at(
    Math.min(endMs(fault), world.scenario.faultsMs),
    `fault ${fault.kind} over`,
    close,
  );
}

function strike(world: World, fault: PointFault): void {
  switch (fault.kind) {
    case "crash":
      world.fleet.crash(fault.place, fault.restartAfterMs, fault.sameId);
      break;
    case "pause":
      world.fleet.pause(fault.place, fault.durationMs);
      break;
    case "stop":
      world.fleet.stop(fault.place, fault.restartAfterMs);
      break;
    case "join":
      world.fleet.join();
      break;
    case "clock-jump":
      world.fleet.jumpWallClock(fault.place, fault.deltaMs);
      break;
    case "split":
      world.stream.split(fault.pick, fault.at);
      break;
    case "merge":
      world.stream.merge(fault.pick);
      break;
    case "row-deleted":
      world.deleteRow(fault.pick);
      break;
    case "standstill":
      world.kernel.skippedMs += STANDSTILL_MS;
      break;
  }
}
