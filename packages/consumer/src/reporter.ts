/** One place that turns what happens into events, metrics and log lines. */

import type {
  Checkpoint,
  Failure,
  Lease,
  Logger,
  LogFields,
  Metrics,
  MetricUnit,
  ReceivedRecord,
} from "@shardline/model";
import type { TenureEnd } from "./core/shard-state.ts";
import type { Finding } from "./core/unpack.ts";
import {
  type ConsumerEvents,
  consumerEvents,
  metricNames,
  type WorkerEvent,
} from "./diagnostics.ts";
import type { Ports } from "./ports.ts";
import type { LeaseVerb, Tenure, TenureWrite } from "./tenure.ts";

type EventName = keyof ConsumerEvents;

export class Reporter {
  readonly #who: WorkerEvent;
  readonly #logger: Logger;
  readonly #metrics: Metrics;

  constructor(who: WorkerEvent, ports: Ports) {
    this.#who = who;
    this.#logger = ports.logger;
    this.#metrics = ports.metrics;
  }

  workerStarted(streamArn: string): void {
    this.#publish("worker-started", { streamArn });
    this.#write("info", { streamArn }, "worker started");
  }

  workerStopped(graceful: boolean): void {
    this.#publish("worker-stopped", { graceful });
    this.#write("info", { graceful }, "worker stopped");
  }

  scanned(totals: { leases: number; mine: number; workers: number; expired: number }): void {
    this.#count(metricNames.totalLeases, totals.leases);
    this.#count(metricNames.currentLeases, totals.mine);
    this.#count(metricNames.numWorkers, totals.workers);
    this.#count(metricNames.expiredLeases, totals.expired);
  }

  leaseCreated(shardId: string, why: string, checkpoint: Checkpoint): void {
    this.#publish("lease-created", { shardId, why, checkpoint });
    this.#log("info", shardId, `lease created (${why})`);
  }

  leaseCleanedUp(shardId: string): void {
    this.#publish("lease-cleaned-up", { shardId });
    this.#log("info", shardId, "finished lease deleted");
  }

  taken(lease: Lease, previousOwner: string | undefined): void {
    const { leaseKey: shardId, counter: fence, checkpoint } = lease;
    this.#publish("lease-taken", { shardId, fence, checkpoint, previousOwner });
    this.#count(metricNames.takenLeases, 1);
    this.#log("info", shardId, "lease taken");
  }

  handOff(shardId: string, from: string, to: string): void {
    this.#publish("hand-off", { shardId, from, to });
    this.#count(metricNames.handOffs, 1);
    this.#log("info", shardId, `hand-off from ${from} to ${to}`);
  }

  started(shardId: string, fence: number, checkpoint: Checkpoint): void {
    this.#publish("shard-started", { shardId, fence, checkpoint });
  }

  ended(shardId: string, childShardIds: readonly string[]): void {
    this.#publish("shard-ended", { shardId, childShardIds });
    this.#log("info", shardId, "shard ended");
  }

  over(shardId: string, tenure: Tenure, end: TenureEnd): void {
    const { fence } = tenure;
    if (end === "lost") {
      const reason = tenure.loss ?? "unknown";
      this.#publish("lease-lost", { shardId, fence, reason });
      this.#count(metricNames.lostLeases, 1);
      this.#log("warn", shardId, `lease lost: ${reason}`);
    } else {
      this.#publish("lease-released", { shardId, fence, why: end });
      this.#log("info", shardId, `lease released: ${end}`);
    }
  }

  leaseWrite(shardId: string, verb: LeaseVerb, elapsedMs: number, result: TenureWrite): void {
    const isRenewal = verb === "renew";
    const time = isRenewal ? metricNames.renewLeaseTime : metricNames.updateLeaseTime;
    const success = isRenewal ? metricNames.renewLeaseSuccess : metricNames.updateLeaseSuccess;
    this.#measure(time, elapsedMs, "Milliseconds", shardId);
    this.#count(success, result.kind === "ok" ? 1 : 0, shardId);
    if (result.kind === "failed") this.callFailed(verb, result, shardId);
  }

  checkpointed(
    shardId: string,
    fence: number,
    checkpoint: Checkpoint,
    pending: Checkpoint | undefined,
  ): void {
    this.#publish("checkpoint-written", { shardId, fence, checkpoint, pending });
  }

  read(shardId: string, call: string, elapsedMs: number, failed: Failure | undefined): void {
    if (call === "getRecords") {
      this.#measure(metricNames.getRecordsTime, elapsedMs, "Milliseconds", shardId);
      this.#count(metricNames.getRecordsSuccess, failed === undefined ? 1 : 0, shardId);
    }
    if (failed === undefined) return;
    if (failed.reason === "expired-iterator") this.#count(metricNames.expiredIterator, 1, shardId);
    else this.callFailed(call, failed, shardId);
  }

  callFailed(call: string, failed: Failure, shardId?: string): void {
    const { code, reason } = failed;
    this.#publish("call-failed", { call, shardId, code, reason });
    const level = reason === "throttled" || reason === "aborted" ? "debug" : "warn";
    this.#write(level, { shardId, call, code, reason }, `${call} failed: ${failed.message}`);
  }

