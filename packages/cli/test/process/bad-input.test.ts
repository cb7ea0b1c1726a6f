/** Each kind of bad input gives one line that says what to do, exit code 1, and leaves nothing behind. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLeaseTable, createStreamAdmin } from "@shardline/aws";
import { type LocalServer, startLocal } from "@shardline/local";
import { newLease, systemClock, TRIM_HORIZON } from "@shardline/model";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cli, type Ended, startCli } from "./cli.ts";

/** Nothing listens on the port for "tcpmux". */
const NOWHERE = "http://127.0.0.1:1";
const CALL = { timeoutMs: 5000 };
const credentials = { accessKeyId: "test", secretAccessKey: "test" };
const region = "us-east-1";

/** How far the server's wall clock is ahead. */
let aheadMs = 0;
const clock = { ...systemClock, wallMs: () => systemClock.wallMs() + aheadMs };

let server: LocalServer;
let folder: string;
let handler: string;
let env: Record<string, string>;

beforeAll(async () => {
  server = await startLocal({
    clock,
    tlsPort: 0,
    streams: [
      { name: "orders", shards: 1 },
      { name: "other", shards: 1 },
    ],
  });
  env = {
    AWS_ENDPOINT_URL_KINESIS: server.kinesisUrl,
    AWS_ENDPOINT_URL_DYNAMODB: server.dynamodbUrl,
  };
  folder = await mkdtemp(join(tmpdir(), "shardline-test-"));
  handler = join(folder, "handler.mjs");
  await writeFile(handler, "export default async () => {};\n");
});

afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

/** The one line on stderr of a command that failed, printed nothing else, and exited with 1. */
function complaint(ended: Ended): string {
  const [line = "", ...rest] = ended.stderr.split("\n");
  expect({ ...ended, rest }).toMatchObject({ code: 1, stdout: "", rest: [""] });
  return line;
}

const work = (stream: string, application: string, ...more: string[]): string[] => [
  ...["work", "--stream", stream, "--application", application, "--handler", handler],
  ...more,
];

async function tableExists(tableName: string): Promise<boolean> {
  const table = createLeaseTable({ tableName, endpoint: server.dynamodbUrl, region, credentials });
  try {
    const listed = await table.list(CALL);
    // Any other failure must not pass for "no".
    return listed.kind === "ok" || listed.reason !== "not-found";
  } finally {
    await table.close();
  }
}

describe("usage", () => {
  it.concurrent.each([
    [
      ["put", "orders", "--flie", "x"],
      "unknown option --flie (did you mean --file?); see shardline put --help",
    ],
    [["local", "--kinesis-prot", "1"], "did you mean --kinesis-port?"],
    [["tale", "orders"], "unknown command tale (did you mean tail?)"],
    [["put"], "STREAM is missing"],
    [["put", "no such stream"], '"no such stream" names no stream'],
    [["tail", "orders", "--from", "yesterday"], '--from: got "yesterday"'],
    [["put", "orders", "--key-pattern", "("], "--key-pattern: Invalid regular expression"],
    [["tail", "orders", "--endpoint", "localhost:4567"], '--endpoint: got "localhost:4567"'],
    [["work", "--stream", "orders", "--application", "a"], "--handler is missing"],
  ])("%j", async (argv, text) => {
    const ended = await cli(argv, { env });
    expect(complaint(ended)).toContain(text);
  });
});

describe("a missing stream", () => {
  it.concurrent.each([["put"], ["tail"]])("%s", async (command) => {
    const ended = await cli([command, "ordres"], { env, input: "x\n" });
    expect(complaint(ended)).toContain(
      `shardline ${command}: stream "ordres" does not exist at ${server.kinesisUrl}`,
    );
  });

  it.concurrent("work, which makes no table", async () => {
    expect(complaint(await cli(work("ordres", "missing-stream"), { env }))).toContain(
      '"ordres" does not exist',
    );
    expect(await tableExists("missing-stream")).toBe(false);
  });
});

