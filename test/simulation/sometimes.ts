/**
 * States that the generator must reach. A run that never comes near a danger proves nothing, so a
 * state that stays dry over many seeds fails the suite.
 */

import { effectiveOwner, isShardEnd } from "@shardline/model";
import { quietBirths } from "./checkers/births.ts";
import { loneEnds } from "./checkers/ownership.ts";
import type { History } from "./history/history.ts";
import type { ScenarioKind } from "./scenario/scenario.ts";

/** Fewer seeds than this may leave a state dry by chance. */
const ENOUGH_SEEDS = 1000;

/** What every thousand seeds must reach at least once, besides a hit by each kind of fault. */
const STATES = [
  "put ok",
  "put rejected",
  "put unknown",
  "put stored twice",
  "put waited for room",
  "put after a reshard",
  "aggregate on the wrong shard",
  "take of an expired lease",
  "take by a restarted worker of the same name",
  "take after a hand-off",
  "take of a lease in hand-off",
  "hand-off asked for",
  "released",
  "SHARD_END after a split",
  "SHARD_END after a merge",
  "children of one shard created by two workers",
  "finished lease deleted",
  "row deleted under its holder",
  "batch failed",
  "batch repeated",
  "batch running when its process died",
  "batch running when its lease was taken",
  "checkpoint inside of an aggregate",
  "checkpoint of the application",
  "checkpoint of the application failed",
  "dead letter",
  "worker ended by itself",
  "worker stopped",
  "producer stopped",
  "process stopped by a signal past its leases",
  "shard read by three tenures",
  "two generations of shards unread",
  "gap announced",
  "lease surrendered",
  "lease of a dead worker judged by L2",
  "lease of a stopped worker judged by L2",
  "lease of a child judged by L9",
] as const;

type State = (typeof STATES)[number] | "poison refused alone";

const HITS = [
  "partition",
  "lost-response",
  "late-apply",
  "latency",
  "throttle",
  "server-error",
  "sent-twice",
  "partial-put",
  "count-mismatch",
  "stale-list",
  "stale-shards",
  "expired-iterator",
  "empty-read",
  "processor-fails",
  "processor-hangs",
  "processor-slow",
];

/** The same for producers alone. */
const STATES_OF_PRODUCERS: readonly State[] = [
  "put ok",
  "put rejected",
  "put unknown",
  "put stored twice",
  "put waited for room",
  "put after a reshard",
  "aggregate on the wrong shard",
  "poison refused alone",
  "producer stopped",
];

