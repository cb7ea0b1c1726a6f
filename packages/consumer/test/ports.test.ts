import { Agent, createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { compileWorkerOptions } from "../src/index.ts";
import { openPorts } from "../src/ports.ts";

const CALL = { timeoutMs: 5000 };
let server: Server;
let asked: IncomingMessage[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request);
    response.statusCode = 400;
    response.end(JSON.stringify({ __type: "ResourceNotFoundException" }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});

afterAll(() => new Promise((resolve) => server.close(resolve)));

it("both services are reached with the credentials and by the agent that were given", async () => {
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credentials = { accessKeyId: "AKIDGIVEN", secretAccessKey: "secret" };
  // As a proxy's agent would: every connection is made by it.
  const made: unknown[] = [];
  class Counting extends Agent {
    override createConnection(
      ...given: Parameters<Agent["createConnection"]>
    ): ReturnType<Agent["createConnection"]> {
      made.push(given);
      return super.createConnection(...given);
    }
  }
  const httpAgent = new Counting();
  const config = compileWorkerOptions({
    streamName: "orders",
    applicationName: "app",
    processRecords: () => {},
    aws: { region: "us-east-1", endpoint, credentials, httpAgent },
  });
  asked = [];
  const { kinesis, leases, close } = await openPorts(config);
  expect(await kinesis.describeStream({ streamName: "orders" }, CALL)).toMatchObject({
    reason: "not-found",
  });
  expect(await leases.get("shard", CALL)).toMatchObject({ reason: "not-found" });
  await close();
  const targets = asked.map(({ headers }) => String(headers["x-amz-target"]));
  expect(targets).toEqual(["Kinesis_20131202.DescribeStreamSummary", "DynamoDB_20120810.GetItem"]);
  for (const { headers } of asked) expect(headers.authorization).toContain("AKIDGIVEN");
  expect(made.length).toBeGreaterThan(0);
  httpAgent.destroy();
});

it("options that are wrong are refused before anything is asked", async () => {
  const config = compileWorkerOptions({
    streamName: "orders",
    applicationName: "app",
    processRecords: () => {},
    aws: { regoin: "us-east-1" } as object,
  });
  await expect(openPorts(config)).rejects.toThrow(/Worker\.aws: regoin/);
});

it("there is a connection for each read under way, where no number was given", async () => {
  const reads = 40;
  const held: (() => void)[] = [];
  // Answers none before all are here.
  const slow = createServer((_, response) => {
    held.push(() => response.end('{"Records":[]}'));
    if (held.length === reads) for (const answer of held) answer();
  });
  await new Promise<void>((resolve) => slow.listen(0, "127.0.0.1", resolve));
  const endpoint = `http://127.0.0.1:${(slow.address() as AddressInfo).port}`;
  const credentials = { accessKeyId: "AKIDGIVEN", secretAccessKey: "secret" };
  const config = compileWorkerOptions({
    streamName: "orders",
    applicationName: "app",
    processRecords: () => {},
    maxConcurrentReads: reads,
    aws: { region: "us-east-1", endpoint, credentials, maxConnections: undefined },
  });
  const { kinesis, close } = await openPorts(config);
  const request = { stream: { streamName: "orders" }, shardIterator: "i", maxRecords: 1 };
  const answers = await Promise.all(
    Array.from({ length: reads }, () => kinesis.getRecords(request, CALL)),
  );
  expect(new Set(answers.map(({ kind }) => kind))).toEqual(new Set(["ok"]));
  await close();
  await new Promise((resolve) => slow.close(resolve));
});
