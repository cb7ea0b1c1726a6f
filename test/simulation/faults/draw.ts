/** Draws a schedule from a seed: a random subset of the kinds of fault, each somewhat different. */

import type { SeededRandom } from "@shardline/local";
import { randomFor, type Scenario } from "../scenario/scenario.ts";
import type { Fault, FaultKind, PointFault, Schedule, Service, WindowFault } from "./fault.ts";

type Drawn = PointFault | WindowFault;
type Draw = (random: SeededRandom, scenario: Scenario) => Drawn;

const DRAWS: { readonly [Kind in FaultKind]: Draw } = {
  crash: (random, scenario) => ({
    kind: "crash",
    place: anybody(random, scenario, 0.15),
    restartAfterMs: random.chance(0.15) ? null : Math.floor(random.next() * 15_000),
    sameId: random.chance(0.4),
  }),
  pause: (random, scenario) => ({
    kind: "pause",
    place: anybody(random, scenario, 0.15),
    durationMs: times(scenario.consumer.failoverTimeMs, 0.2, 2.5, random),
  }),
  stop: (random, scenario) => ({
    kind: "stop",
    place: anybody(random, scenario, 0.15),
    restartAfterMs: random.chance(0.2) ? null : Math.floor(random.next() * 5000),
  }),
  join: () => ({ kind: "join" }),
  "clock-jump": (random, scenario) => ({
    kind: "clock-jump",
    place: anybody(random, scenario, 0.2),
    deltaMs: Math.floor((random.next() - 0.5) * 2 * 3_600_000),
  }),
  split: (random) => ({ kind: "split", pick: random.next(), at: 0.1 + random.next() * 0.8 }),
  merge: (random) => ({ kind: "merge", pick: random.next() }),
  "row-deleted": (random) => ({ kind: "row-deleted", pick: random.next() }),
  standstill: () => ({ kind: "standstill" }),
  partition: (random, scenario) => ({
    kind: "partition",
    ...callWindow(random, scenario, times(scenario.consumer.failoverTimeMs, 0.2, 2, random)),
    probability: 1,
    side: random.pick(["request", "response"] as const),
  }),
  "lost-response": (random, scenario) => ({
    kind: "lost-response",
    ...callWindow(random, scenario),
  }),
  "late-apply": (random, scenario) => ({
    kind: "late-apply",
    ...callWindow(random, scenario),
    delayMs: 100 + random.below(8000),
  }),
  latency: (random, scenario) => ({
    kind: "latency",
    ...callWindow(random, scenario),
    delayMs: 20 + random.below(3000),
  }),
  throttle: (random, scenario) => ({ kind: "throttle", ...callWindow(random, scenario) }),
  refused: (random, scenario) => ({
    kind: "refused",
    ...callWindow(random, scenario),
    ...random.pick(REFUSALS),
  }),
  poison: (random) => ({
    kind: "poison",
    ...window(random),
    probability: random.pick([0.01, 0.1]),
  }),
  "server-error": (random, scenario) => ({
    kind: "server-error",
    ...callWindow(random, scenario),
    applied: random.chance(0.5),
  }),
  "sent-twice": (random, scenario) => ({
    kind: "sent-twice",
    ...callWindow(random, scenario),
    service: "table",
  }),
  "partial-put": (random) => ({
    kind: "partial-put",
    ...window(random),
    code: random.pick(["ProvisionedThroughputExceededException", "InternalFailure"]),
  }),
  "count-mismatch": (random) => ({ kind: "count-mismatch", ...window(random) }),
  "stale-list": (random) => ({
    kind: "stale-list",
    ...window(random),
    maxLag: 1 + random.below(6),
    missing: random.pick([0, 0.1, 0.3]),
  }),
  "stale-shards": (random) => ({ kind: "stale-shards", ...window(random) }),
  "expired-iterator": (random) => ({ kind: "expired-iterator", ...window(random) }),
  "empty-read": (random) => ({ kind: "empty-read", ...window(random) }),
  "processor-fails": (random) => ({ kind: "processor-fails", ...window(random) }),
  "processor-hangs": (random) => ({ kind: "processor-hangs", ...window(random) }),
  "processor-slow": (random, scenario) => ({
    kind: "processor-slow",
    ...window(random),
    delayMs: times(scenario.consumer.failoverTimeMs, 0.05, 1.5, random),
  }),
};