describe("an unreachable endpoint", () => {
  it.concurrent.each([["put"], ["tail"]])("%s", async (command) => {
    const ended = await cli([command, "orders", "--endpoint", NOWHERE], { env, input: "x\n" });
    expect(complaint(ended)).toContain(
      `cannot reach ${NOWHERE} (ECONNREFUSED): check that it is running`,
    );
  });

  it.concurrent.each([[[]], [["--http2"]]])(
    "of a certificate that nobody vouches for %j",
    async (more) => {
      const endpoint = server.kinesisTlsUrl ?? "";
      const ended = await cli(["put", "orders", "--endpoint", endpoint, ...more], { input: "x\n" });
      expect(complaint(ended)).toContain(
        `the certificate of ${endpoint} is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT): give Node.js`,
      );
    },
  );

  it.concurrent("work, for the stream and for the table", async () => {
    const stream = await cli(work("orders", "nowhere", "--endpoint", NOWHERE), { env });
    expect(complaint(stream)).toContain(`cannot reach ${NOWHERE} (ECONNREFUSED)`);
    const table = await cli(work("orders", "nowhere", "--dynamodb-endpoint", NOWHERE), { env });
    expect(complaint(table)).toMatch(/cannot reach http:\/\/127\.0\.0\.1:1 .*--dynamodb-endpoint/);
  });

  it.concurrent("leases at AWS for a stream on this machine", async () => {
    const ended = await cli(work("orders", "nowhere", "--endpoint", server.kinesisUrl));
    expect(complaint(ended)).toContain("give --dynamodb-endpoint");
  });
});

describe("records that the stream would refuse", () => {
  it.concurrent("over the limit", async () => {
    const input = `fits\n${"x".repeat(1024 * 1024)}\nnever read\n`;
    const ended = await cli(["put", "other"], { env, input });
    expect(complaint(ended)).toMatch(
      /^shardline put: line 2: data: got 1048586 bytes .* at most 1048576 .*: split the line up.* \(1 acknowledged\)$/,
    );
  });

  it.concurrent("over any limit, without reading it all", async () => {
    const ended = await cli(["put", "other"], { env, input: "x".repeat(11 * 1024 * 1024) });
    expect(complaint(ended)).toContain("line 1: longer than 10485760 bytes");
  });

  it.concurrent("an empty partition key", async () => {
    const argv = ["put", "other", "--key-pattern", "^([0-9]*)"];
    const ended = await cli(argv, { env, input: "17 fits\nempty\n" });
    expect(complaint(ended)).toMatch(
      /line 2: partitionKey: got "", expected 1 to 256 characters: change --key-pattern/,
    );
  });

  it.concurrent("says with --json how far it came", async () => {
    const argv = ["put", "other", "--key-pattern", "^([0-9]*)", "--json"];
    const ended = await cli(argv, { env, input: "17 fits\nempty\n" });
    expect(ended.code).toBe(1);
    expect(JSON.parse(ended.stdout)).toMatchObject({ records: 2, acknowledged: 1, failed: 1 });
  });

  it.concurrent("a file that is not there, or is a folder", async () => {
    const missing = join(folder, "nothing.log");
    const ended = await cli(["put", "other", "--file", missing], { env });
    expect(complaint(ended)).toContain(`shardline put: ${missing} does not exist`);
    expect(complaint(await cli(["put", "other", "--file", folder], { env }))).toContain(
      "is a directory",
    );
  });
});

