/** PutRecords: our path against the AWS SDK's, over its default HTTP/2 handler and over HTTP/1.1 keep-alive. */

import { randomBytes } from "node:crypto";
import { createKinesis, type KinesisOptions } from "@shardline/aws";
import type { KinesisApi, PutRecordsEntry } from "@shardline/model";
import { type Bench, type BenchContext, type Contender, startServer } from "./harness.ts";

interface Shape {
  readonly records: number;
  readonly bytes: number;
  readonly callsPerRound: number;
}

const SHAPES: readonly Shape[] = [
  { records: 500, bytes: 100, callsPerRound: 160 },
  { records: 500, bytes: 1000, callsPerRound: 60 },
  { records: 100, bytes: 50_000, callsPerRound: 16 },
];

/** Calls in flight at once: what a producer of several shards has. */
const IN_FLIGHT = 4;

export const bench: Bench = {
  name: "put-path",
  groups: ["producer"],
  async run(context: BenchContext): Promise<void> {
    const sink = await startServer(new URL("./put-sink.js", import.meta.url));
    const { http1, http2 } = sink.ready as { http1: number; http2: number };
    const open = (port: number, options: KinesisOptions): KinesisApi =>
      createKinesis({
        endpoint: `http://127.0.0.1:${port}`,
        region: "us-east-1",
        credentials: { accessKeyId: "bench", secretAccessKey: "bench" },
        ...options,
      });
    const fast = open(http1, { dataPath: "fast" });
    const peers = {
      "sdk http2 (its default)": open(http2, { dataPath: "sdk", transport: "http2" }),
      "sdk http1 keep-alive": open(http1, { dataPath: "sdk", transport: "http1" }),
      "ours http2 pool": open(http2, { dataPath: "fast", transport: "http2" }),
    };
    try {
      for (const shape of SHAPES) {
        await context.compare({
          name: `${shape.records} x ${shape.bytes} B`,
          recordsPerRound: shape.records * shape.callsPerRound,
          rounds: 5,
          warmUpRounds: 1,
          ours: contender("ours http1 keep-alive", fast, shape),
          peers: Object.entries(peers).map(([name, api]) => contender(name, api, shape)),
        });
      }
    } finally {
      await Promise.all([fast, ...Object.values(peers)].map((api) => api.close()));
      await sink.stop();
    }
  },
};

function contender(name: string, api: KinesisApi, shape: Shape): Contender {
  const entries: PutRecordsEntry[] = Array.from({ length: shape.records }, (_, i) => ({
    partitionKey: `key-${i}`,
    data: randomBytes(shape.bytes),
  }));
  const call = async (): Promise<void> => {
    const request = { stream: { streamName: "bench" }, entries };
    const outcome = await api.putRecords(request, { timeoutMs: 30_000 });
    if (outcome.kind === "failed") throw new Error(`${name}: ${outcome.message}`);
    if (outcome.entries.length !== shape.records) throw new Error(`${name}: a wrong answer`);
  };
  return {
    name,
    async run(): Promise<void> {
      let left = shape.callsPerRound;
      const worker = async (): Promise<void> => {
        while (left-- > 0) await call();
      };
      await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
    },
  };
}
