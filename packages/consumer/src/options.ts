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

/** `new Worker(options)`. The comments say what the table in option-table.ts says; a test holds them to it. */
export interface WorkerOptions {
  /**
   * The stream to read. Either this or `streamArn`.
   * A string of 1 to 128 characters matching ^[a-zA-Z0-9_.-]+$. KCL counterpart: streamName.
   */
  readonly streamName?: string | undefined;
  /**
   * The stream to read by ARN: reaches other accounts.
   * A string of 20 to 256 characters matching
   * ^arn:[^:]+:kinesis:[^:]*:[^:]*:stream\/[a-zA-Z0-9_.-]+$. KCL counterpart: streamArn.
   */
  readonly streamArn?: string | undefined;
  /**
   * Workers of one name share the shards. Names the lease table too, unless `tableName` does.
   * A string of 1 to 255 characters; required. KCL counterpart: applicationName.
   */
  readonly applicationName: string;
  /**
   * The DynamoDB table of the leases. Not given: `applicationName`.
   * A string of 3 to 255 characters matching ^[a-zA-Z0-9_.-]+$. KCL counterpart: tableName.
   */
  readonly tableName?: string | undefined;
  /**
   * Names this worker in the table; must differ from every other's. Not given: made up at random.
   * A string of 1 to 256 characters. KCL counterpart: workerIdentifier.
   */
  readonly workerId?: string | undefined;

  /**
   * Called with each batch of a shard, one at a time. Returning means done.
   * A function; required. KCL counterpart: processRecords.
   */
  readonly processRecords: (context: ProcessRecordsContext) => Awaitable;
  /**
   * Awaited before the first batch of a tenure, with the checkpoint and any prepared state.
   * A function. KCL counterpart: initialize.
   */
  readonly onShardStart?: ((context: ShardStartContext) => Awaitable) | undefined;
  /**
   * Awaited when every record of a closed shard is done, before SHARD_END is written.
   * A function. KCL counterpart: shardEnded.
   */
  readonly onShardEnd?: ((context: ShardEndContext) => Awaitable) | undefined;
  /**
   * Awaited after the lease went elsewhere and the running batch has returned.
   * A function. KCL counterpart: leaseLost.
   */
  readonly onLeaseLost?: ((context: LeaseLostContext) => Awaitable) | undefined;
  /**
   * Awaited before a lease is given back, after the last batch; may still checkpoint.
   * A function. KCL counterpart: shutdownRequested.
   */
  readonly onStop?: ((context: ShardStopContext) => Awaitable) | undefined;
  /**
   * Takes records that `processRecords` refused, under `errorPolicy` skip. If it throws, it is
   * called again.
   * A function.
   */
  readonly onDeadLetter?: ((letter: DeadLetter) => Awaitable) | undefined;

  /**
   * Where an application begins that has no leases yet. Not given: trim-horizon.
   * "trim-horizon", "latest" or { timestampMs }. KCL counterpart:
   * initialPositionInStreamExtended.
   */
  readonly initialPosition?:
    | "trim-horizon"
    | "latest"
    | { readonly timestampMs: number }
    | undefined;
  /**
   * What a throwing `processRecords` leads to: the same batch again for ever; the worker stops
   * with PROCESSOR_FAILED after `maxAttempts`; or after `maxAttempts` the records at fault go to
   * `onDeadLetter`. The KCL skips the batch.
   * One of retry, halt, skip; default retry.
   */
  readonly errorPolicy?: "retry" | "halt" | "skip" | undefined;
  /**
   * Calls of `processRecords` with the same batch before `halt` or `skip` acts.
   * An integer in 1 … 1000; default 3.
   */
  readonly maxAttempts?: number | undefined;
  /**
   * First ceiling of the random pause before a batch is tried again; doubles each time.
   * Milliseconds, an integer in 1 … 60000; default 200. KCL counterpart: taskBackoffTimeMillis.
   */
  readonly retryBaseMs?: number | undefined;
  /**
   * Largest ceiling of that pause.
   * Milliseconds, an integer in 1 … 3600000; default 30000.
   */
  readonly retryCapMs?: number | undefined;
  /**
   * For aggregates with members that belong to another shard: deliver and report, or drop the
   * whole aggregate as the KCL does.
   * One of deliver, kcl; default deliver.
   */
  readonly hashRangePolicy?: HashRangePolicy | undefined;
  /**
   * When records were trimmed before they were read: report and read on, or stop the worker.
   * One of continue, halt; default continue.
   */
  readonly gapPolicy?: "continue" | "halt" | undefined;

  /**
   * User records given to `processRecords` at once.
   * An integer in 1 … 1000000; default 1000. KCL counterpart: maxRecords.
   */
  readonly maxRecordsPerBatch?: number | undefined;
  /**
   * Bytes of data given to `processRecords` at once; one larger record comes alone.
   * An integer in 1 … 1073741824; default 5242880.
   */
  readonly maxBytesPerBatch?: number | undefined;
  /**
   * Bytes read and not yet processed, over all shards of the worker. A read that is under way may
   * exceed it by its answer.
   * Bytes, an integer in 1048576 … 17179869184; default 67108864. KCL counterpart: maxByteSize.
   */
  readonly maxBufferedBytes?: number | undefined;
  /**
   * Delivery of a shard waits when this many records are delivered and not checkpointed: with one
   * batch more it bounds what a crash repeats. Not given: 10,000, or one batch if that is more.
   * An integer in 1 … 100000000.
   */
  readonly maxUncheckpointedRecords?: number | undefined;
  /**
   * How often what is done is checkpointed while records flow. A checkpoint replaces a renewal,
   * so up to a third of `failoverTimeMs` it costs nothing extra.
   * Milliseconds, an integer in 0 … 86400000; default 5000.
   */
  readonly checkpointIntervalMs?: number | undefined;
  /**
   * true: a batch is done when `processRecords` returns. false: only `checkpoint` and
   * `acknowledge` say so.
   * True or false; default true.
   */
  readonly autoCheckpoint?: boolean | undefined;

