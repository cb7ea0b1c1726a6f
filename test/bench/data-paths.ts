/** The ways that a call which carries data may go, each against the same service in another process. */

import { createKinesis, type KinesisOptions } from "@shardline/aws";
import type { KinesisApi } from "@shardline/model";
import { type Contender, startServer } from "./harness.ts";

/** Calls in flight at once: what a producer or a worker of several shards has. */
const IN_FLIGHT = 4;

export interface DataPaths {
  readonly ours: readonly [name: string, api: KinesisApi];
  readonly peers: readonly (readonly [name: string, api: KinesisApi])[];
  close(): Promise<void>;
}

export async function openDataPaths(): Promise<DataPaths> {
  const sink = await startServer(new URL("./data-sink.js", import.meta.url));
  const { http1, http2 } = sink.ready as { http1: number; http2: number };
  const open = (port: number, options: KinesisOptions): KinesisApi =>
    createKinesis({
      endpoint: `http://127.0.0.1:${port}`,
      region: "us-east-1",
      credentials: { accessKeyId: "bench", secretAccessKey: "bench" },
      ...options,
    });
  const ours = ["ours http1 keep-alive", open(http1, { dataPath: "fast" })] as const;
  const peers = [
    ["sdk http2 (its default)", open(http2, { dataPath: "sdk", transport: "http2" })],
    ["sdk http1 keep-alive", open(http1, { dataPath: "sdk", transport: "http1" })],
    ["ours http2 pool", open(http2, { dataPath: "fast", transport: "http2" })],
  ] as const;
  return {
    ours,
    peers,
    async close(): Promise<void> {
      await Promise.all([ours, ...peers].map(([, api]) => api.close()));
      await sink.stop();
    },
  };
}

/** One round: so many calls, some of them at once. */
export function callsInFlight(
  name: string,
  callsPerRound: number,
  call: () => Promise<void>,
): Contender {
  return {
    name,
    async run(): Promise<void> {
      let left = callsPerRound;
      const worker = async (): Promise<void> => {
        while (left-- > 0) await call();
      };
      await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
    },
  };
}
