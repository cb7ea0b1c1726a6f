/**
 * The server under soak, in a process of its own: its memory is not that of the load, and that it ends
 * by itself after close() shows that nothing is left open. Options come as JSON in the first argument;
 * each line of standard output is JSON: first the URLs, then memory after garbage collection.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { type LocalOptions, startLocal } from "@shardline/local";

const SAMPLE_EVERY_MS = 5000;
const MEBI = 1024 * 1024;

const tell = (line: object): void => console.log(JSON.stringify(line));
const collect = (globalThis as { gc?: () => void }).gc;
if (collect === undefined) throw new Error("start with node --expose-gc");

const server = await startLocal(JSON.parse(process.argv[2] ?? "{}") as LocalOptions);
const stop = new AbortController();
process.once("SIGTERM", () => stop.abort());
tell({ kinesis: server.kinesisUrl, dynamodb: server.dynamodbUrl });
while (!stop.signal.aborted) {
  await sleep(SAMPLE_EVERY_MS, undefined, { signal: stop.signal }).catch(() => {});
  collect();
  const { heapUsed, external, rss } = process.memoryUsage();
  tell({ heapMiB: (heapUsed + external) / MEBI, rssMiB: rss / MEBI });
}
await server.close();
tell({ open: process.getActiveResourcesInfo().filter((kind) => !/^(TTY|Pipe)Wrap$/.test(kind)) });
