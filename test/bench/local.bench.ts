/**
 * The local server beside kinesalite: PutRecords and GetRecords of 1 KB records with pre-built bodies
 * over keep-alive sockets; then what kinesalite has no counterpart for: 100 fan-out subscriptions,
 * and a stream of 1,000 shards. Rates are by the wall; the servers are child processes, whose CPU is
 * shown beside, and so is the client's.
 */

import { readFileSync } from "node:fs";
import { connect as connectHttp2 } from "node:http2";
import {
  type Bench,
  type BenchContext,
  type BenchServer,
  processCpuMicros,
  rounded,
  startServer,
} from "./harness.ts";
import { buildRequest, RawConnection } from "./raw-http.ts";

const RECORD_BYTES = 1024;
const RECORDS_A_PUT = 500;
const RECORDS_A_GET = 1000;
const CONNECTIONS = 4;
const ROUNDS = 5;
const ROUND_MS = 1500;
const SHARDS = 4;
const MANY_SHARDS = 1000;
const SUBSCRIPTIONS = 100;
const MEBI = 1024 * 1024;

interface Target {
  readonly name: string;
  readonly server: BenchServer;
  readonly port: number;
}

export const bench: Bench = {
  name: "local",
  groups: [],
  async run(context): Promise<void> {
    const targets = await Promise.all(["ours", "kinesalite"].map(start));
    try {
      for (const target of targets) await createStream(target, "bench", SHARDS);
      await compareRates(
        context,
        targets,
        `PutRecords ${RECORDS_A_PUT} x 1 KB`,
        RECORDS_A_PUT,
        () => putRequests("bench", 8),
      );
      const iterators = new Map<Target, Buffer>();
      for (const target of targets) iterators.set(target, await filledIterator(target));
      await compareRates(context, targets, "GetRecords 1,000 x 1 KB", RECORDS_A_GET, (target) => [
        buildRequest("GetRecords", JSON.parse(String(iterators.get(target)))),
      ]);
      for (const target of targets) await createStream(target, "wide", MANY_SHARDS);
      await compareRates(context, targets, "PutRecords, 1,000 shards", RECORDS_A_PUT, () =>
        putRequests("wide", 8),
      );
      const [ours] = targets;
      if (ours !== undefined) await fanOut(context, ours);
      for (const target of targets) reportMemory(context, target);
    } finally {
      for (const { server } of targets) await server.stop();
    }
  },
};

async function start(name: string): Promise<Target> {
  const server = await startServer(new URL("./local-server.js", import.meta.url), [name]);
  return { name, server, port: Number(server.ready["port"]) };
}

async function compareRates(
  context: BenchContext,
  targets: readonly Target[],
  name: string,
  recordsARequest: number,
  requestsFor: (target: Target) => Buffer[],
): Promise<void> {
  const rounds = new Map<Target, Round[]>(targets.map((target) => [target, []]));
  const requests = new Map(targets.map((target) => [target, requestsFor(target)]));
  for (let round = 0; round <= ROUNDS; round++) {
    for (const target of round % 2 === 0 ? targets : targets.toReversed()) {
      const measured = await exchangesIn(ROUND_MS, target, requests.get(target) ?? []);
      if (round > 0) rounds.get(target)?.push(measured);
    }
  }
  const figures = (of: (round: Round) => number): number[] =>
    targets.map((target) => median((rounds.get(target) ?? []).map(of)));
  const records = (round: Round): number => round.count * recordsARequest;
  const report = (what: string, unit: string, [ours, theirs]: number[], moreIsBetter: boolean) => {
    if (ours === undefined || theirs === undefined) return;
    const ratio = Math.round((moreIsBetter ? ours / theirs : theirs / ours) * 10) / 10;
    context.report({
      ...{ bench: "local", case: `${name}${what}`, peer: "kinesalite", unit, ratio },
      ...{ ours: rounded(ours), theirs: rounded(theirs) },
    });
  };
  report(
    "",
    "records/s",
    figures((round) => records(round) / round.seconds),
    true,
  );
  // Where other work shares the processors, this says what the rate cannot.
  const unit = "cpu-us/record";
  report(
    ", server",
    unit,
    figures((round) => round.serverCpuMicros / records(round)),
    false,
  );
  // Far below the server's, or the rate would be the client's.
  report(
    ", client",
    unit,
    figures((round) => round.clientCpuMicros / records(round)),
    false,
  );
}

interface Round {
  readonly count: number;
  readonly seconds: number;
  readonly serverCpuMicros: number;
  readonly clientCpuMicros: number;
}

async function exchangesIn(
  durationMs: number,
  target: Target,
  requests: readonly Buffer[],
): Promise<Round> {
  const connections = await Promise.all(
    Array.from({ length: CONNECTIONS }, () => RawConnection.open(target.port)),
  );
  const startMs = performance.now();
  const serverBefore = target.server.cpuMicros();
  const clientBefore = processCpuMicros();
  let count = 0;
  await Promise.all(
    connections.map(async (connection) => {
      while (performance.now() - startMs < durationMs) {
        await connection.exchange(requests[count % requests.length] as Buffer);
        count++;
      }
    }),
  );
  const seconds = (performance.now() - startMs) / 1000;
  const serverCpuMicros = target.server.cpuMicros() - serverBefore;
  const clientCpuMicros = processCpuMicros() - clientBefore;
  for (const connection of connections) connection.close();
  return { count, seconds, serverCpuMicros, clientCpuMicros };
}

