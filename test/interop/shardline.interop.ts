/**
 * Shardline and the Java KCL on one stream and one lease table: the KCL reads what our producer
 * aggregates, through a split; then the fleet changes from Java to Shardline and back, and no
 * checkpoint is lost or repeated.
 */

import { KinesisClient, SplitShardCommand } from "@aws-sdk/client-kinesis";
import { Worker } from "@shardline/consumer";
import { type LocalServer, startLocal } from "@shardline/local";
import { Producer } from "@shardline/producer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compile, missing, type Probe, run } from "./java.ts";

const reason = missing("kcl");
if (reason !== undefined) console.warn(`Shardline with Java tests are skipped: ${reason}`);

const stream = "orders";
const application = "billing";
const KEYS = 97;
const PHASE_TIMEOUT_MS = 240_000;

describe.skipIf(reason !== undefined)("Shardline beside the Java KCL", () => {
  let server: LocalServer;
  let kinesis: KinesisClient;
  let classPath = "";
  let java: Probe | undefined;
  let written = 0;
  /** By number: how often Java and we were given the record. */
  const seenByJava = new Map<number, number>();
  const seenByUs = new Map<number, number>();

  beforeAll(async () => {
    server = await startLocal({ streams: [{ name: stream, shards: 2 }] });
    const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "example" };
    kinesis = new KinesisClient({ endpoint: server.kinesisUrl, region: "us-east-1", credentials });
    classPath = compile("kcl");
    process.env["AWS_ENDPOINT_URL_KINESIS"] = server.kinesisUrl;
    process.env["AWS_ENDPOINT_URL_DYNAMODB"] = server.dynamodbUrl;
    process.env["AWS_REGION"] = "us-east-1";
    process.env["AWS_ACCESS_KEY_ID"] = credentials.accessKeyId;
    process.env["AWS_SECRET_ACCESS_KEY"] = credentials.secretAccessKey;
  }, 60_000);

  afterAll(async () => {
    java?.process.kill("SIGKILL");
    kinesis?.destroy();
    await server?.close();
  });

  function startJava(worker: string): Probe {
    const how = { retrieval: "polling", protocol: "HTTP1_1", worker };
    const where = { kinesis: server.kinesisUrl, dynamodb: server.dynamodbUrl };
    return run("kcl", classPath, { stream, application, ...how, ...where }, (line) => {
      if (line["event"] !== "record") return;
      const record = Number(Buffer.from(String(line["data"]), "base64").toString());
      seenByJava.set(record, (seenByJava.get(record) ?? 0) + 1);
    });
  }

  async function put(records: number): Promise<void> {
    await using producer = new Producer({ streamName: stream });
    const results: Promise<unknown>[] = [];
    for (let i = 0; i < records; i++) {
      const record = written++;
      results.push(producer.put({ partitionKey: `key-${record % KEYS}`, data: String(record) }));
      if (i % 200 === 199) await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await Promise.all(results);
  }

  async function until(what: string, holds: () => boolean): Promise<void> {
    const deadline = Date.now() + PHASE_TIMEOUT_MS;
    while (!holds()) {
      if (Date.now() > deadline) throw new Error(`${what}: not in time\n${java?.log()}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  const missingFrom = (seen: ReadonlyMap<number, number>, from: number, to: number): number[] =>
    Array.from({ length: to - from }, (_, i) => from + i).filter((record) => !seen.has(record));

  test(
    "the KCL reads every record that our producer put while a shard was split",
    async () => {
      java = startJava("java-1");
      const putting = put(20_000);
      await new Promise((resolve) => setTimeout(resolve, 1500));
      await kinesis.send(
        new SplitShardCommand({
          ...{ StreamName: stream, ShardToSplit: "shardId-000000000000" },
          NewStartingHashKey: (2n ** 126n).toString(),
        }),
      );
      await putting;
      await until("all records read by Java", () => seenByJava.size === written);
      expect(missingFrom(seenByJava, 0, written)).toEqual([]);
      const twice = [...seenByJava.values()].filter((times) => times > 1).length;
      console.info(`Java read ${seenByJava.size} of ${written} records, ${twice} more than once`);
    },
    PHASE_TIMEOUT_MS + 30_000,
  );

  test(
    "we go on where the KCL stopped, and the KCL where we stopped",
    async () => {
      java?.process.kill("SIGTERM");
      await java?.ended;
      const atChange = written;
      await put(2000);
      const worker = new Worker({
        streamName: stream,
        applicationName: application,
        workerId: "ours",
        processRecords: async ({ records }) => {
          for (const { data } of records) {
            const record = Number(Buffer.from(data).toString());
            seenByUs.set(record, (seenByUs.get(record) ?? 0) + 1);
          }
        },
      });
      const running = worker.run();
      await until("all new records read by us", () => {
        return missingFrom(seenByUs, atChange, written).length === 0;
      });
      await worker.stop();
      await running;
      expect([...seenByUs.keys()].filter((record) => record < atChange)).toEqual([]);
      expect([...seenByUs.values()].filter((times) => times > 1)).toEqual([]);

      const atReturn = written;
      const before = new Map(seenByJava);
      await put(1000);
      java = startJava("java-2");
      await until("all newer records read by Java", () => {
        return missingFrom(seenByJava, atReturn, written).length === 0;
      });
      const repeated = [...seenByJava].filter(([record, times]) => {
        return record < atReturn && times !== (before.get(record) ?? 0);
      });
      expect(repeated).toEqual([]);
    },
    2 * PHASE_TIMEOUT_MS + 60_000,
  );
});
