/** What is done to a running fleet. Each attack takes its time and leaves three workers running. */

import { setTimeout as sleep } from "node:timers/promises";
import {
  type KinesisClient,
  ListShardsCommand,
  MergeShardsCommand,
  SplitShardCommand,
} from "@aws-sdk/client-kinesis";
import type { SeededRandom } from "@shardline/local";
import type { Fleet } from "./fleet.ts";
import type { LeaseWatch } from "./lease-watch.ts";
import type { LocalService } from "./local-service.ts";

export interface Field {
  readonly streamName: string;
  readonly failoverMs: number;
  readonly random: SeededRandom;
  readonly fleet: Fleet;
  readonly watch: LeaseWatch;
  readonly service: LocalService;
  readonly kinesis: KinesisClient;
  readonly note: (text: string) => void;
  /** Worker processes that were stopped hard: when, and which tenures they held. */
  readonly stops: { readonly atUs: number; readonly held: ReadonlyMap<string, number> }[];
}

export const ATTACKS = [
  "kill",
  "pause",
  "split",
  "merge",
  "service-kill",
  "service-pause",
  "twin",
] as const;
export type Attack = (typeof ATTACKS)[number];

const RESTART_MS = 500;
const SERVICE_DOWN_MS = 1500;
/** Longer than a lease lives: when it goes on, others have its shards. */
const PAUSE_FAILOVERS = 2.5;
const TWIN_FAILOVERS = 3;

export async function attack(kind: Attack, field: Field): Promise<void> {
  switch (kind) {
    case "kill":
      return killWorker(field);
    case "pause":
      return pauseWorker(field);
    case "twin":
      return runTwin(field);
    case "service-kill":
      return killService(field);
    case "service-pause":
      return pauseService(field);
    case "split":
      return split(field);
    case "merge":
      return merge(field);
  }
}

async function killWorker(field: Field): Promise<void> {
  const { fleet, random } = field;
  const workerId = random.pick(fleet.workerIds);
  noteStop(workerId, field);
  await fleet.kill(workerId);
  await sleep(random.chance(0.5) ? RESTART_MS : field.failoverMs * 2);
  // A new process under the old name, as a supervisor starts it, or under a new one.
  fleet.start(random.chance(0.5) ? workerId : `${workerId.split(".")[0]}.${random.below(1000)}`);
}

async function pauseWorker(field: Field): Promise<void> {
  const { fleet, random, failoverMs } = field;
  const workerId = random.pick(fleet.workerIds);
  noteStop(workerId, field);
  fleet.signal(workerId, "SIGSTOP");
  await sleep(failoverMs * PAUSE_FAILOVERS);
  fleet.signal(workerId, "SIGCONT");
}

/** Two processes with one worker id: a mistake that must cost nothing but work. */
async function runTwin({ fleet, random, note, failoverMs }: Field): Promise<void> {
  const workerId = random.pick(fleet.workerIds);
  note(`a second ${workerId}`);
  const twin = fleet.startTwin(workerId);
  await sleep(failoverMs * TWIN_FAILOVERS);
  await twin.kill();
}

async function killService({ service, note }: Field): Promise<void> {
  note("SIGKILL the service");
  await service.kill();
  await sleep(SERVICE_DOWN_MS);
  await service.start();
  note("the service is back");
}

/** Every call hangs, for longer than a lease lives. */
async function pauseService({ service, failoverMs, note }: Field): Promise<void> {
  note("pause the service");
  service.signal("SIGSTOP");
  await sleep(failoverMs * PAUSE_FAILOVERS);
  service.signal("SIGCONT");
}

async function split({ kinesis, streamName, random, note }: Field): Promise<void> {
  const { ShardId, start, end } = random.pick(await openShards(kinesis, streamName));
  note(`split ${ShardId}`);
  const NewStartingHashKey = ((start + end) / 2n + 1n).toString();
  await kinesis.send(
    new SplitShardCommand({ StreamName: streamName, ShardToSplit: ShardId, NewStartingHashKey }),
  );
}

async function merge({ kinesis, streamName, random, note }: Field): Promise<void> {
  const shards = await openShards(kinesis, streamName);
  if (shards.length < 2) return;
  const at = random.below(shards.length - 1);
  const [ShardToMerge, AdjacentShardToMerge] = [shards[at]?.ShardId, shards[at + 1]?.ShardId];
  note(`merge ${ShardToMerge} and ${AdjacentShardToMerge}`);
  await kinesis.send(
    new MergeShardsCommand({ StreamName: streamName, ShardToMerge, AdjacentShardToMerge }),
  );
}

/** In the order of their hash keys. */
async function openShards(kinesis: KinesisClient, StreamName: string) {
  const request = { StreamName, ShardFilter: { Type: "AT_LATEST" } } as const;
  const { Shards = [] } = await kinesis.send(new ListShardsCommand(request));
  return Shards.map(({ ShardId, HashKeyRange }) => {
    const start = BigInt(HashKeyRange?.StartingHashKey ?? 0);
    return { ShardId, start, end: BigInt(HashKeyRange?.EndingHashKey ?? 0) };
  }).toSorted((a, b) => (a.start < b.start ? -1 : 1));
}

function noteStop(workerId: string, { watch, fleet, note, stops }: Field): void {
  const held = watch.heldBy(workerId);
  note(`stop ${workerId}, which holds ${held.length} shards`);
  const fences = held.map((shardId) => [shardId, fleet.fences.get(shardId) ?? 0] as const);
  stops.push({ atUs: Number(process.hrtime.bigint() / 1000n), held: new Map(fences) });
}
