/**
 * put() to settled result, through sockets to one sink: our producer beside a bare loop of the AWS
 * SDK's PutRecords (500 records a call, or as many as fit) and lifion-kinesis. CPU of this process.
 */

import { createRequire } from "node:module";
import { KinesisClient, PutRecordsCommand } from "@aws-sdk/client-kinesis";
import { Producer, type PutResult } from "@shardline/producer";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import {
  type Bench,
  type BenchContext,
  collectGarbage,
  type Contender,
  startServer,
} from "./harness.ts";

interface Shape {
  readonly bytes: number;
  readonly recordsPerRound: number;
  /** lifion-kinesis is slow. */
  readonly recordsPerRoundOfLifion: number;
  /** Of the peers' calls. */
  readonly recordsPerCall: number;
}

const SHAPES: readonly Shape[] = [
  { bytes: 100, recordsPerRound: 100_000, recordsPerRoundOfLifion: 5_000, recordsPerCall: 500 },
  { bytes: 1000, recordsPerRound: 20_000, recordsPerRoundOfLifion: 2_000, recordsPerCall: 500 },
  { bytes: 50_000, recordsPerRound: 720, recordsPerRoundOfLifion: 90, recordsPerCall: 90 },
];
const SHARDS = [1, 16, 256];
const KEYS = 1000;
const CALLS_IN_FLIGHT = 4;
/** As a caller that has other things to do: requests leave while records still come. */
const BURST = 2000;
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
    run: () => putAll(producer, keys, data, recordsPerRound),
  };
  const { client, contender } = bareSdk(endpoint, streamName, keys, data, shape);
  await context.compare({
    name: `${bytes} B, ${shards} shards`,
    recordsPerRound,
    ours,
    peers: [contender, lifion(endpoint, streamName, keys, data, shape)],
    // Long ones, and lifion-kinesis takes seconds for them.
    rounds: bytes === 50_000 ? 3 : 5,
    warmUpRounds: 1,
  });
  if (bytes === 100) {
    const heapBytes = await heapBytesARecord(() => putAll(producer, keys, data, HEAP_RECORDS));
    context.report({
      bench: bench.name,
      case: `${bytes} B, ${shards} shards`,
      ours: heapBytes,
      peer: "",
      theirs: Number.NaN,
      unit: "heap-bytes/record",
      ratio: Number.NaN,
    });
  }
  client.destroy();
  await producer.close();
}

/** Waits for every result, and keeps none longer than its burst. */
async function putAll(
  producer: Producer,
  keys: readonly string[],
  data: Buffer,
  count: number,
): Promise<void> {
  const bursts: Promise<void>[] = [];
  for (let from = 0; from < count; from += BURST) {
    const puts: Promise<PutResult>[] = [];
    for (let i = from; i < Math.min(count, from + BURST); i++) {
      puts.push(producer.put({ partitionKey: keys[i % KEYS] as string, data }));
    }
    bursts.push(Promise.all(puts).then(() => undefined));
    await new Promise(setImmediate);
  }
  await producer.flush();
  await Promise.all(bursts);
}

/** Few enough for the young generation, so that no collection falls between the two readings. */
const HEAP_RECORDS = 10_000;

/** JavaScript heap allocated a record, the caller's record and its waiting included. */
async function heapBytesARecord(work: () => Promise<void>): Promise<number> {
  let most = 0;
  for (let round = 0; round < 5; round++) {
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    await work();
    // A collection in between makes it less, never more.
    most = Math.max(most, process.memoryUsage().heapUsed - before);
  }
  return Math.round(most / HEAP_RECORDS);
}

/** Calls `call` for each batch of a round, a few at a time. */
async function inBatches(
  recordCount: number,
  recordsPerCall: number,
  call: (from: number, to: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < recordCount) {
      const from = next;
      next = Math.min(recordCount, from + recordsPerCall);
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
    inBatches(shape.recordsPerRound, shape.recordsPerCall, (from, to) => {
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
    inBatches(shape.recordsPerRoundOfLifion, shape.recordsPerCall, (from, to) => {
      const records = Array.from({ length: to - from }, (_, i) => ({
        partitionKey: keys[(from + i) % KEYS] as string,
        data,
      }));
      return client.putRecords({ records });
    });
  return { name: "lifion-kinesis", run, recordsPerRound: shape.recordsPerRoundOfLifion };
}