describe("a lease table that cannot be used", () => {
  it("belongs to another stream", async () => {
    const leases = createLeaseTable({
      ...{ tableName: "of-orders", endpoint: server.dynamodbUrl, region, credentials },
    });
    await leases.ensure(CALL);
    const streamArn = `arn:aws:kinesis:${region}:000000000000:stream/orders`;
    const identity = { streamArn, streamCreationTimestampMs: 1 };
    const shard = { parentShardIds: [], hashKeyRange: undefined };
    await leases.create(newLease("shardId-000000000000", TRIM_HORIZON, shard, identity), CALL);
    await leases.close();
    const ended = await cli(work("other", "of-orders"), { env });
    expect(complaint(ended)).toMatch(
      /^shardline work: table of-orders holds the leases of .*orders.*: use another/,
    );
  });

  it("belongs to an earlier stream of the same name", async () => {
    const argv = work("short-lived", "of-short-lived");
    const admin = createStreamAdmin({ endpoint: server.kinesisUrl, region, credentials });
    const stream = { streamName: "short-lived", shardCount: 1 };
    expect(await admin.createStream(stream, CALL)).toEqual({ kind: "ok" });
    const first = startCli([...argv, "--json"], env);
    await first.line((line) => line.includes("shard-started"));
    first.child.kill("SIGTERM");
    expect((await first.ended).code).toBe(0);
    expect(await admin.deleteStream("short-lived", CALL)).toEqual({ kind: "ok" });
    // The service tells creation times to the second.
    aheadMs += 2000;
    expect(await admin.createStream(stream, CALL)).toEqual({ kind: "ok" });
    admin.close();
    expect(complaint(await cli(argv, { env }))).toContain("deleted and created again");
  });

  it("is no lease table", async () => {
    const response = await fetch(server.dynamodbUrl, {
      method: "POST",
      headers: {
        "content-type": "application/x-amz-json-1.0",
        "x-amz-target": "DynamoDB_20120810.CreateTable",
        authorization:
          "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0",
        "x-amz-date": "20260101T000000Z",
      },
      body: JSON.stringify({
        TableName: "people",
        AttributeDefinitions: [{ AttributeName: "name", AttributeType: "S" }],
        KeySchema: [{ AttributeName: "name", KeyType: "HASH" }],
        BillingMode: "PAY_PER_REQUEST",
      }),
    });
    expect(response.status).toBe(200);
    expect(complaint(await cli(work("orders", "people"), { env }))).toContain(
      "people is no lease table",
    );
  });
});

describe("a handler that cannot be used", () => {
  it.concurrent.each([
    ["missing.mjs", undefined, "does not exist"],
    ["empty.mjs", "export const x = 1;", "no default export that is a function"],
    ["broken.mjs", "export default (", "failed to load: "],
    ["throws.mjs", "throw new Error('no\\ndatabase');", "failed to load: no database"],
    ["wrong.mjs", "export default () => {}; export const onStop = 1;", "exports onStop"],
  ])("%s", async (name, source, text) => {
    const file = join(folder, name);
    if (source !== undefined) await writeFile(file, source);
    const ended = await cli(
      ["work", "--stream", "orders", "--application", "no-handler", "--handler", file],
      { env },
    );
    expect(complaint(ended)).toContain(text);
    expect(await tableExists("no-handler")).toBe(false);
  });

  it.concurrent("a policy that does not exist, or needs an export that is not there", async () => {
    const ended = await cli(work("orders", "no-policy", "--error-policy", "ignore"), { env });
    expect(complaint(ended)).toContain(
      'errorPolicy: got "ignore", expected one of retry, halt, skip',
    );
    const skip = await cli(work("orders", "no-policy", "--error-policy", "skip"), { env });
    expect(complaint(skip)).toContain("onDeadLetter");
    expect(await tableExists("no-policy")).toBe(false);
  });
});

describe("local", () => {
  const free = ["--kinesis-port", "0", "--dynamodb-port", "0"];

  it.concurrent("on a port that is taken", async () => {
    const { port } = new URL(server.kinesisUrl);
    const ended = await cli(["local", "--kinesis-port", port, "--dynamodb-port", "0"]);
    expect(complaint(ended)).toContain(`port ${port} is already in use`);
    const other = await cli(["local", "--kinesis-port", "0", "--dynamodb-port", port]);
    expect(complaint(other)).toContain(`port ${port} is already in use`);
  });

  it.concurrent.each([
    [["--stream", "a b:1"], '--stream: got "a b:1"'],
    [["--stream", "orders:0"], '--stream: got "orders:0"'],
    [["--max-memory", "lots"], '--max-memory: got "lots"'],
    [["--fault", "PutRecords"], "--fault: got"],
    [["--fault", "action=explode"], "explode"],
    [["--kinesis-port", "70000"], '--kinesis-port: got "70000"'],
  ])("%j", async (argv, text) => {
    const ended = await cli(["local", ...free, ...argv]);
    expect(complaint(ended)).toContain(text);
  });
});
