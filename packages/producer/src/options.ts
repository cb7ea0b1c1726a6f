import { type AwsConnection, createKinesis, splitConnection } from "@shardline/aws";
import {
  type Clock,
  compileOptions,
  type KinesisApi,
  type Logger,
  type Metrics,
  type OptionProblem,
  type Random,
  silentLogger,
  systemClock,
  systemRandom,
} from "@shardline/model";
import type { CoreConfig, Order } from "./core/config.ts";
import type { SchemaRegistry } from "./encoding.ts";
import { PRODUCER_OPTIONS } from "./option-table.ts";

/** `new Producer(options)`. The comments say what the table in option-table.ts says; a test holds them to it. */
export interface ProducerOptions {
  /**
   * The stream of records that name none themselves. This or `streamArn`, not both.
   * A string of 1 to 128 characters matching ^[a-zA-Z0-9_.-]+$.
   */
  readonly streamName?: string | undefined;
  /**
   * The stream by its ARN, which reaches other accounts.
   * A string of 20 to 2048 characters matching ^arn:[^:]+:kinesis:[^:]+:\d{12}:stream\/\S+$.
   */
  readonly streamArn?: string | undefined;
  /**
   * `none`: fastest, records of a key may overtake each other. `ordered`: one entry in flight for
   * each shard, so a key's records arrive in the order of put(). `strict`: the same by PutRecord
   * with SequenceNumberForOrdering.
   * One of none, ordered, strict; default none.
   */
  readonly order?: Order | undefined;
  /**
   * Put many user records of one shard into one Kinesis record.
   * True or false; default true. KPL counterpart: AggregationEnabled.
   */
  readonly aggregation?: boolean | undefined;
  /**
   * Write a lone record as an aggregate of one, too, so that readers see one format.
   * True or false; default false.
   */
  readonly alwaysWrap?: boolean | undefined;
  /**
   * An aggregate's size. Larger records go alone.
   * Bytes, an integer in 64 … 10485760; default 51200. KPL counterpart: AggregationMaxSize.
   */
  readonly maxAggregateBytes?: number | undefined;
  /**
   * User records in an aggregate.
   * An integer in 1 … 500000; default 500000. KPL counterpart: AggregationMaxCount.
   */
  readonly maxAggregateRecords?: number | undefined;
  /**
   * How long a record may wait for company before it is sent.
   * Milliseconds, an integer in 0 … 3600000; default 100. KPL counterpart: RecordMaxBufferedTime.
   */
  readonly lingerMs?: number | undefined;
  /**
   * How long to try, counted from put().
   * Milliseconds, an integer in 100 … 86400000; default 30000. KPL counterpart: RecordTtl.
   */
  readonly recordTtlMs?: number | undefined;
  /**
   * Deadline of one request.
   * Milliseconds, an integer in 100 … 600000; default 6000. KPL counterpart: RequestTimeout.
   */
  readonly requestTimeoutMs?: number | undefined;
  /**
   * Kinesis records in one PutRecords.
   * An integer in 1 … 500; default 500. KPL counterpart: CollectionMaxCount.
   */
  readonly maxRequestEntries?: number | undefined;
  /**
   * Data and partition keys of one PutRecords; a larger record goes alone.
   * Bytes, an integer in 52224 … 10485760; default 5242880. KPL counterpart: CollectionMaxSize.
   */
  readonly maxRequestBytes?: number | undefined;
  /**
   * Requests at one time, over all streams.
   * An integer in 1 … 256; default 24. KPL counterpart: MaxConnections.
   */
  readonly maxInFlightRequests?: number | undefined;
  /**
   * Most that is sent to a shard, of its quota of 1,000 records and 1 MiB a second. It starts at
   * 100 (at the bound itself if that is above 200) and adapts to throttling below the bound.
   * Percent, an integer in 1 … 1000000; default 150. KPL counterpart: RateLimit.
   */
  readonly rateLimitPercent?: number | undefined;
  /**
   * Reject a throttled record instead of trying again.
   * True or false; default false. KPL counterpart: FailIfThrottled.
   */
  readonly failIfThrottled?: boolean | undefined;
  /**
   * The wait before the n-th repetition is random, up to retryBaseMs · 2ⁿ.
   * Milliseconds, an integer in 1 … 60000; default 50.
   */
  readonly retryBaseMs?: number | undefined;
  /**
   * Bound of that wait.
   * Milliseconds, an integer in 1 … 600000; default 5000.
   */
  readonly retryCapMs?: number | undefined;
  /**
   * Data and keys of all unsettled records. put() waits while there is no room.
   * Bytes, an integer in 1024 … 9007199254740991; default 67108864.
   */
  readonly maxBufferedBytes?: number | undefined;
  /**
   * Unsettled records. put() waits while there is no room.
   * An integer in 1 … 10000000; default 500000.
   */
  readonly maxBufferedRecords?: number | undefined;
  /**
   * Largest record, data and partition key. Not given: what the stream says.
   * Bytes, an integer in 64 … 10485760. KPL counterpart: MaxUserRecordSize.
   */
  readonly maxRecordBytes?: number | undefined;
  /**
   * How often the stream and its shards are looked at again without a reason, give or take a
   * fifth.
   * Milliseconds, an integer in 1000 … 86400000; default 300000. KPL counterpart:
   * DescribeStreamSummaryIntervalMs.
   */
  readonly shardMapRefreshMs?: number | undefined;
  /**
   * Taken as the stream's record distribution strategy if the stream may not be described.
   * One of USER_PARTITION_KEY, AUTO; default USER_PARTITION_KEY. KPL counterpart:
   * RecordDistributionStrategyDefault.
   */
  readonly distributionStrategyDefault?: "USER_PARTITION_KEY" | "AUTO" | undefined;
  /**
   * A stream other than the producer's own that nothing was put to for so long is forgotten.
   * Milliseconds, an integer in 1000 … 86400000; default 600000.
   */
  readonly streamIdleMs?: number | undefined;
  /**
   * For functions that are frozen between calls: no timer runs but while a flush() waits. Call
   * flush() before each return.
   * True or false; default false.
   */
  readonly lambda?: boolean | undefined;
  /**
   * Deadline of close() where none is given.
   * Milliseconds, an integer in 0 … 3600000; default 30000.
   */
  readonly closeTimeoutMs?: number | undefined;
  /**
   * The schema registry port. Not given: records may have no `schema`.
   * A schema registry port.
   */
  readonly schemaRegistry?: SchemaRegistry | undefined;
  /**
   * Of the payload behind the schema registry's header.
   * One of none, zlib; default none. KPL counterpart: GlueSchemaRegistryConfiguration.
   */
  readonly schemaCompression?: "none" | "zlib" | undefined;
  /**
   * Called with the data of each record before it is framed and measured.
   * A function from bytes to bytes, or to a promise of them.
   */
  readonly compress?: ((data: Uint8Array) => Uint8Array | Promise<Uint8Array>) | undefined;
  /**
   * The metrics port. Not given: none are made.
   * A metrics port.
   */
  readonly metrics?: Metrics | undefined;
  /**
   * Which metrics go to the `metrics` port.
   * One of none, summary, detailed; default detailed. KPL counterpart: MetricsLevel.
   */
  readonly metricsLevel?: "none" | "summary" | "detailed" | undefined;
  /**
   * Finest dimension of the metrics.
   * One of global, stream, shard; default shard. KPL counterpart: MetricsGranularity.
   */
  readonly metricsGranularity?: "global" | "stream" | "shard" | undefined;
  /**
   * Region, credentials, endpoints, proxy and transport of the AWS clients; the same as the
   * worker's. Not given: as the AWS SDK finds them.
   * An object: see aws-options.md. KPL counterpart: Region, KinesisEndpoint, CredentialsProvider,
   * ProxyHost ….
   */
  readonly aws?: AwsConnection | undefined;
  /**
   * The Kinesis port. Not given: a client of its own, made from `aws`.
   * A Kinesis port.
   */
  readonly kinesis?: KinesisApi | undefined;
  /**
   * The clock port. Not given: the system's.
   * A clock port.
   */
  readonly clock?: Clock | undefined;
  /**
   * The random port. Not given: the system's.
   * A random port.
   */
  readonly random?: Random | undefined;
  /**
   * The logger port. Not given: silent.
   * A logger port.
   */
  readonly logger?: Logger | undefined;
}

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
