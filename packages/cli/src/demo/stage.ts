/** Where the demo plays: a local Kinesis of its own, or a real endpoint; a stream and a lease table for once. */

import {
  createKinesis,
  createLeaseTable,
  createStreamAdmin,
  deleteLeaseTable,
} from "@shardline/aws";
import { startLocal } from "@shardline/local";
import {
  type Clock,
  type HashKey,
  type KinesisApi,
  type LeaseTable,
  type Outcome,
  type Random,
  type Shard,
} from "@shardline/model";
import type { Environment } from "../args/parse.ts";
import { type Connection, resolveConnection } from "../connection.ts";
import { CliError } from "../errors.ts";
import { callFailed } from "../explain.ts";
import { requireStream } from "../preflight.ts";

const CALL = { timeoutMs: 15_000 };
const TABLE_CALL = { timeoutMs: 60_000 };

export interface StageOptions {
  readonly endpoint: string | undefined;
  readonly "dynamodb-endpoint": string | undefined;
  readonly region: string | undefined;
  readonly http2: boolean;
  /** AWS itself, where no endpoint is given. */
  readonly aws: boolean;
  readonly shardCount: number;
  readonly env: Environment;
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
}

export interface Stage {
  /** For people. */
  readonly description: string;
  readonly streamName: string;
  /** Of the lease table too. */
  readonly applicationName: string;
  /** For the processes that play. */
  readonly env: Environment;
  readonly leases: LeaseTable;
  /** Splits a shard in the middle of its range. Returns what became of it, for people. */
  split(shardId: string): Promise<string>;
  /** Removes everything that was made for the demo. Returns what could not be removed. */
  close(): Promise<readonly string[]>;
}

/** @throws CliError; nothing is left behind then. */
export async function openStage(options: StageOptions): Promise<Stage> {
  const { env } = options;
  const given =
    options.aws ||
    [options.endpoint, env["AWS_ENDPOINT_URL"], env["AWS_ENDPOINT_URL_KINESIS"]].some(Boolean);
  const closers: (() => Promise<unknown>)[] = [];
  let connection: Connection;
  if (given) {
    connection = resolveConnection(options, env);
  } else {
    const local = await startLocal({ kinesisPort: 0, dynamodbPort: 0 });
    closers.push(() => local.close());
    const { kinesisUrl: endpoint, dynamodbUrl } = local;
    // Nothing of the user's settings for AWS matters here.
    const flags = { ...options, endpoint, "dynamodb-endpoint": dynamodbUrl, region: "us-east-1" };
    connection = resolveConnection(flags, {});
  }
  try {
    return await makeStage(options, connection, given, closers);
  } catch (error) {
    await closeAll(closers);
    throw error;
  }
}

async function makeStage(
  options: StageOptions,
  connection: Connection,
  given: boolean,
  closers: (() => Promise<unknown>)[],
): Promise<Stage> {
  const { clock, random, shardCount, signal } = options;
  const { endpoint } = connection.kinesis;
  const suffix = Math.floor(random.next() * 36 ** 8).toString(36);
  const streamName = `shardline-demo-${suffix}`;
  const tableName = streamName;
  const problems: string[] = [];
  const removed = (what: string, outcome: Outcome<object>): void => {
    if (outcome.kind === "ok" || outcome.reason === "not-found") return;
    problems.push(`${what} is still there (${outcome.code}): delete it`);
  };

  const admin = createStreamAdmin(connection.kinesis);
  const kinesis = createKinesis(connection.kinesis);
  const leases = createLeaseTable({ ...connection.dynamodb, tableName });
  closers.push(async () => {
    admin.close();
    await Promise.all([kinesis.close(), leases.close()]);
  });
  const created = await admin.createStream({ streamName, shardCount }, CALL);
  if (created.kind === "failed")
    throw callFailed(created, { kind: "stream", name: streamName, endpoint });
  closers.push(async () =>
    removed(`stream ${streamName}`, await admin.deleteStream(streamName, CALL)),
  );
  await requireStream(kinesis, { streamName }, endpoint, clock, signal);
  const table = { ...connection.dynamodb, tableName };
  closers.push(async () => removed(`table ${tableName}`, await deleteLeaseTable(table, CALL)));
  const ensured = await leases.ensure({ ...TABLE_CALL, signal });
  if (ensured.kind === "failed") {
    const at = connection.dynamodb.endpoint;
    throw callFailed(ensured, { kind: "table", name: tableName, endpoint: at });
  }

  return {
    description: given ? (endpoint ?? "AWS") : `${endpoint ?? ""}, local, in memory`,
    streamName,
    applicationName: tableName,
    env: childEnvironment(options, connection, given),
    leases,
    async split(shardId: string): Promise<string> {
      const parent = await findShard(kinesis, streamName, shardId);
      const newStartingHashKey = middleOf(parent);
      const outcome = await admin.splitShard({ streamName, shardId, newStartingHashKey }, CALL);
      if (outcome.kind === "failed") {
        throw callFailed(outcome, { kind: "stream", name: streamName, endpoint });
      }
      return `${shardId} in two`;
    },
    async close(): Promise<readonly string[]> {
      await closeAll(closers);
      return problems;
    },
  };
}

async function closeAll(closers: (() => Promise<unknown>)[]): Promise<void> {
  for (let close = closers.pop(); close !== undefined; close = closers.pop()) await close();
}

/** The SDK's own variables: the processes find the services as any program of a user would. */
function childEnvironment(
  options: StageOptions,
  connection: Connection,
  given: boolean,
): Environment {
  const ours = given ? /^SHARDLINE_/ : /^(SHARDLINE_|AWS_)/;
  const inherited = Object.entries(options.env).filter(([name]) => !ours.test(name));
  const { kinesis, dynamodb } = connection;
  const { credentials } = kinesis;
  return {
    ...Object.fromEntries(inherited),
    ...(kinesis.endpoint && { AWS_ENDPOINT_URL_KINESIS: kinesis.endpoint }),
    ...(dynamodb.endpoint && { AWS_ENDPOINT_URL_DYNAMODB: dynamodb.endpoint }),
    ...(kinesis.region && { AWS_REGION: kinesis.region }),
    ...(credentials !== undefined &&
      "accessKeyId" in credentials && {
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        AWS_SESSION_TOKEN: "",
      }),
    ...(options.http2 && { SHARDLINE_HTTP2: "true" }),
  };
}

async function findShard(kinesis: KinesisApi, streamName: string, shardId: string): Promise<Shard> {
  const listed = await kinesis.listShards(
    { stream: { streamName }, filter: { kind: "all" } },
    CALL,
  );
  const shard =
    listed.kind === "ok" ? listed.shards.find((each) => each.shardId === shardId) : undefined;
  if (shard === undefined) throw new CliError(`${shardId} is not in stream ${streamName}`);
  return shard;
}

function middleOf({ hashKeyRange: { start, end } }: Shard): HashKey {
  const middle = (BigInt(`0x${start}`) + BigInt(`0x${end}`)) / 2n + 1n;
  return middle.toString(16).padStart(32, "0");
}