/** How the service says no to a caller that it does not trust. */
const REFUSALS = [
  { reason: "credentials", code: "ExpiredTokenException" },
  { reason: "denied", code: "AccessDeniedException" },
  { reason: "kms", code: "KMSDisabledException" },
  { reason: "throttled", code: "KMSThrottlingException" },
] as const;

const PRODUCERS_ONLY: ReadonlySet<FaultKind> = new Set(["refused", "poison"]);
const FLEET_KINDS = (Object.keys(DRAWS) as FaultKind[]).filter((kind) => !PRODUCERS_ONLY.has(kind));
/** What concerns a producer: F1–F5, F20–F26, F40–F44. */
const PRODUCER_KINDS: readonly FaultKind[] = [
  "crash",
  "pause",
  "stop",
  "clock-jump",
  "split",
  "merge",
  "partition",
  "lost-response",
  "late-apply",
  "latency",
  "throttle",
  "refused",
  "server-error",
  "partial-put",
  "poison",
  "count-mismatch",
  "stale-shards",
];
/** Kinds that most seeds do without, because they mask the others. */
const RARE: ReadonlySet<FaultKind> = new Set(["row-deleted", "standstill"]);

export function drawSchedule(scenario: Scenario): Schedule {
  const kinds = scenario.workers === 0 ? PRODUCER_KINDS : FLEET_KINDS;
  const random = randomFor(scenario.seed, "schedule");
  // Between none and all: some seeds are calm, some have one kind only, some have everything.
  const share = random.next() ** 2 * 0.9;
  const enabled = kinds.filter((kind) => random.next() < (RARE.has(kind) ? share / 6 : share));
  if (enabled.length === 0 && random.chance(0.8)) enabled.push(random.pick(kinds));
  const meanGapMs = (1000 + random.next() ** 2 * 12_000) * (scenario.faultsMs < 40_000 ? 0.3 : 1);
  const schedule: Fault[] = [];
  let atMs = scenario.faultsMs < 40_000 ? random.next() * 2000 : 1000 + random.next() * 5000;
  while (enabled.length > 0 && atMs < scenario.faultsMs) {
    const drawn = DRAWS[random.pick(enabled)](random, scenario);
    schedule.push({ atMs: Math.floor(atMs), ...drawn });
    atMs += random.next() * 2 * meanGapMs;
  }
  return schedule;
}

function window(random: SeededRandom): {
  readonly durationMs: number;
  readonly salt: number;
  readonly probability: number;
} {
  return {
    durationMs: 500 + random.below(12_000),
    salt: random.below(2 ** 31),
    probability: random.pick([0.02, 0.1, 0.3, 0.7]),
  };
}

function callWindow(
  random: SeededRandom,
  scenario: Scenario,
  durationMs: number = 500 + random.below(12_000),
): {
  readonly place: string;
  readonly service: Service;
  readonly durationMs: number;
  readonly salt: number;
  readonly probability: number;
} {
  const place = random.chance(0.4) ? "*" : anybody(random, scenario, 0.25);
  const service =
    scenario.workers === 0 || place.startsWith("producer")
      ? "kinesis"
      : random.pick(["kinesis", "table"] as const);
  return { ...window(random), durationMs, place, service };
}

function anybody(random: SeededRandom, scenario: Scenario, producers: number): string {
  return scenario.workers === 0 || random.chance(producers)
    ? `producer-${1 + random.below(scenario.producers)}`
    : `worker-${1 + random.below(scenario.workers)}`;
}

function times(unitMs: number, from: number, to: number, random: SeededRandom): number {
  return Math.floor(unitMs * (from + random.next() * (to - from)));
}
