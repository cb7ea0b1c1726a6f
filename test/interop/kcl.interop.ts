/**
 * The Kinesis Client Library for Java against the local server: three workers of three applications
 * (polling over HTTP/1.1, polling over HTTP/2, fan-out) read one stream that is written all the
 * time, through a split and a merge. None may miss a record or see a key's records out of order.
 */

import {
  KinesisClient,
  MergeShardsCommand,
  PutRecordsCommand,
  SplitShardCommand,
} from "@aws-sdk/client-kinesis";
import { type LocalServer, startLocal } from "@shardline/local";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compile, missing, type Probe, run } from "./java.ts";

const reason = missing("kcl");
if (reason !== undefined) console.warn(`Java KCL tests are skipped: ${reason}`);

const stream = "orders";
const KEYS = 40;
const RECORDS_A_PUT = 20;
const PUT_EVERY_MS = 100;
const PHASE_TIMEOUT_MS = 240_000;

/** What one worker told so far. */
class Worker {
  readonly name: string;
  readonly probe: Probe;
  readonly started: Set<string> = new Set();
  readonly ended: Set<string> = new Set();
  /** How often each record came, by its number. */
  readonly seen: Map<number, number> = new Map();
  readonly outOfOrder: string[] = [];
  readonly failures: unknown[] = [];
  readonly #lastOfKey: Map<string, number> = new Map();

  constructor(server: LocalServer, classPath: string, name: string, how: Record<string, string>) {
    this.name = name;
    const given = {
      ...{ stream, application: `app-${name}`, worker: `worker-${name}` },
      ...{ kinesis: server.kinesisUrl, dynamodb: server.dynamodbUrl, ...how },
    };
    this.probe = run("kcl", classPath, given, (line) => this.#hear(line));
  }

  #hear(line: Record<string, unknown>): void {
    const shard = String(line["shard"]);
    if (line["event"] === "started") this.started.add(shard);
    else if (line["event"] === "ended") this.ended.add(shard);
    else if (line["event"] === "failed") this.failures.push(line);
    else if (line["event"] === "record") this.#record(line);
  }

  #record(line: Record<string, unknown>): void {
    const record = Number(Buffer.from(String(line["data"]), "base64").toString());
    const key = String(line["key"]);
    const again = this.seen.get(record) ?? 0;
    this.seen.set(record, again + 1);
    if (again > 0) return;
    const last = this.#lastOfKey.get(key) ?? -1;
    if (record < last) this.outOfOrder.push(`${key}: ${record} after ${last}`);
    this.#lastOfKey.set(key, record);
  }
}

describe.skipIf(reason !== undefined)("the Java KCL", () => {
  let server: LocalServer;
  let kinesis: KinesisClient;
  let workers: Worker[] = [];

  beforeAll(async () => {
    server = await startLocal({ streams: [{ name: stream, shards: 4 }] });
    const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "example" };
    kinesis = new KinesisClient({ endpoint: server.kinesisUrl, region: "us-east-1", credentials });
    const classPath = compile("kcl");
    workers = [
      ["polling-h1", { retrieval: "polling", protocol: "HTTP1_1" }],
      ["polling-h2", { retrieval: "polling", protocol: "HTTP2" }],
      ["fan-out", { retrieval: "fan-out", protocol: "HTTP2" }],
    ].map(([name, how]) => {
      return new Worker(server, classPath, name as string, how as Record<string, string>);
    });
  }, 60_000);

  afterAll(async () => {
    for (const { probe } of workers) probe.process.kill("SIGKILL");
    kinesis?.destroy();
    await server?.close();
  });

  /** Waits until it holds for every worker, and says of the one for which it does not. */
  async function all(what: string, holds: (worker: Worker) => boolean): Promise<void> {
    const deadline = Date.now() + PHASE_TIMEOUT_MS;
    for (;;) {
      const late = workers.filter((worker) => !holds(worker));
      if (late.length === 0) return;
      const [worker] = late;
      if (Date.now() > deadline && worker !== undefined) {
        throw new Error(`${worker.name}: ${what} not in time\n${worker.probe.log()}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  test(
    "follows a split and a merge under load and misses no record",
    async () => {
      let written = 0;
      let stop = false;
      const load = (async (): Promise<void> => {
        while (!stop) {
          const Records = Array.from({ length: RECORDS_A_PUT }, (_, i) => ({
            PartitionKey: `key-${(written + i) % KEYS}`,
            Data: Buffer.from(String(written + i)),
          }));
          const answer = await kinesis.send(new PutRecordsCommand({ StreamName: stream, Records }));
          expect(answer.FailedRecordCount ?? 0).toBe(0);
          written += RECORDS_A_PUT;
          await new Promise((resolve) => setTimeout(resolve, PUT_EVERY_MS));
        }
      })();

      await all("4 shards delivering", ({ started, seen }) => started.size === 4 && seen.size > 0);
      await kinesis.send(
        new SplitShardCommand({
          ...{ StreamName: stream, ShardToSplit: "shardId-000000000000" },
          NewStartingHashKey: (2n ** 125n).toString(),
        }),
      );
      await all(
        "the parent of the split ended, its children started",
        ({ started, ended }) => ended.has("shardId-000000000000") && started.size === 6,
      );
      await kinesis.send(
        new MergeShardsCommand({
          ...{ StreamName: stream, ShardToMerge: "shardId-000000000002" },
          AdjacentShardToMerge: "shardId-000000000003",
        }),
      );
      await all(
        "the parents of the merge ended, their child started",
        ({ started, ended }) => ended.size === 3 && started.size === 7,
      );
      stop = true;
      await load;
      await all(`all ${written} records`, ({ seen }) => seen.size === written);
      expect(workers.map(({ name, outOfOrder }) => [name, outOfOrder])).toEqual(
        workers.map(({ name }) => [name, []]),
      );
      expect(workers.flatMap(({ failures }) => failures)).toEqual([]);
      for (const { name, seen } of workers) {
        const twice = [...seen.values()].filter((times) => times > 1).length;
        console.info(`${name}: ${seen.size} of ${written} records, ${twice} more than once`);
      }
    },
    4 * PHASE_TIMEOUT_MS,
  );
});
