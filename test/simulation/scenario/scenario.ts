/**
 * What a run is made of, but for its faults: drawn from the seed (swarm style, so that no one mix of
 * settings hides what another would show), plain data, printable.
 */

import { SeededRandom } from "@shardline/local";

export interface ConsumerSettings {
  readonly failoverTimeMs: number;
  readonly scanIntervalMs: number;
  readonly syncIntervalMs: number;
  readonly idleTimeMs: number;
  readonly maxRecordsPerBatch: number;
  readonly maxRecordsPerRead: number;
  readonly maxUncheckpointed: number;
  readonly checkpointIntervalMs: number;
  readonly handOffTimeoutMs: number;
  readonly maxProcessingTimeMs: number;
  readonly kinesisCallTimeoutMs: number;
  readonly noProgressTimeoutMs: number;
  readonly errorPolicy: "retry" | "halt" | "skip";
  readonly hashRangePolicy: "deliver" | "kcl";
  readonly cleanUp: boolean;
  /** What a worker is given for a graceful end. */
  readonly stopMs: number;
  /**
   * How the application says what is done: by returning, also by checkpoints in the middle of its
   * batches, or only by acknowledging each record, later and in any order.
   */
  readonly style: "returns" | "checkpoints" | "acknowledges";
  /** How long the application works on a batch. */
  readonly workMs: number;
}

export interface ProducerSettings {
  readonly aggregation: boolean;
  readonly order: "none" | "ordered" | "strict";
  readonly lingerMs: number;
  readonly recordTtlMs: number;
  readonly requestTimeoutMs: number;
  readonly maxBufferedRecords: number;
  /** Not given: the producer's default. */
  readonly maxBufferedBytes?: number;
  readonly alwaysWrap: boolean;
  readonly maxAggregateRecords: number;
  readonly maxRequestEntries: number;
  readonly maxInFlightRequests: number;
  readonly failIfThrottled: boolean;
  readonly shardMapRefreshMs: number;
  readonly closeMs: number;
}

export interface Load {
  /** Of each producer. */
  readonly putsPerSecond: number;
  readonly payloadBytes: number;
  readonly keys: number;
  readonly explicitHashKeys: boolean;
}

/** Of what a seed is a run: whole fleets, or producers alone, which is many times as fast. */
export type ScenarioKind = "fleet" | "producers";

export interface Scenario {
  readonly seed: number;
  /** None: a run of producers alone. */
  readonly workers: number;
  readonly producers: number;
  readonly shards: number;
  readonly consumer: ConsumerSettings;
  readonly producer: ProducerSettings;
  readonly load: Load;
  /** Monotonic clocks run up to 1 % fast or slow. */
  readonly clockErrors: boolean;
  /** The stream refuses what is over a shard's limits. */
  readonly quotas: boolean;
  /** How long the stream stays UPDATING after a split or a merge. */
  readonly reshardMs: number;
  /** The first phase: load and faults. */
  readonly faultsMs: number;
  /** The second phase, at most: nothing goes wrong any more, everything must come to rest. */
  readonly settleMs: number;
}

function drawConsumer(random: SeededRandom): ConsumerSettings {
  const failoverTimeMs = random.pick([2000, 3000, 5000, 10_000]);
  const kinesisCallTimeoutMs = random.pick([1000, 3000]);
  const maxRecordsPerBatch = random.pick([1, 5, 50, 1000]);
  return {
    failoverTimeMs,
    scanIntervalMs: random.pick([250, 500, 1000]),
    syncIntervalMs: random.pick([1000, 5000, 20_000]),
    idleTimeMs: random.pick([200, 500, 1000]),
    maxRecordsPerBatch,
    maxRecordsPerRead: random.pick([10, 10, 10_000]),
    maxUncheckpointed: maxRecordsPerBatch + random.pick([0, 5, 100]),
    checkpointIntervalMs: random.pick([0, 500, 2000, 5000]),
    handOffTimeoutMs: random.pick([500, 3000, 30_000]),
    maxProcessingTimeMs: random.pick([5000, 20_000, 300_000]),
    kinesisCallTimeoutMs,
    noProgressTimeoutMs: kinesisCallTimeoutMs * random.pick([2, 5, 20]),
    errorPolicy: random.pick(["retry", "retry", "retry", "skip", "halt"] as const),
    hashRangePolicy: random.pick(["deliver", "kcl"] as const),
    cleanUp: random.chance(0.7),
    stopMs: 2000 + random.below(10_000),
    style: random.pick(["returns", "returns", "checkpoints", "acknowledges"] as const),
    workMs: maxRecordsPerBatch === 1 ? 0 : random.pick([0, 0, 5, 50]),
  };
}

