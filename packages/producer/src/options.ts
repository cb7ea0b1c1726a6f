import { type AwsConnection, createKinesis, splitConnection } from "@shardline/aws";
import {
  type Clock,
  compileOptions,
  type KinesisApi,
  limits,
  type Logger,
  type Metrics,
  type OptionProblem,
  type OptionSpec,
  type OptionTable,
  type Random,
  silentLogger,
  systemClock,
  systemRandom,
} from "@shardline/model";
import type { CoreConfig, Order } from "./core/config.ts";
import type { SchemaRegistry } from "./encoding.ts";

const MIB = 1024 * 1024;
const HOUR_MS = 3_600_000;
/** The KPL's request size; the service's own bound is twice that. */
const DEFAULT_REQUEST_BYTES = 5 * MIB;

export interface ProducerOptions {
  readonly streamName?: string | undefined;
  readonly streamArn?: string | undefined;
  readonly order?: Order | undefined;
  readonly aggregation?: boolean | undefined;
  readonly alwaysWrap?: boolean | undefined;
  readonly maxAggregateBytes?: number | undefined;
  readonly maxAggregateRecords?: number | undefined;
  readonly lingerMs?: number | undefined;
  readonly recordTtlMs?: number | undefined;
  readonly requestTimeoutMs?: number | undefined;
  readonly maxRequestEntries?: number | undefined;
  readonly maxRequestBytes?: number | undefined;
  readonly maxInFlightRequests?: number | undefined;
  readonly rateLimitPercent?: number | undefined;
  readonly failIfThrottled?: boolean | undefined;
  readonly retryBaseMs?: number | undefined;
  readonly retryCapMs?: number | undefined;
  readonly maxBufferedBytes?: number | undefined;
  readonly maxBufferedRecords?: number | undefined;
  readonly maxRecordBytes?: number | undefined;
  readonly shardMapRefreshMs?: number | undefined;
  readonly distributionStrategyDefault?: "USER_PARTITION_KEY" | "AUTO" | undefined;
  readonly streamIdleMs?: number | undefined;
  readonly lambda?: boolean | undefined;
  readonly closeTimeoutMs?: number | undefined;
  readonly schemaRegistry?: SchemaRegistry | undefined;
  readonly schemaCompression?: "none" | "zlib" | undefined;
  readonly compress?: ((data: Uint8Array) => Uint8Array | Promise<Uint8Array>) | undefined;
  readonly metrics?: Metrics | undefined;
  readonly metricsLevel?: "none" | "summary" | "detailed" | undefined;
  readonly metricsGranularity?: "global" | "stream" | "shard" | undefined;
  readonly aws?: AwsConnection | undefined;
  readonly kinesis?: KinesisApi | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
  readonly logger?: Logger | undefined;
}