const HITS_OF_PRODUCERS = [
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

export function dryStates(
  counters: ReadonlyMap<string, number>,
  { seeds, kind }: { readonly seeds: number; readonly kind: ScenarioKind },
): string[] {
  if (seeds < ENOUGH_SEEDS) return [];
  const [states, hits] =
    kind === "fleet" ? [STATES, HITS] : [STATES_OF_PRODUCERS, HITS_OF_PRODUCERS];
  return [...states, ...hits.map((hit) => `hit ${hit}`)].filter((state) => !counters.has(state));
}

/** Reads the states off a finished history; some are counted while it runs. */
export function countStates(history: History): void {
  const count = (state: State, times: number): void => {
    if (times > 0) history.count(state, times);
  };
  countPuts(history, count);
  countWrites(history, count);
  countDeliveries(history, count);
  const lives = [...history.lives.values()];
  const ended = (role: string, end: string): number =>
    lives.filter((life) => life.role === role && life.end === end).length;
  count("worker ended by itself", ended("worker", "failed"));
  count("worker stopped", ended("worker", "stopped"));
  count("producer stopped", ended("producer", "stopped"));
  const { failoverTimeMs } = history.scenario.consumer;
  const long = lives.filter((one) => one.role === "worker" && one.pausedMs > failoverTimeMs);
  count("process stopped by a signal past its leases", long.length);
  const events = (name: string): number => history.events.filter((one) => one.name === name).length;
  count("gap announced", events("records-trimmed"));
  count("lease surrendered", events("stalled"));
  for (const { life, held } of loneEnds(history)) {
    const how = life.end === "killed" ? "dead" : "stopped";
    count(`lease of a ${how} worker judged by L2`, held.length);
  }
  count("lease of a child judged by L9", quietBirths(history).length);
  count("dead letter", history.letters.length);
  count("batch failed", events("processor-failed"));
  count("poison refused alone", history.refusedAlone.length);
  count("checkpoint of the application", history.counters.get("own checkpoint") ?? 0);
  count("checkpoint of the application failed", history.counters.get("own checkpoint failed") ?? 0);
}

type Count = (state: State, times: number) => void;

function countPuts(history: History, count: Count): void {
  const copies = [...history.truth.byPut.values()];
  count("put stored twice", copies.filter((one) => one.length > 1).length);
  count("aggregate on the wrong shard", copies.filter((one) => one.some((c) => !c.kept)).length);
  const born = [...history.shards.values()].filter(({ createdMs }) => createdMs > 0);
  count(
    "put after a reshard",
    born.filter(({ shard }) => history.truth.shard(shard.shardId).length > 0).length,
  );
}

function countWrites(history: History, count: Count): void {
  const creators = new Map<string, Set<string | undefined>>();
  for (const { verb, before, after, incarnation, leaseKey } of history.rowWrites) {
    const holder = before === undefined ? undefined : effectiveOwner(before);
    if (verb === "take") {
      const life = history.lives.get(incarnation ?? "");
      const again = holder !== undefined && holder === life?.workerId;
      if (again) count("take by a restarted worker of the same name", 1);
      else if (holder !== undefined && holder !== after?.owner)
        count("take of an expired lease", 1);
      if (before?.checkpointOwner !== undefined) count("take of a lease in hand-off", 1);
      else if (before?.owner === after?.owner) count("take after a hand-off", 1);
    }
    if (verb === "requestHandOff") count("hand-off asked for", 1);
    if (verb === "release") count("released", 1);
    if (verb === "delete") count("finished lease deleted", 1);
    if (verb === "operator" && holder !== undefined) count("row deleted under its holder", 1);
    if (verb === "create") {
      const parents = history.shards.get(leaseKey)?.shard.parentShardIds ?? [];
      for (const parent of parents) {
        creators.set(parent, (creators.get(parent) ?? new Set()).add(incarnation));
      }
    }
    if (after === undefined) continue;
    const moved = before !== undefined && before.checkpoint !== after.checkpoint;
    if (moved && after.checkpoint.subSequenceNumber > 0)
      count("checkpoint inside of an aggregate", 1);
    if (moved && isShardEnd(after.checkpoint)) countEnd(history, leaseKey, count);
  }
  count(
    "children of one shard created by two workers",
    [...creators.values()].filter(({ size }) => size > 1).length,
  );
}

function countEnd(history: History, leaseKey: string, count: Count): void {
  const children = [...history.shards.values()].filter(({ shard }) =>
    shard.parentShardIds.includes(leaseKey),
  );
  const merged = children.some(({ shard }) => shard.parentShardIds.length > 1);
  count(merged ? "SHARD_END after a merge" : "SHARD_END after a split", 1);
  const grandchildren = children.some(({ closedMs }) => closedMs !== undefined);
  if (grandchildren) count("two generations of shards unread", 1);
}

function countDeliveries(history: History, count: Count): void {
  const tenures = new Map<string, number>();
  for (const { leaseKey, deliveries, tenure } of history.lived) {
    tenures.set(leaseKey, (tenures.get(leaseKey) ?? 0) + 1);
    for (const [i, { outcome, endStep, records, beginStep, endMs }] of deliveries.entries()) {
      if (
        outcome === undefined &&
        history.lives.get(deliveries[i]?.incarnation ?? "")?.end === "killed"
      ) {
        count("batch running when its process died", 1);
      }
      const first = records[0]?.putId;
      if (outcome === "threw" && deliveries[i + 1]?.records[0]?.putId === first) {
        count("batch repeated", 1);
      }
      const end = tenure?.end;
      if (end === undefined || end.verb !== "take" || end.step < beginStep) continue;
      if (endMs === undefined || (endStep ?? 0) > end.step) {
        count("batch running when its lease was taken", 1);
      }
    }
  }
  count("shard read by three tenures", [...tenures.values()].filter((n) => n >= 3).length);
}
