/** PutRecords: our path against the AWS SDK's, over its default HTTP/2 handler and over HTTP/1.1 keep-alive. */

import { randomBytes } from "node:crypto";
import type { KinesisApi, PutRecordsEntry } from "@shardline/model";
import { callsInFlight, openDataPaths } from "./data-paths.ts";
import type { Bench, BenchContext, Contender } from "./harness.ts";

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

export const bench: Bench = {
  name: "put-path",
  groups: ["producer"],
  async run(context: BenchContext): Promise<void> {
    const paths = await openDataPaths();
    try {
      for (const shape of SHAPES) {
        await context.compare({
          name: `${shape.records} x ${shape.bytes} B`,
          recordsPerRound: shape.records * shape.callsPerRound,
          rounds: 5,
          warmUpRounds: 1,
          ours: contender(paths.ours, shape),
          peers: paths.peers.map((path) => contender(path, shape)),
        });
      }
    } finally {
      await paths.close();
    }
  },
};

function contender([name, api]: readonly [string, KinesisApi], shape: Shape): Contender {
  const entries: PutRecordsEntry[] = Array.from({ length: shape.records }, (_, i) => ({
    partitionKey: `key-${i}`,
    data: randomBytes(shape.bytes),
  }));
  const request = { stream: { streamName: "bench" }, entries };
  return callsInFlight(name, shape.callsPerRound, async () => {
    const outcome = await api.putRecords(request, { timeoutMs: 30_000 });
    if (outcome.kind === "failed") throw new Error(`${name}: ${outcome.message}`);
    if (outcome.entries.length !== shape.records) throw new Error(`${name}: a wrong answer`);
  });
}
