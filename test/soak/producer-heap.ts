/**
 * `node test/dist/soak/producer-heap.js [--minutes N]`: an unbounded producer against an endpoint that
 * accepts and never answers. The heap must stay flat: put() makes the callers wait.
 */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate as turn, setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Producer, type ProducerRecord } from "@shardline/producer";

const BUFFER_BYTES = 32 * 1024 * 1024;
/** Of the buffer, for what a record costs beside its bytes; and what a process grows by anyway. */
const ALLOWED_GROWTH_BYTES = BUFFER_BYTES * 0.3 + 16 * 1024 * 1024;
const SAMPLE_MS = 2000;

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { minutes: { type: "string", default: "10" } } });
  const stalled = createServer((request) => request.resume());
  await new Promise<void>((resolve) => stalled.listen(0, "127.0.0.1", resolve));
  const endpoint = `http://127.0.0.1:${(stalled.address() as AddressInfo).port}`;
  const producer = new Producer({
    streamName: "stalled",
    maxBufferedBytes: BUFFER_BYTES,
    recordTtlMs: 5000,
    requestTimeoutMs: 2000,
    aws: { endpoint, region: "us-east-1", credentials: { accessKeyId: "x", secretAccessKey: "x" } },
  });
  let stopped = false;
  let offered = 0;
  async function* source(): AsyncGenerator<ProducerRecord> {
    const data = Buffer.alloc(1000);
    while (!stopped) {
      if (offered % 1000 === 0) await turn();
      yield { partitionKey: `k${offered++}`, data };
    }
  }
  let failed = 0;
  const consumed = producer.consume(source(), {
    onFailure: () => {
      failed++;
    },
  });
  const endMs = performance.now() + Number(values.minutes) * 60_000;
  const heaps: number[] = [];
  while (performance.now() < endMs) {
    await sleep(SAMPLE_MS);
    const { heapUsed, external } = process.memoryUsage();
    heaps.push(heapUsed + external);
  }
  stopped = true;
  const report = await producer.close({ timeoutMs: 1000, drain: false });
  await consumed;
  stalled.closeAllConnections();
  stalled.close();
  const half = Math.ceil(heaps.length / 2);
  const early = Math.max(...heaps.slice(0, half));
  const late = Math.max(...heaps.slice(half));
  const flat = late - early < ALLOWED_GROWTH_BYTES;
  console.log(
    JSON.stringify({
      flat,
      earlyPeakBytes: early,
      latePeakBytes: late,
      offered,
      failed,
      ...report,
    }),
  );
  return flat ? 0 : 1;
}

process.exitCode = await main();
