/** Where the services are: flags, else the AWS SDK's own variables, else AWS. */

import type { KinesisOptions, LeaseTableOptions } from "@shardline/aws";
import type { Environment } from "./args/parse.ts";
import { UsageError } from "./errors.ts";

type TextFlag = { readonly kind: "text"; readonly value: string; readonly doc: string };
type SwitchFlag = { readonly kind: "switch"; readonly doc: string };

export const kinesisFlags: {
  readonly endpoint: TextFlag;
  readonly region: TextFlag;
  readonly http2: SwitchFlag;
} = {
  endpoint: { kind: "text", value: "URL", doc: "Kinesis, instead of AWS_ENDPOINT_URL_KINESIS" },
  region: { kind: "text", value: "REGION", doc: "AWS region, instead of AWS_REGION" },
  http2: { kind: "switch", doc: "talk HTTP/2 to Kinesis, as the AWS SDK does by default" },
};

export const dynamodbFlags: { readonly "dynamodb-endpoint": TextFlag } = {
  "dynamodb-endpoint": {
    kind: "text",
    value: "URL",
    doc: "DynamoDB, instead of AWS_ENDPOINT_URL_DYNAMODB",
  },
};

export const ENVIRONMENT_SECTION: { readonly title: string; readonly lines: readonly string[] } = {
  title: "Environment, as the AWS SDK reads it",
  lines: [
    "AWS_ENDPOINT_URL_KINESIS, AWS_ENDPOINT_URL_DYNAMODB, AWS_ENDPOINT_URL, AWS_REGION,",
    "AWS_PROFILE, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, …",
    "For an endpoint on this machine, region and credentials may be left out.",
  ],
};

interface ConnectionFlags {
  readonly endpoint: string | undefined;
  readonly region: string | undefined;
  readonly http2: boolean;
  readonly "dynamodb-endpoint"?: string | undefined;
}

export interface Connection {
  readonly kinesis: KinesisOptions;
  readonly dynamodb: Omit<LeaseTableOptions, "tableName">;
}

/** @throws UsageError for an endpoint that is no URL. */
export function resolveConnection(flags: ConnectionFlags, env: Environment): Connection {
  const kinesisUrl = endpointOf("endpoint", flags.endpoint, "AWS_ENDPOINT_URL_KINESIS", env);
  const dynamodbUrl = endpointOf(
    "dynamodb-endpoint",
    flags["dynamodb-endpoint"],
    "AWS_ENDPOINT_URL_DYNAMODB",
    env,
  );
  return {
    kinesis: {
      ...common(kinesisUrl, flags.region, env),
      transport: flags.http2 ? "http2" : "http1",
    },
    dynamodb: common(dynamodbUrl, flags.region, env),
  };
}

/** Leases at AWS of a stream on this machine are hardly ever meant, and would cost money. */
export function checkSamePlace(connection: Connection): void {
  const { kinesis, dynamodb } = connection;
  if (!isLoopback(kinesis.endpoint) || dynamodb.endpoint !== undefined) return;
  throw new UsageError(
    "Kinesis is on this machine but DynamoDB, for the leases, would be AWS's: give --dynamodb-endpoint or AWS_ENDPOINT_URL_DYNAMODB too",
  );
}

function common(
  endpoint: string | undefined,
  region: string | undefined,
  env: Environment,
): Pick<KinesisOptions, "endpoint" | "region" | "credentials"> {
  const local = isLoopback(endpoint);
  // An empty variable counts as not set, as it does for the AWS SDK.
  const hasRegion = region || env["AWS_REGION"] || env["AWS_PROFILE"];
  const hasCredentials = env["AWS_ACCESS_KEY_ID"] || env["AWS_PROFILE"];
  return {
    ...(endpoint === undefined ? {} : { endpoint }),
    // Without these the SDK would search the machine and the network for seconds, and then refuse.
    ...(local && !hasRegion ? { region: localRegion(env) } : {}),
    ...(local && !hasCredentials ? { credentials: LOCAL_CREDENTIALS } : {}),
    ...(region === undefined ? {} : { region }),
  };
}

/**
 * Where `shardline local` makes its streams and the other commands look for them. The SDK for
 * JavaScript does not read AWS_DEFAULT_REGION, but Python and the AWS CLI do, beside which we run.
 */
export function localRegion(env: Environment): string {
  return env["AWS_REGION"] || env["AWS_DEFAULT_REGION"] || "us-east-1";
}

/** A server on this machine checks no signature; the SDK insists on making one. */
const LOCAL_CREDENTIALS = { accessKeyId: "local", secretAccessKey: "local" };

function endpointOf(
  flag: string,
  given: string | undefined,
  variable: string,
  env: Environment,
): string | undefined {
  const ignored = env["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] === "true";
  const set = ignored ? undefined : [variable, "AWS_ENDPOINT_URL"].find((name) => env[name]);
  const text = given ?? (set === undefined ? undefined : env[set]);
  if (text === undefined) return undefined;
  if (/^https?:\/\/[^\s/]/.test(text) && URL.canParse(text)) return text.replace(/\/+$/, "");
  const source = given === undefined ? set : `--${flag}`;
  throw new UsageError(
    `${source}: got ${JSON.stringify(text)}, expected a URL like http://127.0.0.1:4567`,
  );
}

function isLoopback(endpoint: string | undefined): boolean {
  if (endpoint === undefined) return false;
  const host = new URL(endpoint).hostname;
  return host === "localhost" || host === "[::1]" || /^127\./.test(host);
}
