/** A simulated process that runs the real worker. */

import { Worker, type WorkerOptions } from "@shardline/consumer";
import type { HookCall, ProcessLife } from "../history/history.ts";
import type { SimProcess } from "../kernel/process.ts";
import type { Rig } from "./fleet.ts";
import { application, deadLetters } from "./processor.ts";
import { STREAM_NAME } from "./sim-stream.ts";
import type { World } from "./world.ts";

export function startWorker(world: World, process: SimProcess, life: ProcessLife): Rig {
  const options = optionsFor(world, process, life);
  const worker = new Worker(world.plant.workerOptions?.(options) ?? options);
  worker.run().then(
    () => world.fleet.ended(life, life.stopAskedMs === undefined ? "failed" : "stopped"),
    (error: unknown) => world.fleet.ended(life, "failed", error),
  );
  return { process, life, stop: () => void worker.stop() };
}

function optionsFor(world: World, process: SimProcess, life: ProcessLife): WorkerOptions {
  const { consumer: settings } = world.scenario;
  const processRecords = application(world, process, life);
  const note = (
    hook: HookCall["hook"],
  ): ((context: { readonly shardId: string; readonly fence: number }) => void) => {
    return ({ shardId, fence }) => {
      const { incarnation } = life;
      const atMs = world.kernel.nowMs;
      world.history.hooks.push({
        incarnation,
        shardId,
        fence,
        hook,
        atMs,
        step: world.history.nextStep(),
      });
    };
  };
  return {
    streamName: STREAM_NAME,
    applicationName: "simulated",
    workerId: life.workerId,
    processRecords: world.plant.processor?.(processRecords, world, process) ?? processRecords,
    onShardStart: note("start"),
    onShardEnd: note("shard-end"),
    onLeaseLost: note("lease-lost"),
    onStop: note("stop"),
    onDeadLetter: deadLetters(world, life),
    errorPolicy: settings.errorPolicy,
    hashRangePolicy: settings.hashRangePolicy,
    maxRecordsPerBatch: settings.maxRecordsPerBatch,
    maxUncheckpointedRecords: settings.maxUncheckpointed,
    checkpointIntervalMs: settings.checkpointIntervalMs,
    autoCheckpoint: settings.style !== "acknowledges",
    failoverTimeMs: settings.failoverTimeMs,
    leaseScanIntervalMs: settings.scanIntervalMs,
    handOffTimeoutMs: settings.handOffTimeoutMs,
    shardSyncIntervalMs: settings.syncIntervalMs,
    cleanUpFinishedLeases: settings.cleanUp,
    maxRecordsPerRead: settings.maxRecordsPerRead,
    idleTimeBetweenReadsMs: settings.idleTimeMs,
    maxProcessingTimeMs: settings.maxProcessingTimeMs,
    kinesisCallTimeoutMs: settings.kinesisCallTimeoutMs,
    noProgressTimeoutMs: settings.noProgressTimeoutMs,
    stopTimeoutMs: settings.stopMs,
    clock: world.plant.clock?.(process.clock, world, process) ?? process.clock,
    random: process.random,
    ...world.portsFor(process, life.place),
  };
}
