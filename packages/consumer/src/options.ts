/** What a user may set, checked and completed. */

import type { AwsConnection } from "@shardline/aws";
import {
  type Clock,
  compileOptions,
  type InitialPosition,
  type KinesisApi,
  type LeaseTable,
  limits,
  type Logger,
  type Metrics,
  type OptionProblem,
  type OptionTable,
  type Random,
  silentLogger,
  silentMetrics,
  type StreamRef,
  systemClock,
  systemRandom,
} from "@shardline/model";
import type { HashRangePolicy } from "./core/unpack.ts";
import { workerOptionTable } from "./option-table.ts";
import type {
  DeadLetter,
  LeaseLostContext,
  ProcessRecordsContext,
  ShardEndContext,
  ShardStartContext,
  ShardStopContext,
} from "./processor.ts";

type Awaitable = void | Promise<void>;

/** `new Worker(options)`. Defaults, bounds and the KCL's names: docs/reference/consumer-options.md. */
export interface WorkerOptions {
  readonly streamName?: string | undefined;
  readonly streamArn?: string | undefined;
  readonly applicationName: string;
  readonly tableName?: string | undefined;
  readonly workerId?: string | undefined;

  /** Returning means done: the records may be checkpointed. Throwing means the error policy. */
  readonly processRecords: (context: ProcessRecordsContext) => Awaitable;
  readonly onShardStart?: ((context: ShardStartContext) => Awaitable) | undefined;
  readonly onShardEnd?: ((context: ShardEndContext) => Awaitable) | undefined;
  readonly onLeaseLost?: ((context: LeaseLostContext) => Awaitable) | undefined;
  readonly onStop?: ((context: ShardStopContext) => Awaitable) | undefined;
  readonly onDeadLetter?: ((letter: DeadLetter) => Awaitable) | undefined;

  readonly initialPosition?:
    | "trim-horizon"
    | "latest"
    | { readonly timestampMs: number }
    | undefined;
  readonly errorPolicy?: "retry" | "halt" | "skip" | undefined;
  readonly maxAttempts?: number | undefined;
  readonly retryBaseMs?: number | undefined;
  readonly retryCapMs?: number | undefined;
  readonly hashRangePolicy?: HashRangePolicy | undefined;
  readonly gapPolicy?: "continue" | "halt" | undefined;

  readonly maxRecordsPerBatch?: number | undefined;
  readonly maxBytesPerBatch?: number | undefined;
  readonly maxBufferedBytes?: number | undefined;
  readonly maxUncheckpointedRecords?: number | undefined;
  readonly checkpointIntervalMs?: number | undefined;
  readonly autoCheckpoint?: boolean | undefined;

  readonly failoverTimeMs?: number | undefined;
  readonly leaseScanIntervalMs?: number | undefined;
  readonly leaseCallTimeoutMs?: number | undefined;
  readonly maxLeases?: number | undefined;
  readonly handOffTimeoutMs?: number | undefined;
  readonly shardSyncIntervalMs?: number | undefined;
  readonly cleanUpFinishedLeases?: boolean | undefined;

  readonly maxRecordsPerRead?: number | undefined;
  readonly maxConcurrentReads?: number | undefined;
  readonly idleTimeBetweenReadsMs?: number | undefined;
  readonly kinesisCallTimeoutMs?: number | undefined;
  readonly maxProcessingTimeMs?: number | undefined;
  readonly noProgressTimeoutMs?: number | undefined;
  readonly startTimeoutMs?: number | undefined;
  readonly stopTimeoutMs?: number | undefined;

  readonly aws?: AwsConnection | undefined;
  readonly kinesis?: KinesisApi | undefined;
  readonly leases?: LeaseTable | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
  readonly logger?: Logger | undefined;
  readonly metrics?: Metrics | undefined;
}

type Flat = { readonly [K in keyof WorkerOptions]-?: Exclude<WorkerOptions[K], undefined> };
type Optional =
  | "streamName"
  | "streamArn"
  | "onShardStart"
  | "onShardEnd"
  | "onLeaseLost"
  | "onStop"
  | "onDeadLetter"
  | "aws"
  | "kinesis"
  | "leases";

/** The options with every default in place. */
export type WorkerConfig = Omit<Flat, Optional | "initialPosition"> & {
  readonly [K in Optional]: WorkerOptions[K];
} & {
  readonly initialPosition: InitialPosition;
  readonly stream: StreamRef;
  /** For messages: the name or the ARN as given. */
  readonly streamLabel: string;
};

/** Rows of other kinds in the KCL's tables have these keys. */
const RESERVED_WORKER_IDS = ["Leader", "Migration3.0", "TableMigration3.5"];