/** What each option is, does and stands for; the reference page is printed from it. */
export const PRODUCER_OPTIONS: OptionTable<ProducerOptions> = {
  streamName: {
    kind: "string",
    minLength: 1,
    maxLength: 128,
    pattern: /^[a-zA-Z0-9_.-]+$/,
    required: false,
    doc: "The stream of records that name none themselves. This or `streamArn`, not both.",
  },
  streamArn: {
    kind: "string",
    minLength: 20,
    maxLength: 2048,
    pattern: /^arn:[^:]+:kinesis:[^:]+:\d{12}:stream\/\S+$/,
    required: false,
    doc: "The stream by its ARN, which reaches other accounts.",
  },
  order: {
    kind: "choice",
    choices: ["none", "ordered", "strict"],
    default: "none",
    doc: "`none`: fastest, records of a key may overtake each other. `ordered`: one entry in flight for each shard, so a key's records arrive in the order of put(). `strict`: the same by PutRecord with SequenceNumberForOrdering.",
  },
  aggregation: {
    kind: "boolean",
    default: true,
    doc: "Put many user records of one shard into one Kinesis record.",
    counterpart: "AggregationEnabled",
  },
  alwaysWrap: {
    kind: "boolean",
    default: false,
    doc: "Write a lone record as an aggregate of one, too, so that readers see one format.",
  },
  maxAggregateBytes: {
    kind: "integer",
    min: 64,
    max: limits.MAX_MAX_RECORD_BYTES,
    default: 51_200,
    doc: "An aggregate's size. Larger records go alone.",
    counterpart: "AggregationMaxSize",
  },
  maxAggregateRecords: {
    kind: "integer",
    min: 1,
    max: 500_000,
    default: 500_000,
    doc: "User records in an aggregate.",
    counterpart: "AggregationMaxCount",
  },
  lingerMs: {
    kind: "integer",
    min: 0,
    max: HOUR_MS,
    default: 100,
    doc: "How long a record may wait for company before it is sent.",
    counterpart: "RecordMaxBufferedTime",
  },
  recordTtlMs: {
    kind: "integer",
    min: 100,
    max: 24 * HOUR_MS,
    default: 30_000,
    doc: "How long to try, counted from put().",
    counterpart: "RecordTtl",
  },
  requestTimeoutMs: {
    kind: "integer",
    min: 100,
    max: 600_000,
    default: 6000,
    doc: "Deadline of one request.",
    counterpart: "RequestTimeout",
  },
  maxRequestEntries: {
    kind: "integer",
    min: 1,
    max: limits.MAX_PUT_RECORDS_ENTRIES,
    default: limits.MAX_PUT_RECORDS_ENTRIES,
    doc: "Kinesis records in one PutRecords.",
    counterpart: "CollectionMaxCount",
  },
  maxRequestBytes: {
    kind: "integer",
    min: 52_224,
    max: limits.MAX_PUT_RECORDS_BYTES,
    default: DEFAULT_REQUEST_BYTES,
    doc: "Data and partition keys of one PutRecords; a larger record goes alone.",
    counterpart: "CollectionMaxSize",
  },
  maxInFlightRequests: {
    kind: "integer",
    min: 1,
    max: 256,
    default: 24,
    doc: "Requests at one time, over all streams.",
    counterpart: "MaxConnections",
  },
  rateLimitPercent: {
    kind: "integer",
    min: 1,
    max: 1_000_000,
    default: 150,
    doc: "Most that is sent to a shard, of its quota of 1,000 records and 1 MiB a second. It starts at 100 (at the bound itself if that is above 200) and adapts to throttling below the bound.",
    counterpart: "RateLimit",
  },
  failIfThrottled: {
    kind: "boolean",
    default: false,
    doc: "Reject a throttled record instead of trying again.",
    counterpart: "FailIfThrottled",
  },
  retryBaseMs: {
    kind: "integer",
    min: 1,
    max: 60_000,
    default: 50,
    doc: "The wait before the n-th repetition is random, up to retryBaseMs · 2ⁿ.",
  },
  retryCapMs: {
    kind: "integer",
    min: 1,
    max: 600_000,
    default: 5000,
    doc: "Bound of that wait.",
  },
  maxBufferedBytes: {
    kind: "integer",
    min: 1024,
    max: Number.MAX_SAFE_INTEGER,
    default: 64 * MIB,
    doc: "Data and keys of all unsettled records. put() waits while there is no room.",
  },
  maxBufferedRecords: {
    kind: "integer",
    min: 1,
    max: 10_000_000,
    default: 500_000,
    doc: "Unsettled records. put() waits while there is no room.",
  },
  maxRecordBytes: {
    kind: "integer",
    min: 64,
    max: limits.MAX_MAX_RECORD_BYTES,
    default: undefined,
    doc: "Largest record, data and partition key. Not given: what the stream says.",
    counterpart: "MaxUserRecordSize",
  },
  shardMapRefreshMs: {
    kind: "integer",
    min: 1000,
    max: 24 * HOUR_MS,
    default: 300_000,
    doc: "How often the stream and its shards are looked at again without a reason, give or take a fifth.",
    counterpart: "DescribeStreamSummaryIntervalMs",
  },
  distributionStrategyDefault: {
    kind: "choice",
    choices: ["USER_PARTITION_KEY", "AUTO"],
    default: "USER_PARTITION_KEY",
    doc: "Taken as the stream's record distribution strategy if the stream may not be described.",
    counterpart: "RecordDistributionStrategyDefault",
  },
  streamIdleMs: {
    kind: "integer",
    min: 1000,
    max: 24 * HOUR_MS,
    default: 600_000,
    doc: "A stream other than the producer's own that nothing was put to for so long is forgotten.",
  },
  lambda: {
    kind: "boolean",
    default: false,
    doc: "For functions that are frozen between calls: no timer runs but while a flush() waits. Call flush() before each return.",
  },
  closeTimeoutMs: {
    kind: "integer",
    min: 0,
    max: HOUR_MS,
    default: 30_000,
    doc: "Deadline of close() where none is given.",
  },
  schemaRegistry: port("schema registry", "versionIdOf", "records may have no `schema`"),
  schemaCompression: {
    kind: "choice",
    choices: ["none", "zlib"],
    default: "none",
    doc: "Of the payload behind the schema registry's header.",
    counterpart: "GlueSchemaRegistryConfiguration",
  },
  compress: {
    kind: "custom",
    expected: "a function from bytes to bytes, or to a promise of them",
    accepts: (value) => typeof value === "function",
    required: false,
    doc: "Called with the data of each record before it is framed and measured.",
  },
  metrics: port("metrics", "record", "none are made"),
  metricsLevel: {
    kind: "choice",
    choices: ["none", "summary", "detailed"],
    default: "detailed",
    doc: "Which metrics go to the `metrics` port.",
    counterpart: "MetricsLevel",
  },
  metricsGranularity: {
    kind: "choice",
    choices: ["global", "stream", "shard"],
    default: "shard",
    doc: "Finest dimension of the metrics.",
    counterpart: "MetricsGranularity",
  },
  aws: {
    kind: "custom",
    expected: "an object: see aws-options.md",
    accepts: (value) => typeof value === "object" && value !== null && !Array.isArray(value),
    required: false,
    doc: "Region, credentials, endpoints, proxy and transport of the AWS clients; the same as the worker's. Not given: as the AWS SDK finds them.",
    counterpart: "Region, KinesisEndpoint, CredentialsProvider, ProxyHost …",
  },
  kinesis: port("Kinesis", "putRecords", "a client of its own, made from `aws`"),
  clock: port("clock", "setTimer", "the system's"),
  random: port("random", "next", "the system's"),
  logger: port("logger", "warn", "silent"),
};