/** Independent streams of chance, so that a change in one does not reshuffle the others. */
export function randomFor(seed: number, purpose: string): SeededRandom {
  let mixed = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b);
  for (let i = 0; i < purpose.length; i++) {
    mixed = Math.imul(mixed ^ purpose.charCodeAt(i), 0x01000193);
  }
  return new SeededRandom(mixed ^ (mixed >>> 15));
}

export function drawScenario(seed: number, kind: ScenarioKind = "fleet"): Scenario {
  const random = randomFor(seed, "scenario");
  return kind === "fleet" ? drawFleet(seed, random) : drawProducers(seed, random);
}

/** Less time and more records than a fleet's: enough to fill buffers and to pass a shard's limits. */
function drawProducers(seed: number, random: SeededRandom): Scenario {
  const fleet = drawFleet(seed, random);
  const hurried = random.chance(0.5);
  return {
    ...fleet,
    workers: 0,
    producer: {
      ...fleet.producer,
      order: random.pick(["none", "none", "ordered", "strict"] as const),
      recordTtlMs: random.pick([1500, 5000, 15_000]),
      maxBufferedBytes: random.pick([2048, 20_000, 64 * 2 ** 20]),
    },
    load: {
      ...fleet.load,
      putsPerSecond: hurried ? 20 : random.pick([2, 5, 10]),
      payloadBytes: hurried ? random.pick([400, 400, 30_000]) : random.pick([0, 40, 400]),
    },
    faultsMs: random.pick([5000, 10_000, 20_000]),
    settleMs: 60_000,
  };
}

function drawFleet(seed: number, random: SeededRandom): Scenario {
  const ordered = random.chance(0.3);
  return {
    seed,
    workers: 1 + random.below(5),
    producers: 1 + random.below(2),
    shards: 1 + random.below(6),
    consumer: drawConsumer(random),
    producer: {
      aggregation: random.chance(0.7),
      order: ordered ? random.pick(["ordered", "strict"] as const) : "none",
      lingerMs: random.pick([10, 100, 300]),
      recordTtlMs: random.pick([5000, 15_000, 30_000]),
      requestTimeoutMs: random.pick([1000, 3000, 6000]),
      maxBufferedRecords: random.pick([20, 200, 10_000]),
      alwaysWrap: random.chance(0.1),
      maxAggregateRecords: random.pick([2, 20, 500_000]),
      maxRequestEntries: random.pick([1, 3, 500]),
      maxInFlightRequests: random.pick([1, 4, 24]),
      failIfThrottled: random.chance(0.1),
      shardMapRefreshMs: random.pick([1000, 10_000, 300_000]),
      closeMs: random.pick([2000, 10_000]),
    },
    load: {
      putsPerSecond: random.pick([1, 3, 8]),
      payloadBytes: random.pick([0, 40, 400]),
      keys: random.pick([1, 8, 1000]),
      explicitHashKeys: random.chance(0.3),
    },
    clockErrors: random.chance(0.5),
    quotas: random.chance(0.5),
    reshardMs: random.pick([0, 500, 3000]),
    faultsMs: random.pick([40_000, 60_000, 90_000]),
    settleMs: 180_000,
  };
}

/** How to say on the command line which run is meant. */
export function seedFlags(seed: number, kind: ScenarioKind): string {
  return kind === "fleet" ? `--seed ${seed}` : `--${kind} --seed ${seed}`;
}
