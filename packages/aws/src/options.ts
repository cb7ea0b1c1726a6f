/** Options of the two adapters. What is not given is found as the AWS SDK finds it. */

import type { Agent as HttpAgent } from "node:http";
import type { Agent as HttpsAgent } from "node:https";
import {
  type Clock,
  compileOptions,
  type OptionProblem,
  type OptionSpec,
  type OptionTable,
  type Random,
  systemClock,
  systemRandom,
} from "@shardline/model";

/** The SDK's `AwsCredentialIdentity`, structurally. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

/** The SDK's `AwsCredentialIdentityProvider`, structurally; anything of `@aws-sdk/credential-providers` fits. */
export type AwsCredentialsProvider = () => Promise<AwsCredentials>;

export interface AwsOptions {
  /** Default: `AWS_REGION`, then the profile. */
  readonly region?: string | undefined;
  /** Default: `AWS_ENDPOINT_URL_KINESIS` or `AWS_ENDPOINT_URL_DYNAMODB`, `AWS_ENDPOINT_URL`, the profile, then the region's. */
  readonly endpoint?: string | undefined;
  /** Default: the SDK's chain (environment, profile, SSO, web identity, container, instance). */
  readonly credentials?: AwsCredentials | AwsCredentialsProvider | undefined;
  /** The profile of the shared configuration files. Default: `AWS_PROFILE`, then `default`. */
  readonly profile?: string | undefined;
  /** Default: `AWS_USE_FIPS_ENDPOINT`, then the profile, then false. */
  readonly useFipsEndpoint?: boolean | undefined;
  /** Default: `AWS_USE_DUALSTACK_ENDPOINT`, then the profile, then false. */
  readonly useDualstackEndpoint?: boolean | undefined;
  /** For a proxy. Not destroyed by close(). */
  readonly httpAgent?: HttpAgent | undefined;
  /** For a proxy or a private authority. Not destroyed by close(). */
  readonly httpsAgent?: HttpsAgent | undefined;
  /** Sockets (or HTTP/2 sessions of the fast path) to one host at most, 1 … 1024. Default: 24. */
  readonly maxConnections?: number | undefined;
  /** Port: time. Default: the machine's. */
  readonly clock?: Clock | undefined;
  /** Port: chance, for back-off. Default: the machine's. */
  readonly random?: Random | undefined;
}

export interface KinesisOptions extends AwsOptions {
  /** HTTP/1.1 over kept-alive sockets, or HTTP/2. Default: `http1`, which costs less CPU. */
  readonly transport?: "http1" | "http2" | undefined;
  /**
   * How PutRecords and GetRecords, the calls that carry data, go: serialised and sent by our own code, or
   * by the SDK's, which costs several times the CPU. Credentials, endpoint and signature are the SDK's either way. Default: `fast`.
   */
  readonly dataPath?: "fast" | "sdk" | undefined;
}

export interface LeaseTableOptions extends AwsOptions {
  /** KCL counterpart: `tableName`, by default the application's name. */
  readonly tableName: string;
}

type Ports = { readonly clock: Clock; readonly random: Random };
type Settled<T> = { readonly [K in keyof T]-?: T[K] };
export type KinesisConfig = Readonly<Settled<KinesisOptions> & Ports & { maxConnections: number }>;
export type LeaseTableConfig = Readonly<
  Settled<LeaseTableOptions> & Ports & { maxConnections: number }
>;

const COMMON: OptionTable<AwsOptions> = {
  region: {
    kind: "string",
    minLength: 1,
    maxLength: 64,
    required: false,
    doc: "AWS region. Not given: as the AWS SDK finds it.",
    counterpart: "Region / KinesisClientUtil",
  },
  endpoint: {
    ...url(
      "URL of the service. Not given: AWS_ENDPOINT_URL_KINESIS or AWS_ENDPOINT_URL_DYNAMODB, AWS_ENDPOINT_URL, then the region's own.",
    ),
    counterpart: "KinesisEndpoint",
  },
  credentials: {
    kind: "custom",
    expected: "credentials or a function that returns a promise of them",
    accepts: isCredentials,
    required: false,
    secret: true,
    doc: "Not given: the AWS SDK's default chain.",
    counterpart: "credentialsProvider",
  },
  profile: {
    kind: "string",
    minLength: 1,
    maxLength: 256,
    required: false,
    doc: "Profile of the shared AWS configuration files.",
  },
  useFipsEndpoint: { kind: "custom", ...flag("Use the FIPS endpoint of the region.") },
  useDualstackEndpoint: { kind: "custom", ...flag("Use the dual-stack endpoint of the region.") },
  httpAgent: agent("http"),
  httpsAgent: agent("https"),
  maxConnections: {
    kind: "integer",
    min: 1,
    max: 1024,
    default: 24,
    doc: "Connections to one host at most.",
    counterpart: "MaxConnections",
  },
  clock: port("clock", "nowMs"),
  random: port("random", "next"),
};

