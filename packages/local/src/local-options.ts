/** What `startLocal` can be told. */

import {
  type Clock,
  compileOptions,
  type Logger,
  type OptionSpec,
  type OptionTable,
  type Random,
} from "@shardline/model";

export interface LocalOptions {
  /** Port of Kinesis over plain HTTP/1.1 and HTTP/2; 0 is a free one. */
  readonly kinesisPort?: number;
  /** Port of Kinesis over TLS; 0 is a free one; no TLS listener if absent. */
  readonly tlsPort?: number | undefined;
  /** Port of the lease database; 0 is a free one. */
  readonly dynamodbPort?: number;
  /** Address to listen on. */
  readonly host?: string;
  /** Streams to have from the start; those that exist stay as they are. */
  readonly streams?: readonly LocalStream[];
  /** Region in which they are made. */
  readonly region?: string;
  /** Keeps streams, records and tables here over restarts; in memory if absent. */
  readonly dataDir?: string;
  /** Bytes of records kept in memory; above it the oldest go. */
  readonly maxMemoryBytes?: number;
  /** The service's throughput quotas and rate limits. */
  readonly enforceLimits?: boolean;
  /** How long a stream stays CREATING, UPDATING or DELETING, in milliseconds. */
  readonly stateDelayMs?: number;
  /** How long a SubscribeToShard call lasts, in milliseconds. */
  readonly subscriptionMs?: number;
  /** Offers the admin endpoint (faults, time) to loopback callers. */
  readonly admin?: boolean;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly logger?: Logger;
}

export interface LocalStream {
  readonly name: string;
  readonly shards: number;
}

/** Options without a default may be absent from the compiled configuration. */
export type CompiledLocalOptions = Required<
  Pick<
    LocalOptions,
    | ("kinesisPort" | "dynamodbPort" | "host" | "region" | "enforceLimits")
    | ("stateDelayMs" | "subscriptionMs" | "maxMemoryBytes" | "admin")
  >
> &
  LocalOptions;

const port = (doc: string, fallback: number | undefined): OptionSpec => ({
  kind: "integer",
  min: 0,
  max: 65_535,
  default: fallback,
  doc,
});

const custom = (
  expected: string,
  doc: string,
  accepts: (value: unknown) => boolean,
): OptionSpec => ({ kind: "custom", expected, doc, accepts, required: false });

const has = (...methods: string[]) => {
  return (value: unknown): boolean =>
    typeof value === "object" &&
    value !== null &&
    methods.every((name) => typeof (value as Record<string, unknown>)[name] === "function");
};

const GIB = 1024 ** 3;
const HOUR_MS = 60 * 60 * 1000;

export const LOCAL_OPTIONS: OptionTable<LocalOptions> = {
  kinesisPort: port("Port of Kinesis, HTTP/1.1 and HTTP/2 with prior knowledge; 0: a free one.", 0),
  tlsPort: port("Port of Kinesis over TLS; 0: a free one. No TLS listener if absent.", undefined),
  dynamodbPort: port("Port of the lease database; 0: a free one.", 0),
  host: {
    kind: "string",
    minLength: 1,
    maxLength: 255,
    required: false,
    doc: "Address to listen on; 127.0.0.1 if absent. There is no authentication: leave it local.",
  },
  streams: custom(
    "a list of {name, shards}",
    "Streams to have from the start; those that exist stay as they are.",
    isStreams,
  ),
  region: {
    kind: "string",
    minLength: 1,
    maxLength: 64,
    pattern: /^[a-z0-9-]+$/,
    required: false,
    doc: "Region in which `streams` are made; us-east-1 if absent.",
  },
  dataDir: {
    kind: "string",
    minLength: 1,
    maxLength: 4096,
    required: false,
    doc: "Keeps streams, records and tables here over restarts; in memory if absent.",
  },
  maxMemoryBytes: {
    kind: "integer",
    min: 1024 ** 2,
    max: 1024 * GIB,
    default: GIB,
    doc: "Bytes of records kept; above it the oldest go.",
  },
  enforceLimits: {
    kind: "boolean",
    default: false,
    doc: "The service's throughput quotas and rate limits.",
  },
  stateDelayMs: {
    kind: "integer",
    min: 0,
    max: HOUR_MS,
    default: 0,
    doc: "How long a stream stays CREATING, UPDATING or DELETING.",
  },
  subscriptionMs: {
    kind: "integer",
    min: 100,
    max: 24 * HOUR_MS,
    default: 5 * 60 * 1000,
    doc: "How long a SubscribeToShard call lasts.",
  },
  admin: {
    kind: "boolean",
    default: false,
    doc: "Offers the admin endpoint (faults, time) on the Kinesis port to loopback callers.",
  },
  clock: custom("a Clock", "Time; the machine's if absent.", has("nowMs", "wallMs", "setTimer")),
  random: custom("a Random", "Chance; the machine's if absent.", has("next")),
  logger: custom("a Logger", "Silent if absent.", has("debug", "info", "warn", "error")),
};

/** @throws InvalidOptionsError naming every problem. */
export function compileLocalOptions(options: LocalOptions): CompiledLocalOptions {
  const config = compileOptions<LocalOptions>("local", LOCAL_OPTIONS, options);
  return {
    ...config,
    host: config.host ?? "127.0.0.1",
    region: config.region ?? "us-east-1",
  } as CompiledLocalOptions;
}

function isStreams(value: unknown): boolean {
  const isStream = (stream: unknown): boolean =>
    typeof stream === "object" &&
    stream !== null &&
    "name" in stream &&
    typeof stream.name === "string" &&
    /^[a-zA-Z0-9_.-]{1,128}$/.test(stream.name) &&
    "shards" in stream &&
    Number.isSafeInteger(stream.shards) &&
    Number(stream.shards) >= 1 &&
    Number(stream.shards) <= 10_000;
  return Array.isArray(value) && value.every(isStream);
}
