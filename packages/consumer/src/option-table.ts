/** The table behind docs/reference/consumer-options.md. */

import { limits, type OptionSpec } from "@shardline/model";
import type { WorkerOptions } from "./options.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const MIB = 1024 * 1024;

export const workerOptionTable: { readonly [K in keyof Required<WorkerOptions>]: OptionSpec } = {
  streamName: {
    ...text(1, 128, /^[a-zA-Z0-9_.-]+$/, false),
    doc: "The stream to read. Either this or `streamArn`.",
    counterpart: "streamName",
  },
  streamArn: {
    ...text(20, 256, /^arn:[^:]+:kinesis:[^:]*:[^:]*:stream\/[a-zA-Z0-9_.-]+$/, false),
    doc: "The stream to read by ARN: reaches other accounts.",
    counterpart: "streamArn",
  },
  applicationName: {
    ...text(1, 255, undefined, true),
    doc: "Workers of one name share the shards. Names the lease table too, unless `tableName` does.",
    counterpart: "applicationName",
  },
  tableName: {
    ...text(3, 255, /^[a-zA-Z0-9_.-]+$/, false),
    doc: "The DynamoDB table of the leases. Not given: `applicationName`.",
    counterpart: "tableName",
  },
  workerId: {
    ...text(1, 256, undefined, false),
    doc: "Names this worker in the table; must differ from every other's. Not given: made up at random.",
    counterpart: "workerIdentifier",
  },
  processRecords: {
    ...fn(true),
    doc: "Called with each batch of a shard, one at a time. Returning means done.",
    counterpart: "processRecords",
  },
  onShardStart: {
    ...fn(false),
    doc: "Awaited before the first batch of a tenure, with the checkpoint and any prepared state.",
    counterpart: "initialize",
  },
  onShardEnd: {
    ...fn(false),
    doc: "Awaited when every record of a closed shard is done, before SHARD_END is written.",
    counterpart: "shardEnded",
  },
  onLeaseLost: {
    ...fn(false),
    doc: "Awaited after the lease went elsewhere and the running batch has returned.",
    counterpart: "leaseLost",
  },
  onStop: {
    ...fn(false),
    doc: "Awaited before a lease is given back, after the last batch; may still checkpoint.",
    counterpart: "shutdownRequested",
  },
  onDeadLetter: {
    ...fn(false),
    doc: "Takes records that `processRecords` refused, under `errorPolicy` skip. If it throws, it is called again.",
  },
  initialPosition: {
    ...custom('"trim-horizon", "latest" or { timestampMs }', isInitialPosition),
    doc: "Where an application begins that has no leases yet. Not given: trim-horizon.",
    counterpart: "initialPositionInStreamExtended",
  },
  errorPolicy: {
    ...choice(["retry", "halt", "skip"], "retry"),
    doc: "What a throwing `processRecords` leads to: the same batch again for ever; the worker stops with PROCESSOR_FAILED after `maxAttempts`; or after `maxAttempts` the records at fault go to `onDeadLetter`. The KCL skips the batch.",
  },
  maxAttempts: {
    ...integer(1, 1_000, 3),
    doc: "Calls of `processRecords` with the same batch before `halt` or `skip` acts.",
  },
  retryBaseMs: {
    ...integer(1, MINUTE, 200),
    doc: "First ceiling of the random pause before a batch is tried again; doubles each time.",
    counterpart: "taskBackoffTimeMillis",
  },
  retryCapMs: {
    ...integer(1, 60 * MINUTE, 30_000),
    doc: "Largest ceiling of that pause.",
  },
  hashRangePolicy: {
    ...choice(["deliver", "kcl"], "deliver"),
    doc: "For aggregates with members that belong to another shard: deliver and report, or drop the whole aggregate as the KCL does.",
  },
  gapPolicy: {
    ...choice(["continue", "halt"], "continue"),
    doc: "When records were trimmed before they were read: report and read on, or stop the worker.",
  },
  maxRecordsPerBatch: {
    ...integer(1, 1_000_000, 1_000),
    doc: "User records given to `processRecords` at once.",
    counterpart: "maxRecords",
  },
  maxBytesPerBatch: {
    ...integer(1, 1_024 * MIB, 5 * MIB),
    doc: "Bytes of data given to `processRecords` at once; one larger record comes alone.",
  },
  maxBufferedBytes: {
    ...integer(1 * MIB, 16_384 * MIB, 64 * MIB),
    doc: "Bytes read and not yet processed, over all shards of the worker. A read that is under way may exceed it by its answer.",
    counterpart: "maxByteSize",
  },
  maxUncheckpointedRecords: {
    ...optionalInteger(1, 100_000_000),
    doc: "Delivery of a shard waits when this many records are delivered and not checkpointed: with one batch more it bounds what a crash repeats. Not given: 10,000, or one batch if that is more.",
  },
  checkpointIntervalMs: {
    ...integer(0, DAY, 5_000),
    doc: "How often what is done is checkpointed while records flow. A checkpoint replaces a renewal, so up to a third of `failoverTimeMs` it costs nothing extra.",
  },
  autoCheckpoint: {
    kind: "boolean",
    default: true,
    doc: "true: a batch is done when `processRecords` returns. false: only `checkpoint` and `acknowledge` say so.",
  },
  failoverTimeMs: {
    ...integer(1_000, 60 * MINUTE, 10_000),
    doc: "How long a lease lives without renewal: after a crash its shard moves after this. The same for all workers of an application.",
    counterpart: "failoverTimeMillis",
  },
  leaseScanIntervalMs: {
    ...optionalInteger(100, 10 * MINUTE),
    doc: "How often the lease table is looked through for leases to take or to hand over. Not given: 1,000, or half of `failoverTimeMs` if that is less.",
    counterpart: "leaseAssignmentIntervalMillis",
  },
  leaseCallTimeoutMs: {
    ...optionalInteger(50, 15 * MINUTE),
    doc: "Deadline of one call to the lease table, at most a quarter of `failoverTimeMs`. Not given: a sixth, or 500 if that is more and within the quarter.",
    counterpart: "dynamoDbRequestTimeout",
  },
  maxLeases: {
    ...integer(1, 1_000_000, 1_000_000),
    doc: "Shards this worker processes at once at most.",
    counterpart: "maxLeasesForWorker",
  },
  handOffTimeoutMs: {
    ...integer(100, 60 * MINUTE, 30_000),
    doc: "How long a batch may go on once another worker asked for the shard; then its signal aborts and the lease goes without it.",
    counterpart: "gracefulLeaseHandoffTimeoutMillis",
  },
  shardSyncIntervalMs: {
    ...integer(1_000, DAY, MINUTE),
    doc: "How often the stream's shards are compared with the table, to repair it and to clean it up.",
    counterpart: "leasesRecoveryAuditorExecutionFrequencyMillis",
  },
  cleanUpFinishedLeases: {
    kind: "boolean",
    default: true,
    doc: "Delete the leases of finished shards once all their children are under way.",
    counterpart: "cleanupLeasesUponShardCompletion",
  },
  maxRecordsPerRead: {
    ...integer(1, limits.MAX_GET_RECORDS_RECORDS, limits.MAX_GET_RECORDS_RECORDS),
    doc: "Kinesis records asked for by one GetRecords.",
    counterpart: "maxRecords",
  },
  maxConcurrentReads: {
    ...integer(1, 1_024, 50),
    doc: "Reads under way at once, over all shards of the worker, each on a connection of its own: with `maxBufferedBytes` it bounds memory, an answer being up to 10 MiB.",
  },
  idleTimeBetweenReadsMs: {
    ...integer(200, 10 * MINUTE, 1_000),
    doc: "Between two reads of a shard whose end is reached. Behind its end a shard is read up to 5 times a second.",
    counterpart: "idleTimeBetweenReadsInMillis",
  },
  kinesisCallTimeoutMs: {
    ...integer(100, 10 * MINUTE, 10_000),
    doc: "Deadline of one call to Kinesis.",
    counterpart: "kinesisRequestTimeout",
  },
  maxProcessingTimeMs: {
    ...integer(100, DAY, 5 * MINUTE),
    doc: "A `processRecords` that runs longer is taken for stuck: its signal aborts and the lease is given up.",
  },
  noProgressTimeoutMs: {
    ...integer(1_000, DAY, MINUTE),
    doc: "A shard that cannot be read for so long is given up, for a worker that can.",
  },
  startTimeoutMs: {
    ...integer(0, DAY, 30_000),
    doc: "How long the start may go on against a service that does not answer.",
    counterpart: "maxInitializationAttempts",
  },
  stopTimeoutMs: {
    ...integer(0, DAY, 30_000),
    doc: "How long a stop waits for running batches; then their signals abort.",
  },
  aws: {
    ...custom("an object: see aws-options.md", isObject),
    doc: "Region, credentials, endpoints, proxy and transport of the AWS clients; the same as the producer's. Not given: as the AWS SDK finds them.",
    counterpart: "kinesisClient, dynamoDBClient",
  },
  kinesis: {
    ...port("getRecords"),
    doc: "Port to Kinesis. Not given: AWS. Not closed by the worker.",
  },
  leases: {
    ...port("renew"),
    doc: "Port to the lease table. Not given: DynamoDB. Not closed by the worker.",
  },
  clock: { ...port("setTimer"), doc: "Port to time. Not given: the system's." },
  random: { ...port("next"), doc: "Port to chance. Not given: the system's." },
  logger: { ...port("info"), doc: "Port to logs; a pino logger fits. Not given: silent." },
  metrics: { ...port("record"), doc: "Port to metrics. Not given: silent." },
};