function putRequests(StreamName: string, count: number): Buffer[] {
  return Array.from({ length: count }, (_r, request) => {
    const Records = Array.from({ length: RECORDS_A_PUT }, (_e, i) => ({
      Data: Buffer.alloc(RECORD_BYTES, (request + i) % 251).toString("base64"),
      PartitionKey: `key-${request}-${i}`,
    }));
    return buildRequest("PutRecords", { StreamName, Records });
  });
}

async function call(
  port: number,
  operation: string,
  input: object,
): Promise<Record<string, unknown>> {
  const connection = await RawConnection.open(port);
  const body = await connection.exchange(buildRequest(operation, input));
  connection.close();
  return (body.length === 0 ? {} : JSON.parse(body.toString())) as Record<string, unknown>;
}

async function createStream(
  { port }: Target,
  StreamName: string,
  ShardCount: number,
): Promise<void> {
  await call(port, "CreateStream", { StreamName, ShardCount });
  for (;;) {
    const answer = await call(port, "DescribeStreamSummary", { StreamName });
    const { StreamStatus } = answer["StreamDescriptionSummary"] as { StreamStatus: string };
    if (StreamStatus === "ACTIVE") return;
  }
}

/** A GetRecords input whose answer is full. */
async function filledIterator({ port }: Target): Promise<Buffer> {
  const ShardId = "shardId-000000000000";
  const shard = { StreamName: "bench", ShardId };
  const { ShardIterator } = await call(port, "GetShardIterator", {
    ...{ ...shard, ShardIteratorType: "TRIM_HORIZON" },
  });
  const input = { ShardIterator, Limit: RECORDS_A_GET };
  const { Records } = (await call(port, "GetRecords", input)) as { Records: unknown[] };
  if (Records.length !== RECORDS_A_GET) throw new Error(`only ${Records.length} records to read`);
  return Buffer.from(JSON.stringify(input));
}

/** Every subscription gets every record of the one shard. */
async function fanOut(context: BenchContext, { port }: Target): Promise<void> {
  await call(port, "CreateStream", { StreamName: "fan", ShardCount: SUBSCRIPTIONS / 20 });
  const { StreamDescriptionSummary } = await call(port, "DescribeStreamSummary", {
    StreamName: "fan",
  });
  const { StreamARN } = StreamDescriptionSummary as { StreamARN: string };
  const session = connectHttp2(`http://127.0.0.1:${port}`, {
    settings: { initialWindowSize: MEBI },
  });
  let bytes = 0;
  for (let consumer = 0; consumer < 20; consumer++) {
    const ConsumerName = `consumer-${consumer}`;
    const registered = await call(port, "RegisterStreamConsumer", { StreamARN, ConsumerName });
    const { ConsumerARN } = registered["Consumer"] as { ConsumerARN: string };
    for (let shard = 0; shard < SUBSCRIPTIONS / 20; shard++) {
      const stream = subscribe(session, {
        ConsumerARN,
        ShardId: `shardId-${String(shard).padStart(12, "0")}`,
        StartingPosition: { Type: "LATEST" },
      });
      stream.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
      });
    }
  }
  const requests = putRequests("fan", 4);
  const startMs = performance.now();
  let puts = 0;
  const connection = await RawConnection.open(port);
  for (; performance.now() - startMs < 2 * ROUND_MS; puts++) {
    await connection.exchange(requests[puts % requests.length] as Buffer);
    const owed = puts * RECORDS_A_PUT * RECORD_BYTES * 20;
    while (bytes < owed - 64 * MEBI) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const wanted = puts * RECORDS_A_PUT * RECORD_BYTES * 20;
  while (bytes < wanted) await new Promise((resolve) => setTimeout(resolve, 1));
  const seconds = (performance.now() - startMs) / 1000;
  connection.close();
  session.destroy();
  const delivered = Math.round((puts * RECORDS_A_PUT * 20) / seconds);
  const none = { peer: "", theirs: Number.NaN, ratio: Number.NaN };
  const name = `${SUBSCRIPTIONS} subscriptions, delivered`;
  context.report({ bench: "local", case: name, ours: delivered, unit: "records/s", ...none });
}

function subscribe(session: ReturnType<typeof connectHttp2>, input: object) {
  const stream = session.request({
    ":method": "POST",
    "content-type": "application/x-amz-json-1.1",
    "x-amz-target": "Kinesis_20131202.SubscribeToShard",
    authorization:
      "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=00",
  });
  stream.end(JSON.stringify(input));
  return stream;
}

function reportMemory(context: BenchContext, { name, server }: Target): void {
  const status = readFileSync(`/proc/${String(server.ready["pid"])}/status`, "utf8");
  const peak = Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024);
  const none = { peer: "", theirs: Number.NaN, ratio: Number.NaN };
  const label = `${name}, peak memory`;
  context.report({ bench: "local", case: label, ours: peak, unit: "MiB", ...none });
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}