export const KINESIS_OPTIONS: OptionTable<KinesisOptions> = {
  ...COMMON,
  transport: {
    kind: "choice",
    choices: ["http1", "http2"],
    default: "http1",
    doc: "HTTP/1.1 over kept-alive sockets, or HTTP/2: the SDK's own handler, and a fixed set of sessions on the fast path.",
  },
  dataPath: {
    kind: "choice",
    choices: ["fast", "sdk"],
    default: "fast",
    doc: "PutRecords and GetRecords, which carry the data: serialised and sent by our own code, or by the AWS SDK's. Credentials, endpoint and signature are the SDK's either way.",
  },
};

export const LEASE_TABLE_OPTIONS: OptionTable<LeaseTableOptions> = {
  ...COMMON,
  tableName: {
    kind: "string",
    minLength: 3,
    maxLength: 255,
    pattern: /^[a-zA-Z0-9_.-]+$/,
    required: true,
    doc: "Name of the DynamoDB table.",
    counterpart: "tableName",
  },
};

/** @throws InvalidOptionsError */
export function kinesisConfig(options: KinesisOptions): KinesisConfig {
  const compiled = compileOptions("createKinesis", KINESIS_OPTIONS, options, agentsForHttp2);
  return withPorts(compiled) as KinesisConfig;
}

/** A proxy that was silently not used could be a leak. */
export function agentsForHttp2({ transport, ...options }: KinesisOptions): OptionProblem[] {
  if (transport !== "http2") return [];
  return (["httpAgent", "httpsAgent"] as const)
    .filter((path) => options[path] !== undefined)
    .map((path) => ({
      path,
      value: 'given with transport "http2"',
      expected: 'transport "http1", since HTTP/2 takes no agents',
    }));
}

/** @throws InvalidOptionsError */
export function leaseTableConfig(options: LeaseTableOptions): LeaseTableConfig {
  return withPorts(
    compileOptions("createLeaseTable", LEASE_TABLE_OPTIONS, options),
  ) as LeaseTableConfig;
}

function withPorts<T extends AwsOptions>(config: T): T & Ports {
  return { ...config, clock: config.clock ?? systemClock, random: config.random ?? systemRandom };
}

export function url(doc: string): OptionSpec {
  return {
    kind: "custom",
    expected: "an http:// or https:// URL",
    accepts: isHttpUrl,
    required: false,
    doc,
  };
}

function isHttpUrl(value: unknown): boolean {
  return typeof value === "string" && /^https?:\/\/[^\s/]/.test(value) && URL.canParse(value);
}

function isCredentials(value: unknown): boolean {
  if (typeof value === "function") return true;
  if (typeof value !== "object" || value === null) return false;
  const { accessKeyId, secretAccessKey } = value as Partial<AwsCredentials>;
  return typeof accessKeyId === "string" && typeof secretAccessKey === "string";
}

function flag(doc: string): {
  expected: string;
  accepts: (v: unknown) => boolean;
  required: false;
  doc: string;
} {
  return {
    expected: "true or false",
    accepts: (v) => typeof v === "boolean",
    required: false,
    doc,
  };
}

function agent(scheme: string): OptionSpec {
  return {
    kind: "custom",
    expected: `an Agent of node:${scheme}`,
    accepts: (value) =>
      typeof value === "object" &&
      value !== null &&
      "destroy" in value &&
      typeof value.destroy === "function",
    required: false,
    doc: `Agent for ${scheme}:// endpoints, for a proxy. It stays its giver's: close() does not destroy it.`,
  };
}

function port(name: string, method: string): OptionSpec {
  return {
    kind: "custom",
    expected: `a ${name} port`,
    accepts: (value) => typeof value === "object" && value !== null && method in value,
    required: false,
    doc: `The ${name} port; by default the system's.`,
  };
}