/** @throws InvalidOptionsError naming every problem. */
export function compileWorkerOptions(options: WorkerOptions): WorkerConfig {
  const table = workerOptionTable as unknown as OptionTable<WorkerOptions>;
  const given = compileOptions<WorkerOptions>("Worker", table, options, problemsAcross) as Flat;
  const random = given.random ?? systemRandom;
  const stream: StreamRef =
    given.streamArn === undefined
      ? { streamName: given.streamName }
      : { streamArn: given.streamArn };
  return Object.freeze({
    ...given,
    stream,
    streamLabel: given.streamArn ?? given.streamName,
    tableName: given.tableName ?? given.applicationName,
    workerId: given.workerId ?? newWorkerId(random),
    initialPosition: initialPosition(given.initialPosition),
    leaseScanIntervalMs: given.leaseScanIntervalMs ?? Math.min(1_000, given.failoverTimeMs / 2),
    leaseCallTimeoutMs: given.leaseCallTimeoutMs ?? leaseCallTimeoutMs(given.failoverTimeMs),
    maxUncheckpointedRecords:
      given.maxUncheckpointedRecords ?? Math.max(10_000, given.maxRecordsPerBatch),
    clock: given.clock ?? systemClock,
    random,
    logger: given.logger ?? silentLogger,
    metrics: given.metrics ?? silentMetrics,
  });
}

/**
 * Rule R3: at most a quarter of the lease's life. A sixth leaves room for a write that times out,
 * the read that resolves the doubt, and a second write before the holder's own deadline.
 */
export function leaseCallTimeoutMs(failoverTimeMs: number): number {
  return Math.min(failoverTimeMs / 4, Math.max(failoverTimeMs / 6, 500));
}

function initialPosition(given: Flat["initialPosition"] | undefined): InitialPosition {
  if (given === "latest") return { kind: "latest" };
  if (typeof given === "object") return { kind: "at-timestamp", timestampMs: given.timestampMs };
  return { kind: "trim-horizon" };
}

function newWorkerId(random: Random): string {
  const hex = (): string =>
    Math.floor(random.next() * 2 ** 32)
      .toString(16)
      .padStart(8, "0");
  return `worker-${hex()}${hex()}`;
}

/** S10: no accepted configuration can break the promises. */
function problemsAcross(config: WorkerOptions): readonly OptionProblem[] {
  const problems: OptionProblem[] = [];
  const problem = (path: string, value: string, expected: string): void => {
    problems.push({ path, value, expected });
  };
  const { streamName, streamArn, workerId, failoverTimeMs = 0, leaseCallTimeoutMs } = config;
  if ((streamName === undefined) === (streamArn === undefined)) {
    const value = streamName === undefined ? "nothing" : "both streamName and streamArn";
    problem("streamName", value, "either streamName or streamArn");
  }
  const tableName = config.tableName ?? config.applicationName;
  if (!/^[a-zA-Z0-9_.-]{3,255}$/.test(tableName)) {
    const path = config.tableName === undefined ? "applicationName" : "tableName";
    problem(path, JSON.stringify(tableName.slice(0, 60)), "a DynamoDB table name");
  }
  if (workerId !== undefined && isReserved(workerId)) {
    problem("workerId", JSON.stringify(workerId), "a name that no row of the lease table has");
  }
  if (leaseCallTimeoutMs !== undefined && leaseCallTimeoutMs > failoverTimeMs / 4) {
    const expected = `at most failoverTimeMs / 4 = ${failoverTimeMs / 4}`;
    problem("leaseCallTimeoutMs", String(leaseCallTimeoutMs), expected);
  }
  if (config.errorPolicy === "skip" && config.onDeadLetter === undefined) {
    problem("onDeadLetter", "nothing", 'a function, since errorPolicy is "skip"');
  }
  const { maxUncheckpointedRecords, maxRecordsPerBatch = 1 } = config;
  if (maxUncheckpointedRecords !== undefined && maxUncheckpointedRecords < maxRecordsPerBatch) {
    const expected = `at least maxRecordsPerBatch = ${maxRecordsPerBatch}`;
    problem("maxUncheckpointedRecords", String(maxUncheckpointedRecords), expected);
  }
  const { retryBaseMs = 0, retryCapMs = 0 } = config;
  if (retryCapMs < retryBaseMs) {
    problem("retryCapMs", String(retryCapMs), `at least retryBaseMs = ${retryBaseMs}`);
  }
  const { maxBufferedBytes = 0, maxBytesPerBatch = 0 } = config;
  if (maxBufferedBytes < limits.MAX_GET_RECORDS_BYTES && maxBufferedBytes < maxBytesPerBatch) {
    problem(
      "maxBufferedBytes",
      String(maxBufferedBytes),
      `at least maxBytesPerBatch = ${maxBytesPerBatch}`,
    );
  }
  return problems;
}

function isReserved(workerId: string): boolean {
  return RESERVED_WORKER_IDS.includes(workerId) || /^shardId-/.test(workerId);
}