  behind(shardId: string, millisBehindLatest: number): void {
    this.#measure(metricNames.millisBehindLatest, millisBehindLatest, "Milliseconds", shardId);
  }

  processed(shardId: string, records: readonly ReceivedRecord[], elapsedMs: number): void {
    let bytes = 0;
    for (const { data } of records) bytes += data.length;
    this.#count(metricNames.recordsProcessed, records.length, shardId);
    this.#measure(metricNames.dataBytesProcessed, bytes, "Bytes", shardId);
    this.#measure(metricNames.processRecordsTime, elapsedMs, "Milliseconds", shardId);
  }

  processorFailed(
    shardId: string,
    records: readonly ReceivedRecord[],
    attempt: number,
    error: unknown,
  ): void {
    const firstSequenceNumber = records[0]?.sequenceNumber ?? "";
    this.#publish("processor-failed", {
      shardId,
      attempt,
      records: records.length,
      firstSequenceNumber,
      error,
    });
    this.#count(metricNames.processorFailures, 1, shardId);
    this.#log("error", shardId, `processRecords failed (attempt ${attempt}): ${nameOf(error)}`);
  }

  hookFailed(shardId: string, error: unknown): void {
    this.processorFailed(shardId, [], 1, error);
  }

  deadLettered(shardId: string, records: readonly ReceivedRecord[], error: unknown): void {
    const firstSequenceNumber = records[0]?.sequenceNumber ?? "";
    this.#publish("records-dead-lettered", {
      shardId,
      records: records.length,
      firstSequenceNumber,
      error,
    });
    this.#count(metricNames.recordsDeadLettered, records.length, shardId);
    this.#log("error", shardId, `${records.length} records given to onDeadLetter`);
  }

  /** @param begins false: it goes on. */
  overloaded(held: number, left: number, begins: boolean): void {
    this.#count(metricNames.leasesLeft, left);
    if (!begins) return;
    this.#publish("overloaded", { held, left });
    const advice = "add workers, or give failoverTimeMs more time";
    this.#write(
      "warn",
      { held, left },
      `renewals are late: ${left} leases are not taken; ${advice}`,
    );
  }

  stalled(shardId: string, phase: string, forMs: number): void {
    this.#publish("stalled", { shardId, phase, forMs });
    this.#count(metricNames.stalledShards, 1, shardId);
    this.#log(
      "error",
      shardId,
      `no progress for ${Math.round(forMs)} ms (${phase}): lease given up`,
    );
  }

  trimmed(shardId: string, after: Checkpoint, resumedAt: string | undefined): void {
    this.#publish("records-trimmed", { shardId, after, resumedAt });
    this.#count(metricNames.recordsTrimmed, 1, shardId);
    this.#log("error", shardId, `records after ${after.sequenceNumber} may be trimmed unread`);
  }

  finding(shardId: string, finding: Finding): void {
    const { sequenceNumber } = finding;
    switch (finding.kind) {
      case "malformed":
        this.#publish("aggregate-malformed", { shardId, sequenceNumber, reason: finding.reason });
        this.#count(metricNames.aggregatesMalformed, 1, shardId);
        return;
      case "damaged":
        this.#dropped(shardId, "damaged", sequenceNumber, finding.dropped);
        return;
      case "out-of-range": {
        const { records, dropped } = finding;
        this.#publish("records-out-of-range", { shardId, sequenceNumber, records });
        this.#count(metricNames.recordsOutOfRange, records, shardId);
        if (dropped > 0) this.#dropped(shardId, "out-of-range", sequenceNumber, dropped);
        return;
      }
      case "repeated":
        this.#log("debug", shardId, `record ${sequenceNumber} came again and is left out`);
    }
  }

  #dropped(
    shardId: string,
    reason: "out-of-range" | "damaged",
    sequenceNumber: string,
    records: number,
  ): void {
    this.#publish("records-dropped", { shardId, reason, sequenceNumber, records });
    this.#count(metricNames.recordsDropped, records, shardId);
    this.#log("error", shardId, `${records} records dropped (${reason}) in ${sequenceNumber}`);
  }

  #publish<Name extends EventName>(
    name: Name,
    payload: Omit<ConsumerEvents[Name], keyof WorkerEvent>,
  ): void {
    consumerEvents.publish(name, { ...this.#who, ...payload } as ConsumerEvents[Name]);
  }

  #count(name: string, value: number, shardId?: string): void {
    this.#measure(name, value, "Count", shardId);
  }

  /** A metrics port that throws must not stop delivery (F10). */
  #measure(name: string, value: number, unit: MetricUnit, shardId?: string): void {
    try {
      const dimensions = shardId === undefined ? undefined : { ShardId: shardId };
      this.#metrics.record(name, value, unit, dimensions);
    } catch {
      // There is nowhere left to report it to.
    }
  }

  #log(level: Level, shardId: string, message: string): void {
    this.#write(level, { shardId }, message);
  }

  #write(level: Level, fields: LogFields, message: string): void {
    try {
      this.#logger[level]({ ...this.#who, ...fields }, message);
    } catch {
      // As for metrics.
    }
  }
}

type Level = "debug" | "info" | "warn" | "error";

/** Messages of users' errors may quote record data: they stay out of the logs. */
function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const { code } = error as Error & { code?: unknown };
  return typeof code === "string" ? `${error.name} ${code}` : error.name;
}
