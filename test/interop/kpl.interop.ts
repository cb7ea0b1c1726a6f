/** The Kinesis Producer Library for Java against the local server, over TLS, which is all it speaks. */

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
} from "@aws-sdk/client-kinesis";
import { decodeAggregate } from "@shardline/aggregation";
import { type LocalServer, startLocal } from "@shardline/local";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compile, missing, run } from "./java.ts";

const reason = missing("kpl");
if (reason !== undefined) console.warn(`Java KPL tests are skipped: ${reason}`);

const stream = "orders";
const RECORDS = 5000;
const KEYS = 100;

interface Answer {
  readonly record: number;
  readonly failed?: true;
  readonly shard: string;
  readonly sequence: string;
}

describe.skipIf(reason !== undefined)("the Java KPL", () => {
  let server: LocalServer;
  let kinesis: KinesisClient;

  beforeAll(async () => {
    server = await startLocal({ streams: [{ name: stream, shards: 4 }], tlsPort: 0 });
    const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "example" };
    kinesis = new KinesisClient({ endpoint: server.kinesisUrl, region: "us-east-1", credentials });
  });

  afterAll(async () => {
    kinesis?.destroy();
    await server?.close();
  });

  test("has every record acknowledged, and each is in the shard it was told", async () => {
    const port = new URL(server.kinesisTlsUrl ?? "").port;
    const answers: Answer[] = [];
    const given = { port, stream, records: RECORDS, keys: KEYS };
    const probe = run("kpl", compile("kpl"), given, (line) =>
      answers.push(line as unknown as Answer),
    );
    const code = await probe.ended;
    if (code !== 0) throw new Error(`the KPL ended with ${code}\n${probe.log()}`);
    expect(answers.length).toBe(RECORDS);
    expect(answers.filter((answer) => answer.failed)).toEqual([]);

    const stored = new Map<string, string>();
    const { Shards = [] } = await kinesis.send(new ListShardsCommand({ StreamName: stream }));
    for (const { ShardId } of Shards) {
      const { ShardIterator } = await kinesis.send(
        new GetShardIteratorCommand({
          ...{ StreamName: stream, ShardId, ShardIteratorType: "TRIM_HORIZON" },
        }),
      );
      const { Records = [] } = await kinesis.send(new GetRecordsCommand({ ShardIterator }));
      for (const record of Records) {
        for (const data of userRecords(record.Data ?? new Uint8Array())) {
          stored.set(data, `${ShardId} ${record.SequenceNumber}`);
        }
      }
    }
    const told = answers.map(({ record, shard, sequence }) => [
      `record ${record}`,
      `${shard} ${sequence}`,
    ]);
    expect(Object.fromEntries(stored)).toEqual(Object.fromEntries(told));
    const tailed = await tail(server.kinesisUrl);
    expect(tailed.toSorted()).toEqual(answers.map(({ record }) => `record ${record}`).toSorted());
  }, 120_000);
});

/** The data of each record that `shardline tail` shows, as text. */
async function tail(endpoint: string): Promise<string[]> {
  const manifest = import.meta.resolve("@shardline/cli/package.json");
  const command = fileURLToPath(new URL("bin/shardline.js", manifest));
  const given = [command, "tail", stream, "--no-follow", "--endpoint", endpoint];
  const { stdout } = await promisify(execFile)(process.execPath, given, { maxBuffer: 2 ** 26 });
  const lines = stdout.trimEnd().split("\n");
  return lines.map((line) => {
    const { data } = JSON.parse(line) as { readonly data: string };
    return Buffer.from(data, "base64").toString();
  });
}

/** The data of the user records, as text. */
function userRecords(data: Uint8Array): string[] {
  const decoded = decodeAggregate(data);
  const all = decoded.kind === "plain" ? [data] : decoded.records.map((record) => record.data);
  return all.map((bytes) => Buffer.from(bytes).toString());
}
