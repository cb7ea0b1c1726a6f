/** SDK clients with what every one of them needs here: no hidden retries, bounded kept-alive sockets, the URL for messages. */

import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
  KinesisClient,
  type PutRecordCommand,
  type PutRecordsCommand,
} from "@aws-sdk/client-kinesis";
import type { CallOptions } from "@shardline/model";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import type { Bounded } from "./bounded.ts";
import type { Progress } from "./fast/wire.ts";
import type { AwsOptions, KinesisConfig, LeaseTableConfig } from "./options.ts";

export interface Agents {
  readonly httpAgent: HttpAgent;
  readonly httpsAgent: HttpsAgent;
  /** Destroys those that are ours. */
  destroy(): void;
}

/** Where the client's last request went; for messages only. */
export interface LastUrl {
  url: string | undefined;
}

export interface Connected<Client> {
  readonly client: Client;
  readonly agents: Agents;
  readonly last: LastUrl;
}

/** One bounded call of DynamoDB; never rejects. */
export type DynamoDbCall = <T>(
  operation: string,
  options: CallOptions,
  call: (client: DynamoDBClient, abortSignal: AbortSignal) => Promise<T>,
) => Promise<Bounded<T>>;

/** A Kinesis endpoint may close an idle connection at any time; an old idle socket is a likely victim. */
const IDLE_SOCKET_MS = 20_000;

function openAgents(options: AwsOptions & { readonly maxConnections: number }): Agents {
  const settings = {
    keepAlive: true,
    maxSockets: options.maxConnections,
    maxFreeSockets: options.maxConnections,
    scheduling: "lifo",
    timeout: IDLE_SOCKET_MS,
  } as const;
  const httpAgent = options.httpAgent ?? new HttpAgent(settings);
  const httpsAgent = options.httpsAgent ?? new HttpsAgent(settings);
  return {
    httpAgent,
    httpsAgent,
    destroy(): void {
      if (options.httpAgent === undefined) httpAgent.destroy();
      if (options.httpsAgent === undefined) httpsAgent.destroy();
    },
  };
}

export function connectKinesis(config: KinesisConfig): Connected<KinesisClient> {
  const agents = openAgents(config);
  const client = new KinesisClient({
    ...sdkConfig(config),
    ...(config.transport === "http1" ? { requestHandler: sdkHandler(agents) } : {}),
  });
  return { client, agents, last: watch(client) };
}

export function connectDynamoDb(config: LeaseTableConfig): Connected<DynamoDBClient> {
  const agents = openAgents(config);
  const client = new DynamoDBClient({ ...sdkConfig(config), requestHandler: sdkHandler(agents) });
  return { client, agents, last: watch(client) };
}

/** A client that is destroyed destroys its handler, and that its agents, which may be another's. */
class SdkHandler extends NodeHttpHandler {
  override destroy(): void {}
}

/** The handler's own timers stay off (0): deadlines are ours. */
function sdkHandler({ httpAgent, httpsAgent }: Agents): NodeHttpHandler {
  return new SdkHandler({
    httpAgent,
    httpsAgent,
    connectionTimeout: 0,
    requestTimeout: 0,
    socketTimeout: 0,
  });
}

interface SdkConfig {
  readonly maxAttempts: 1;
  readonly region?: string;
  readonly endpoint?: string;
  readonly credentials?: NonNullable<AwsOptions["credentials"]>;
  readonly profile?: string;
  readonly useFipsEndpoint?: boolean;
  readonly useDualstackEndpoint?: boolean;
}

function sdkConfig(options: AwsOptions): SdkConfig {
  const { region, endpoint, credentials, profile, useFipsEndpoint, useDualstackEndpoint } = options;
  return {
    maxAttempts: 1,
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
    ...(profile === undefined ? {} : { profile }),
    ...(useFipsEndpoint === undefined ? {} : { useFipsEndpoint }),
    ...(useDualstackEndpoint === undefined ? {} : { useDualstackEndpoint }),
  };
}

function watch(client: KinesisClient | DynamoDBClient): LastUrl {
  const last: LastUrl = { url: undefined };
  const stack = client.middlewareStack as KinesisClient["middlewareStack"];
  stack.add(
    (next) => (args) => {
      last.url = urlOf(args.request);
      return next(args);
    },
    { step: "finalizeRequest", name: "shardlineLastUrl" },
  );
  return last;
}

/** Counts as sent as soon as the signed request is with the SDK's transport, connected or not. */
export function watchSent(command: PutRecordCommand | PutRecordsCommand): Progress {
  const progress: Progress = { sent: false };
  const stack = command.middlewareStack as PutRecordCommand["middlewareStack"];
  stack.add(
    (next) => (args) => {
      progress.sent = true;
      return next(args);
    },
    { step: "deserialize", priority: "low", name: "shardlineSent" },
  );
  return progress;
}

function urlOf(request: unknown): string | undefined {
  if (typeof request !== "object" || request === null) return undefined;
  const { protocol, hostname, port } = request as Record<string, unknown>;
  if (typeof hostname !== "string") return undefined;
  return `${String(protocol)}//${hostname}${typeof port === "number" ? `:${port}` : ""}`;
}