type Given =
  | "streamName"
  | "streamArn"
  | "maxRecordBytes"
  | "aws"
  | "schemaRegistry"
  | "compress"
  | "metrics";
type Complete = {
  readonly [K in Exclude<keyof ProducerOptions, Given>]-?: NonNullable<ProducerOptions[K]>;
} & {
  readonly [K in Given]: ProducerOptions[K];
};

export interface ProducerConfig extends Complete {
  readonly core: CoreConfig;
  /** The Kinesis port is ours to close. */
  readonly ownsKinesis: boolean;
}

/** @throws InvalidOptionsError naming every problem. */
export function producerConfig(options: ProducerOptions): ProducerConfig {
  const compiled = compileOptions("Producer", PRODUCER_OPTIONS, options, checkTogether) as Complete;
  const clock = compiled.clock ?? systemClock;
  const random = compiled.random ?? systemRandom;
  const { maxInFlightRequests: maxConnections, aws = {} } = compiled;
  const own = { maxConnections, ...splitConnection("Producer.aws", aws).kinesis, clock, random };
  const kinesis = compiled.kinesis ?? createKinesis(own);
  return {
    ...compiled,
    kinesis,
    clock,
    random,
    logger: compiled.logger ?? silentLogger,
    ownsKinesis: options.kinesis === undefined,
    core: coreConfig(compiled),
  };
}

function coreConfig(options: Complete): CoreConfig {
  return {
    order: options.order,
    aggregation: options.aggregation,
    alwaysWrap: options.alwaysWrap,
    maxAggregateBytes: options.maxAggregateBytes,
    maxAggregateRecords: options.maxAggregateRecords,
    lingerMs: options.lingerMs,
    // The KPL's share of the waiting time for collecting.
    collectMs: Math.min(50, options.lingerMs / 5),
    recordTtlMs: options.recordTtlMs,
    maxRequestEntries: options.maxRequestEntries,
    maxRequestBytes: options.maxRequestBytes,
    maxShardShare: options.rateLimitPercent / 100,
    failIfThrottled: options.failIfThrottled,
    retry: { baseMs: options.retryBaseMs, capMs: options.retryCapMs },
  };
}

function checkTogether(options: ProducerOptions): OptionProblem[] {
  const problems: OptionProblem[] = [];
  const { streamName, streamArn, lingerMs = 0, recordTtlMs = 0 } = options;
  if (streamName !== undefined && streamArn !== undefined) {
    problems.push({
      path: "streamArn",
      value: "given with streamName",
      expected: "one of the two",
    });
  }
  if (lingerMs >= recordTtlMs) {
    const expected = `less than recordTtlMs (${recordTtlMs})`;
    problems.push({ path: "lingerMs", value: String(lingerMs), expected });
  }
  const { retryBaseMs = 0, retryCapMs = 0 } = options;
  if (retryBaseMs > retryCapMs) {
    const expected = `at most retryCapMs (${retryCapMs})`;
    problems.push({ path: "retryBaseMs", value: String(retryBaseMs), expected });
  }
  if (options.kinesis !== undefined && options.aws !== undefined) {
    problems.push({ path: "aws", value: "given with kinesis", expected: "one of the two" });
  }
  return problems;
}

function port(name: string, method: string, fallback: string): OptionSpec {
  return {
    kind: "custom",
    expected: `a ${name} port`,
    accepts: (value) => typeof value === "object" && value !== null && method in value,
    required: false,
    doc: `The ${name} port. Not given: ${fallback}.`,
  };
}
