/**
 * put() to settled result, through sockets to one sink: our producer beside a bare loop of the AWS
 * SDK's PutRecords (500 records a call, or as many as fit) and lifion-kinesis. CPU of this process.
 */

import { createRequire } from "node:module";
import { KinesisClient, PutRecordsCommand } from "@aws-sdk/client-kinesis";
import { Producer } from "@shardline/producer";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { type Bench, type BenchContext, type Contender, startServer } from "./harness.ts";

interface Shape {
  readonly bytes: number;
  readonly recordsPerRound: number;
  /** Of the peers' calls. */
  readonly recordsPerCall: number;
}

const SHAPES: readonly Shape[] = [
  { bytes: 100, recordsPerRound: 40_000, recordsPerCall: 500 },
  { bytes: 1000, recordsPerRound: 10_000, recordsPerCall: 500 },
  { bytes: 50_000, recordsPerRound: 400, recordsPerCall: 90 },
];
const SHARDS = [1, 16, 256];
const KEYS = 1000;
const CALLS_IN_FLIGHT = 4;
const REGION = "us-east-1";
const CREDENTIALS = { accessKeyId: "bench", secretAccessKey: "bench" };

interface Lifion {
  putRecords(params: {
    readonly records: readonly { data: Buffer; partitionKey: string }[];
  }): Promise<unknown>;
}

export const bench: Bench = {
  name: "producer",
  groups: [],
  async run(context: BenchContext): Promise<void> {
    const sink = await startServer(new URL("./producer-sink.js", import.meta.url));
    const endpoint = `http://127.0.0.1:${Number(sink.ready["port"])}`;
    try {
      for (const shards of SHARDS) {
        for (const shape of SHAPES) await compareShape(context, endpoint, shards, shape);
      }
    } finally {
      await sink.stop();
    }
  },
};

async function compareShape(
  context: BenchContext,
  endpoint: string,
  shards: number,
  shape: Shape,
): Promise<void> {
  const streamName = `shards-${shards}`;
  const { bytes, recordsPerRound } = shape;
  const keys = Array.from({ length: KEYS }, (_, i) => `user-${i}`);
  const data = Buffer.alloc(bytes, "x");
  const producer = new Producer({
    streamName,
    rateLimitPercent: 1_000_000,
    maxBufferedBytes: 512 * 1024 * 1024,
    aws: { endpoint, region: REGION, credentials: CREDENTIALS },
  });
  const ours: Contender = {
    name: "ours",
    async run(): Promise<void> {
      const puts = new Array<Promise<unknown>>(recordsPerRound);
      for (let i = 0; i < recordsPerRound; i++) {
        puts[i] = producer.put({ partitionKey: keys[i % KEYS] as string, data });
        // As a caller that has other things to do: requests leave while records still come.
        if (i % 2000 === 1999) await new Promise(setImmediate);
      }
      await producer.flush();
      await Promise.all(puts);
    },
  };
  const { client, contender } = bareSdk(endpoint, streamName, keys, data, shape);
  await context.compare({
    name: `${bytes} B, ${shards} shards`,
    recordsPerRound,
    ours,
    peers: [contender, lifion(endpoint, streamName, keys, data, shape)],
    rounds: 5,
    warmUpRounds: 2,
  });
  client.destroy();
  await producer.close();
}

/** Calls `call` for each batch of a round, a few at a time. */
async function inBatches(
  shape: Shape,
  call: (from: number, to: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < shape.recordsPerRound) {
      const from = next;
      next = Math.min(shape.recordsPerRound, from + shape.recordsPerCall);
      await call(from, next);
    }
  };
  await Promise.all(Array.from({ length: CALLS_IN_FLIGHT }, lane));
}

function bareSdk(
  endpoint: string,
  StreamName: string,
  keys: readonly string[],
  data: Buffer,
  shape: Shape,
): { client: KinesisClient; contender: Contender } {
  // The SDK's HTTP/2 default does not reach an HTTP/1.1 sink; put-path measures both.
  const client = new KinesisClient({
    endpoint,
    region: REGION,
    credentials: CREDENTIALS,
    requestHandler: new NodeHttpHandler(),
  });
  const run = (): Promise<void> =>
    inBatches(shape, (from, to) => {
      const Records = Array.from({ length: to - from }, (_, i) => ({
        PartitionKey: keys[(from + i) % KEYS],
        Data: data,
      }));
      return client.send(new PutRecordsCommand({ StreamName, Records }));
    });
  return { client, contender: { name: "SDK loop of PutRecords", run } };
}

function lifion(
  endpoint: string,
  streamName: string,
  keys: readonly string[],
  data: Buffer,
  shape: Shape,
): Contender {
  const require = createRequire(import.meta.url);
  const Kinesis = require("lifion-kinesis") as new (options: Record<string, unknown>) => Lifion;
  const client = new Kinesis({
    streamName,
    endpoint,
    region: REGION,
    credentials: CREDENTIALS,
    createStreamIfNeeded: false,
  });
  const run = (): Promise<void> =>
    inBatches(shape, (from, to) => {
      const records = Array.from({ length: to - from }, (_, i) => ({
        partitionKey: keys[(from + i) % KEYS] as string,
        data,
      }));
      return client.putRecords({ records });
    });
  return { name: "lifion-kinesis", run };
}
