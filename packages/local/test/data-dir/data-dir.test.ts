import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ClassicLevel } from "classic-level";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type LocalServer, startLocal, VirtualClock } from "../../src/index.ts";
import { exchange, operation, signedAs } from "../server/wire-client.ts";

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "shardline-data-"));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

const StreamName = "orders";

async function call(url: string, name: string, input: object): Promise<Record<string, unknown>> {
  const { status, output } = await operation(url, name, input);
  if (status !== 200) throw new Error(JSON.stringify(output));
  return output;
}

interface Stored {
  readonly Data: string;
  readonly PartitionKey: string;
  readonly SequenceNumber: string;
  readonly ApproximateArrivalTimestamp: number;
}

/** Every record of the stream, by shard. */
async function readAll(url: string): Promise<Map<string, Stored[]>> {
  const { Shards } = (await call(url, "ListShards", { StreamName })) as {
    Shards: { ShardId: string }[];
  };
  const all = new Map<string, Stored[]>();
  for (const { ShardId } of Shards) {
    const records: Stored[] = [];
    const first = await call(url, "GetShardIterator", {
      ...{ StreamName, ShardId, ShardIteratorType: "TRIM_HORIZON" },
    });
    let ShardIterator = first["ShardIterator"];
    while (ShardIterator !== undefined) {
      const read = await call(url, "GetRecords", { ShardIterator });
      const page = read["Records"] as Stored[];
      records.push(...page);
      if (page.length === 0 && read["MillisBehindLatest"] === 0) break;
      ShardIterator = read["NextShardIterator"];
    }
    all.set(ShardId, records);
  }
  return all;
}

const put = (url: string, from: number, count: number): Promise<Record<string, unknown>> =>
  call(url, "PutRecords", {
    StreamName,
    Records: Array.from({ length: count }, (_, i) => ({
      PartitionKey: `key-${from + i}`,
      Data: Buffer.from(`record ${from + i}`).toString("base64"),
    })),
  });

const dynamo = async (url: string, name: string, input: object): Promise<unknown> => {
  const headers = {
    "content-type": "application/x-amz-json-1.0",
    "x-amz-target": `DynamoDB_20120810.${name}`,
    authorization: signedAs("AKIDEXAMPLE"),
  };
  return JSON.parse((await exchange(url, headers, JSON.stringify(input))).body.toString());
};

describe("a restart", () => {
  const streams = [{ name: StreamName, shards: 2 }];

  test("keeps streams, shards, records, their order and tables", async () => {
    const first = await startLocal({ dataDir, streams });
    await put(first.kinesisUrl, 0, 300);
    await call(first.kinesisUrl, "SplitShard", {
      ...{ StreamName, ShardToSplit: "shardId-000000000000" },
      NewStartingHashKey: "1000",
    });
    await put(first.kinesisUrl, 300, 300);
    await dynamo(first.dynamodbUrl, "CreateTable", {
      TableName: "leases",
      AttributeDefinitions: [{ AttributeName: "leaseKey", AttributeType: "S" }],
      KeySchema: [{ AttributeName: "leaseKey", KeyType: "HASH" }],
      BillingMode: "PAY_PER_REQUEST",
    });
    const before = await readAll(first.kinesisUrl);
    const shards = await call(first.kinesisUrl, "ListShards", { StreamName });
    await first.close();
    const second = await startLocal({ dataDir, streams });
    expect(await readAll(second.kinesisUrl)).toEqual(before);
    expect(await call(second.kinesisUrl, "ListShards", { StreamName })).toEqual(shards);
    expect(await dynamo(second.dynamodbUrl, "ListTables", {})).toEqual({ TableNames: ["leases"] });
    expect([...before.values()].flat().length).toBe(600);
    const { Records } = (await put(second.kinesisUrl, 600, 1)) as {
      Records: { ShardId: string; SequenceNumber: string }[];
    };
    const { ShardId = "", SequenceNumber = "" } = Records[0] ?? {};
    const last = before.get(ShardId)?.at(-1)?.SequenceNumber ?? "";
    expect(BigInt(SequenceNumber)).toBeGreaterThan(BigInt(last));
    await second.close();
  });

  test("forgets a deleted stream and its records", async () => {
    const first = await startLocal({ dataDir, streams });
    await put(first.kinesisUrl, 0, 100);
    await call(first.kinesisUrl, "DeleteStream", { StreamName });
    await first.close();
    const second = await startLocal({ dataDir, streams });
    expect([...(await readAll(second.kinesisUrl)).values()].flat()).toEqual([]);
    await second.close();
  });

  test("does not bring back what retention trimmed", async () => {
    const clock = new VirtualClock();
    const first = await startLocal({ dataDir, streams, clock });
    await put(first.kinesisUrl, 0, 50);
    await clock.advance(25 * 60 * 60 * 1000);
    await put(first.kinesisUrl, 50, 10);
    const before = await readAll(first.kinesisUrl);
    expect([...before.values()].flat().length).toBe(10);
    await first.close();
    const second = await startLocal({ dataDir, streams, clock });
    expect(await readAll(second.kinesisUrl)).toEqual(before);
    await second.close();
  });

  test("skips damaged records, counted in the log, and starts", async () => {
    const first = await startLocal({ dataDir, streams });
    await put(first.kinesisUrl, 0, 10);
    await first.close();
    const db = new ClassicLevel(join(dataDir, "streams"));
    const [key] = await db.keys({ gte: "record!", limit: 1 }).all();
    await db.put(key ?? "", "not a record");
    await db.close();
    const errors: unknown[] = [];
    const log = (): void => {};
    const logger = { debug: log, info: log, warn: log, error: (f: unknown) => errors.push(f) };
    const second = await startLocal({ dataDir, logger });
    expect([...(await readAll(second.kinesisUrl)).values()].flat().length).toBe(9);
    expect(errors).toMatchObject([{ unreadable: 1 }]);
    await second.close();
  });
});

