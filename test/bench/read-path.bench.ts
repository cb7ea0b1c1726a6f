/** GetRecords: our path against the AWS SDK's, over its default HTTP/2 handler and over HTTP/1.1 keep-alive. */

import type { KinesisApi } from "@shardline/model";
import { callsInFlight, openDataPaths } from "./data-paths.ts";
import type { Bench, BenchContext, Contender } from "./harness.ts";

interface Shape {
  readonly name: string;
  readonly records: number;
  readonly bytes: number;
  readonly callsPerRound: number;
}

const SHAPES: readonly Shape[] = [
  { name: "empty, a call", records: 0, bytes: 0, callsPerRound: 400 },
  { name: "1,000 x 1 KB", records: 1000, bytes: 1000, callsPerRound: 40 },
  { name: "10,000 x 100 B", records: 10_000, bytes: 100, callsPerRound: 8 },
];

export const bench: Bench = {
  name: "read-path",
  groups: ["consumer"],
  async run(context: BenchContext): Promise<void> {
    const paths = await openDataPaths();
    try {
      for (const shape of SHAPES) {
        await context.compare({
          name: `GetRecords path: ${shape.name}`,
          // An idle shard's answer costs what the call costs.
          recordsPerRound: Math.max(1, shape.records) * shape.callsPerRound,
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
  const request = {
    stream: { streamName: "bench" },
    shardIterator: `${shape.records}x${shape.bytes}`,
    maxRecords: 10_000,
  };
  return callsInFlight(name, shape.callsPerRound, async () => {
    const outcome = await api.getRecords(request, { timeoutMs: 30_000 });
    if (outcome.kind === "failed") throw new Error(`${name}: ${outcome.message}`);
    if (outcome.records.length !== shape.records) throw new Error(`${name}: a wrong answer`);
  });
}