  /**
   * How long a lease lives without renewal: after a crash its shard moves after this. The same
   * for all workers of an application.
   * Milliseconds, an integer in 1000 … 3600000; default 10000. KCL counterpart:
   * failoverTimeMillis.
   */
  readonly failoverTimeMs?: number | undefined;
  /**
   * How often the lease table is looked through for leases to take or to hand over. Not given:
   * 1,000, or half of `failoverTimeMs` if that is less.
   * Milliseconds, an integer in 100 … 600000. KCL counterpart: leaseAssignmentIntervalMillis.
   */
  readonly leaseScanIntervalMs?: number | undefined;
  /**
   * Deadline of one call to the lease table, at most a quarter of `failoverTimeMs`. Not given: a
   * sixth, or 500 if that is more and within the quarter.
   * Milliseconds, an integer in 50 … 900000. KCL counterpart: dynamoDbRequestTimeout.
   */
  readonly leaseCallTimeoutMs?: number | undefined;
  /**
   * Shards this worker processes at once at most.
   * An integer in 1 … 1000000; default 1000000. KCL counterpart: maxLeasesForWorker.
   */
  readonly maxLeases?: number | undefined;
  /**
   * How long a batch may go on once another worker asked for the shard; then its signal aborts
   * and the lease goes without it.
   * Milliseconds, an integer in 100 … 3600000; default 30000. KCL counterpart:
   * gracefulLeaseHandoffTimeoutMillis.
   */
  readonly handOffTimeoutMs?: number | undefined;
  /**
   * How often the stream's shards are compared with the table, to repair it and to clean it up.
   * Milliseconds, an integer in 1000 … 86400000; default 60000. KCL counterpart:
   * leasesRecoveryAuditorExecutionFrequencyMillis.
   */
  readonly shardSyncIntervalMs?: number | undefined;
  /**
   * Delete the leases of finished shards once all their children are under way.
   * True or false; default true. KCL counterpart: cleanupLeasesUponShardCompletion.
   */
  readonly cleanUpFinishedLeases?: boolean | undefined;

  /**
   * Kinesis records asked for by one GetRecords.
   * An integer in 1 … 10000; default 10000. KCL counterpart: maxRecords.
   */
  readonly maxRecordsPerRead?: number | undefined;
  /**
   * Reads under way at once, over all shards of the worker, each on a connection of its own: with
   * `maxBufferedBytes` it bounds memory, an answer being up to 10 MiB.
   * An integer in 1 … 1024; default 50.
   */
  readonly maxConcurrentReads?: number | undefined;
  /**
   * Between two reads of a shard whose end is reached. Behind its end a shard is read up to 5
   * times a second.
   * Milliseconds, an integer in 200 … 600000; default 1000. KCL counterpart:
   * idleTimeBetweenReadsInMillis.
   */
  readonly idleTimeBetweenReadsMs?: number | undefined;
  /**
   * Deadline of one call to Kinesis.
   * Milliseconds, an integer in 100 … 600000; default 10000. KCL counterpart:
   * kinesisRequestTimeout.
   */
  readonly kinesisCallTimeoutMs?: number | undefined;
  /**
   * A `processRecords` that runs longer is taken for stuck: its signal aborts and the lease is
   * given up.
   * Milliseconds, an integer in 100 … 86400000; default 300000.
   */
  readonly maxProcessingTimeMs?: number | undefined;
  /**
   * A shard that cannot be read for so long is given up, for a worker that can.
   * Milliseconds, an integer in 1000 … 86400000; default 60000.
   */
  readonly noProgressTimeoutMs?: number | undefined;
  /**
   * How long the start may go on against a service that does not answer.
   * Milliseconds, an integer in 0 … 86400000; default 30000. KCL counterpart:
   * maxInitializationAttempts.
   */
  readonly startTimeoutMs?: number | undefined;
  /**
   * How long a stop waits for running batches; then their signals abort.
   * Milliseconds, an integer in 0 … 86400000; default 30000.
   */
  readonly stopTimeoutMs?: number | undefined;

  /**
   * Region, credentials, endpoints, proxy and transport of the AWS clients; the same as the
   * producer's. Not given: as the AWS SDK finds them.
   * An object: see aws-options.md. KCL counterpart: kinesisClient, dynamoDBClient.
   */
  readonly aws?: AwsConnection | undefined;
  /**
   * Port to Kinesis. Not given: AWS. Not closed by the worker.
   * An object with getRecords().
   */
  readonly kinesis?: KinesisApi | undefined;
  /**
   * Port to the lease table. Not given: DynamoDB. Not closed by the worker.
   * An object with renew().
   */
  readonly leases?: LeaseTable | undefined;
  /**
   * Port to time. Not given: the system's.
   * An object with setTimer().
   */
  readonly clock?: Clock | undefined;
  /**
   * Port to chance. Not given: the system's.
   * An object with next().
   */
  readonly random?: Random | undefined;
  /**
   * Port to logs; a pino logger fits. Not given: silent.
   * An object with info().
   */
  readonly logger?: Logger | undefined;
  /**
   * Port to metrics. Not given: silent.
   * An object with record().
   */
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