test("a directory in use, or of another format, is refused by name", async () => {
  const server = await startLocal({ dataDir });
  await expect(startLocal({ dataDir })).rejects.toThrow(/dataDir: .*another process uses it/);
  await server.close();
  const db = new ClassicLevel(join(dataDir, "streams"));
  await db.put("version", "99");
  await db.close();
  await expect(startLocal({ dataDir })).rejects.toThrow(/dataDir: .*has format 99/);
});

test("a kill -9 under load loses no acknowledged record and no lease", async () => {
  const script = `
    import { startLocal } from ${JSON.stringify(new URL("../../dist/index.js", import.meta.url).href)};
    const options = JSON.parse(process.argv[1]);
    const server = await startLocal(options);
    console.log(JSON.stringify({ kinesis: server.kinesisUrl, dynamodb: server.dynamodbUrl }));
  `;
  const options = JSON.stringify({ dataDir, streams: [{ name: StreamName, shards: 4 }] });
  const child = spawn(process.execPath, ["--input-type=module", "-e", script, options], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  const { kinesis, dynamodb } = JSON.parse(line) as { kinesis: string; dynamodb: string };
  await dynamo(dynamodb, "CreateTable", {
    TableName: "leases",
    AttributeDefinitions: [{ AttributeName: "leaseKey", AttributeType: "S" }],
    KeySchema: [{ AttributeName: "leaseKey", KeyType: "HASH" }],
    BillingMode: "PAY_PER_REQUEST",
  });
  const acknowledged = new Set<string>();
  let lease = 0;
  const producer = async (base: number): Promise<void> => {
    for (let from = base; ; from += 50) {
      const { Records } = (await put(kinesis, from, 50)) as { Records: Stored[] };
      for (const { SequenceNumber } of Records) acknowledged.add(SequenceNumber);
    }
  };
  const renewer = async (): Promise<void> => {
    for (let counter = 1; ; counter++) {
      const Item = { leaseKey: { S: "shard-0" }, leaseCounter: { N: String(counter) } };
      await dynamo(dynamodb, "PutItem", { TableName: "leases", Item });
      lease = counter;
    }
  };
  const load = Promise.allSettled([producer(0), producer(1e6), producer(2e6), renewer()]);
  while (acknowledged.size < 3000 || lease < 20) await new Promise((r) => setImmediate(r));
  child.kill("SIGKILL");
  await once(child, "exit");
  await load;

  const server: LocalServer = await startLocal({ dataDir });
  const found = new Set<string>();
  for (const records of (await readAll(server.kinesisUrl)).values()) {
    for (const { SequenceNumber } of records) found.add(SequenceNumber);
  }
  expect([...acknowledged].filter((sequence) => !found.has(sequence))).toEqual([]);
  const { Item } = (await dynamo(server.dynamodbUrl, "GetItem", {
    ...{ TableName: "leases", Key: { leaseKey: { S: "shard-0" } } },
  })) as { Item: { leaseCounter: { N: string } } };
  expect(Number(Item.leaseCounter.N)).toBeGreaterThanOrEqual(lease);
  await server.close();
});
