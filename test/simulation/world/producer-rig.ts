/** A simulated process that runs the real producer and puts records at the scenario's rate. */

import { Producer, type ProducerOptions } from "@shardline/producer";
import type { ProcessLife, Put, PutResult } from "../history/history.ts";
import type { SimProcess } from "../kernel/process.ts";
import type { Load } from "../scenario/scenario.ts";
import type { Rig } from "./fleet.ts";
import { POISON } from "./kinesis-port.ts";
import { STREAM_NAME } from "./sim-stream.ts";
import type { World } from "./world.ts";

/** A program that puts without waiting; beyond this it waits, as any program must. */
const MAX_UNSETTLED = 2000;
const MAX_HASH_KEY = (1n << 128n) - 1n;

export function startProducer(world: World, process: SimProcess, life: ProcessLife): Rig {
  const { load, producer: settings } = world.scenario;
  const clock = world.plant.clock?.(process.clock, world, process) ?? process.clock;
  const { kinesis } = world.portsFor(process, life.place);
  const options: ProducerOptions = {
    streamName: STREAM_NAME,
    aggregation: settings.aggregation,
    order: settings.order,
    lingerMs: settings.lingerMs,
    recordTtlMs: settings.recordTtlMs,
    requestTimeoutMs: settings.requestTimeoutMs,
    maxBufferedRecords: settings.maxBufferedRecords,
    maxBufferedBytes: settings.maxBufferedBytes,
    alwaysWrap: settings.alwaysWrap,
    maxAggregateRecords: settings.maxAggregateRecords,
    maxRequestEntries: settings.maxRequestEntries,
    maxInFlightRequests: settings.maxInFlightRequests,
    failIfThrottled: settings.failIfThrottled,
    shardMapRefreshMs: settings.shardMapRefreshMs,
    kinesis,
    clock,
    random: process.random,
  };
  const producer = new Producer(world.plant.producerOptions?.(options) ?? options);
  let stopping = false;
  let number = 0;
  let unsettled = 0;
  const watchMemory = (): void => {
    const { records, bytes, waiting } = producer.outstanding;
    if (waiting > 0) world.history.count("put waited for room");
    // One that is larger than the whole buffer passes alone.
    const tooLarge = bytes > (settings.maxBufferedBytes ?? Infinity) && records > 1;
    if (records <= settings.maxBufferedRecords && !tooLarge) return;
    world.note("world.over-buffer", { records, bytes });
  };
  const putOne = (): void => {
    const isPoison = world.hit("poison") !== undefined;
    const put = newPut(life.incarnation, number++, load, process, isPoison);
    world.history.puts.set(put.id, put);
    unsettled++;
    put.atMs = world.kernel.nowMs;
    const { partitionKey, explicitHashKey } = put;
    const given = producer.put({
      partitionKey,
      explicitHashKey,
      data: Buffer.from(put.data, "latin1"),
    });
    const settled = (result: PutResult, attempts: readonly { ambiguous: boolean }[]): void => {
      unsettled--;
      settle(world, put, result, attempts);
    };
    watchMemory();
    given.then(
      (result) => settled({ kind: "ok", ...result }, result.attempts),
      (error: unknown) => settled(...failureOf(error)),
    );
  };
  const tick = (): void => {
    watchMemory();
    if (stopping) return;
    // Now and then a burst.
    const burst = process.random.chance(0.05) ? 20 : 1;
    for (let i = 0; i < burst && unsettled < MAX_UNSETTLED; i++) putOne();
    clock.setTimer((process.random.next() * 2000) / load.putsPerSecond, tick);
  };
  tick();
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    producer.close({ timeoutMs: settings.closeMs }).then(
      () => world.fleet.ended(life, "stopped"),
      (error: unknown) => world.fleet.ended(life, "failed", error),
    );
  };
  return { process, life, stop };
}

function newPut(
  incarnation: string,
  number: number,
  load: Load,
  { random }: SimProcess,
  isPoison: boolean,
): Put {
  const id = `${incarnation}:${number}`;
  const explicit = load.explicitHashKeys && random.chance(0.5);
  const hashKey = (MAX_HASH_KEY * BigInt(Math.floor(random.next() * 2 ** 40))) >> 40n;
  return {
    id,
    incarnation,
    number,
    partitionKey: `key-${random.below(load.keys)}`,
    explicitHashKey: explicit ? hashKey.toString() : undefined,
    data: `${id}${isPoison ? POISON : "|"}${"x".repeat(random.below(load.payloadBytes + 1))}`,
    isPoison,
    atMs: 0,
    settled: 0,
    settledAtMs: undefined,
    result: undefined,
    ambiguousAttempts: 0,
  };
}

function settle(
  world: World,
  put: Put,
  result: PutResult,
  attempts: readonly { readonly ambiguous: boolean }[],
): void {
  put.settled++;
  put.settledAtMs = world.kernel.nowMs;
  put.result = result;
  put.ambiguousAttempts = attempts.filter(({ ambiguous }) => ambiguous).length;
  world.history.count(`put ${result.kind}`);
}

function failureOf(error: unknown): [PutResult, readonly { readonly ambiguous: boolean }[]] {
  const failed = error as {
    readonly code?: string;
    readonly reason?: string;
    readonly attempts?: readonly { readonly ambiguous: boolean }[];
  };
  const code = failed.reason ?? failed.code ?? String(error);
  const kind = failed.code === "RECORD_OUTCOME_UNKNOWN" ? "unknown" : "rejected";
  return [{ kind, code }, failed.attempts ?? []];
}