type Bare<K extends OptionSpec["kind"]> = Omit<
  Extract<OptionSpec, { kind: K }>,
  "doc" | "counterpart"
>;
type Custom = Bare<"custom">;

function text(
  minLength: number,
  maxLength: number,
  pattern: RegExp | undefined,
  required: boolean,
): Bare<"string"> {
  const base = { kind: "string", minLength, maxLength, required } as const;
  return pattern === undefined ? base : { ...base, pattern };
}

function integer(
  min: number,
  max: number,
  fallback: number,
): { kind: "integer"; min: number; max: number; default: number } {
  return { kind: "integer", min, max, default: fallback };
}

function optionalInteger(
  min: number,
  max: number,
): { kind: "integer"; min: number; max: number; default: undefined } {
  return { kind: "integer", min, max, default: undefined };
}

function choice(
  choices: readonly string[],
  fallback: string,
): { kind: "choice"; choices: readonly string[]; default: string } {
  return { kind: "choice", choices, default: fallback };
}

function custom(expected: string, accepts: (value: unknown) => boolean): Custom {
  return { kind: "custom", expected, accepts, required: false };
}

function fn(required: boolean): Custom {
  return {
    kind: "custom",
    expected: "a function",
    accepts: (v) => typeof v === "function",
    required,
  };
}

function port(method: string): Custom {
  return custom(
    `an object with ${method}()`,
    (value) => isObject(value) && typeof value[method] === "function",
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function isInitialPosition(value: unknown): boolean {
  if (value === "trim-horizon" || value === "latest") return true;
  return isObject(value) && Number.isFinite(value["timestampMs"]);
}
