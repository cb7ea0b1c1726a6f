/** Bugs around the application and around time. */

import type { Clock } from "@shardline/model";
import { randomFor } from "../scenario/scenario.ts";
import type { Plant } from "./plant.ts";

/** A monotonic clock whose speed is far outside of what rule R2 allows for. */
function wrongSpeed(clock: Clock, rate: number): Clock {
  return {
    nowMs: () => clock.nowMs() * rate,
    wallMs: () => clock.wallMs(),
    setTimer: (delayMs, fire, options) => clock.setTimer(delayMs / rate, fire, options),
  };
}

export const APPLICATION_BUGS: readonly Plant[] = [
  {
    name: "failures-swallowed",
    properties: ["S2b"],
    seed: 8,
    breaks: "R8, S2 (K1)",
    processor: (processor) => (context) => processor(context).catch(() => {}),
  },
  {
    name: "batches-skipped",
    properties: ["S2b", "S2"],
    seed: 1,
    breaks: "S2 (K2)",
    processor: (processor, world) => (context) =>
      world.history.nextStep() % 37 === 0 ? Promise.resolve() : processor(context),
  },
  {
    name: "returns-before-it-is-done",
    properties: ["S8", "S2b"],
    seed: 1,
    breaks: "S2b",
    processor: (processor) => (context) => {
      processor(context).catch(() => {});
      return Promise.resolve();
    },
  },
  {
    name: "last-record-ignored",
    properties: ["S2c", "S2b"],
    seed: 2,
    breaks: "S2",
    processor: (processor) => (context) =>
      context.records.length < 2
        ? processor(context)
        : processor({ ...context, records: context.records.slice(0, -1) }),
  },
  {
    name: "fence-from-yesterday",
    properties: ["S4c"],
    seed: 1,
    breaks: "S4c",
    processor: (processor) => (context) => processor({ ...context, fence: context.fence - 1 }),
  },
  {
    name: "wall-clock-decides",
    properties: ["S4b", "D-read", "L1"],
    seed: 27,
    breaks: "R2, F5",
    clock: (clock) => ({ ...clock, nowMs: () => clock.wallMs() }),
  },
  {
    name: "holder-believes-too-long",
    properties: ["S4b"],
    seed: 81,
    breaks: "R2: the holder's deadline",
    // As if the deadline were twice as far away: the holder's clock runs at half the speed.
    clock: (clock, world, process) =>
      wrongSpeed(clock, randomFor(world.scenario.seed, process.name).chance(0.5) ? 0.5 : 1),
  },
  {
    name: "taker-is-impatient",
    properties: ["S4b"],
    seed: 8,
    breaks: "R2: the taker's wait",
    workerOptions: (options) =>
      randomFor(options.workerId?.length ?? 0, options.workerId ?? "").chance(0.5)
        ? { ...options, failoverTimeMs: 1000 }
        : options,
  },
  {
    name: "time-stands-still-in-a-call",
    properties: ["S4b"],
    seed: 18,
    breaks: "R9, F2",
    clock: (clock) => {
      let shownMs = clock.nowMs();
      let until = 0;
      return {
        ...clock,
        // The time is looked up once in a while and believed for two seconds.
        nowMs: () => {
          const nowMs = clock.nowMs();
          if (nowMs >= until) {
            shownMs = nowMs;
            until = nowMs + 2000;
          }
          return shownMs;
        },
      };
    },
  },
];
