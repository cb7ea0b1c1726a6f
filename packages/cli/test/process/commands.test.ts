/** The commands at work, as processes, against a local service. */

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createKinesis, createLeaseTable, createStreamAdmin } from "@shardline/aws";
import { type LocalServer, startLocal } from "@shardline/local";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cli, startCli } from "./cli.ts";

const CALL = { timeoutMs: 5000 };
const access = {
  region: "us-east-1",
  credentials: { accessKeyId: "test", secretAccessKey: "test" },
};

let server: LocalServer;
let folder: string;
let env: Record<string, string>;

beforeAll(async () => {
  const streams = ["round", "trip", "split", "pipe", "work", "stuck", "halt", "slow"];
  server = await startLocal({ streams: streams.map((name) => ({ name, shards: 2 })) });
  env = {
    AWS_ENDPOINT_URL_KINESIS: server.kinesisUrl,
    AWS_ENDPOINT_URL_DYNAMODB: server.dynamodbUrl,
  };
  folder = await mkdtemp(join(tmpdir(), "shardline-test-"));
});

afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

interface TailLine {
  readonly shardId: string;
  readonly partitionKey: string;
  readonly data: string;
}

const parseLines = (text: string): TailLine[] =>
  text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as TailLine);

const bytesOf = (line: TailLine): string => Buffer.from(line.data, "base64").toString("latin1");

describe("help", () => {
  it.concurrent.each(["local", "put", "tail", "work"])("%s --help", async (command) => {
    const ended = await cli([command, "--help"]);
    expect(ended).toMatchObject({ code: 0, stderr: "" });
    expect(ended.stdout).toMatch(new RegExp(`^Usage: shardline ${command}\\b`));
    expect(await cli(["help", command])).toEqual(ended);
  });

  it.concurrent("lists the commands and knows its version", async () => {
    const ended = await cli([]);
    expect(ended.code).toBe(0);
    for (const command of ["local", "put", "tail", "work"]) expect(ended.stdout).toContain(command);
    expect((await cli(["--version"])).stdout).toMatch(/^[0-9]+\.[0-9]+\.[0-9]+\n$/);
  });
});

describe("local", () => {
  it.concurrent("prints one line when ready, serves, and ends at SIGTERM", async () => {
    const ports = ["--kinesis-port", "0", "--dynamodb-port", "0", "--tls-port", "0"];
    const local = startCli(["local", ...ports, "--stream", "orders:3"]);
    const ready = JSON.parse(await local.line()) as Record<string, string>;
    expect(ready).toEqual({
      kinesis: expect.stringMatching(/^http:\/\/127\.0\.0\.1:[0-9]+$/),
      kinesisTls: expect.stringMatching(/^https:\/\/127\.0\.0\.1:[0-9]+$/),
      dynamodb: expect.stringMatching(/^http:\/\/127\.0\.0\.1:[0-9]+$/),
    });
    const kinesis = createKinesis({ endpoint: ready["kinesis"], ...access });
    const described = await kinesis.describeStream({ streamName: "orders" }, CALL);
    expect(described).toMatchObject({ kind: "ok", description: { openShardCount: 3 } });
    await kinesis.close();
    local.child.kill("SIGTERM");
    const { code, stdout, stderr } = await local.ended;
    expect({ code, stderr, lines: stdout.split("\n").length }).toEqual({
      code: 0,
      stderr: "",
      lines: 2,
    });
  });
});

describe("put and tail", () => {
  it.concurrent("carry bytes and keys as they are", async () => {
    const lines = [
      "key-1 first",
      "",
      "key-2 \u00ff\u0000\u0001 bytes",
      "key-1 second\r",
      "no match!",
    ];
    const input = Buffer.from(lines.join("\n"), "latin1");
    const argv = ["put", "round", "--key-pattern", "^(key-[0-9])", "--acks", "--json"];
    const put = await cli(argv, { env, input });
    expect(put).toMatchObject({ code: 0, stderr: "" });
    const acks = parseLines(put.stdout) as unknown as Record<string, unknown>[];
    expect(acks.pop()).toMatchObject({ records: 5, acknowledged: 5, failed: 0, unmatched: 2 });
    expect(new Set(acks.map(({ line }) => line))).toEqual(new Set([1, 2, 3, 4, 5]));

    const tail = await cli(["tail", "round", "--no-follow"], { env });
    expect(tail).toMatchObject({ code: 0, stderr: "" });
    const read = parseLines(tail.stdout);
    expect(read.map(bytesOf).toSorted()).toEqual(
      lines.map((line) => line.replace("\r", "")).toSorted(),
    );
    const ofKey1 = read.filter(({ partitionKey }) => partitionKey === "key-1").map(bytesOf);
    expect(ofKey1).toEqual(["key-1 first", "key-1 second"]);
  });

  it.concurrent("work over HTTP/2 and from a file", async () => {
    const file = join(folder, "lines.txt");
    await writeFile(file, Array.from({ length: 3000 }, (_, i) => `line ${i}\n`).join(""));
    const put = await cli(["put", "trip", "--file", file, "--http2"], { env });
    expect(put).toMatchObject({ code: 0, stderr: "" });
    expect(put.stdout).toMatch(/^3,000 of 3,000 records acknowledged by trip, /);
    const tail = await cli(["tail", "trip", "--no-follow", "--http2"], { env });
    expect(new Set(parseLines(tail.stdout).map(bytesOf)).size).toBe(3000);
    const later = await cli(["tail", "trip", "--no-follow", "--from", "latest"], { env });
    expect(later).toMatchObject({ code: 0, stdout: "", stderr: "" });
  });

  it.concurrent("follow a split", async () => {
    const tail = startCli(["tail", "split"], env);
    const put = (word: string) =>
      cli(["put", "split", "--key-pattern", "[0-9]+"], {
        env,
        input: Array.from({ length: 40 }, (_, i) => `${word} ${i}\n`).join(""),
      });
    const seen = (word: string, shard: string): Promise<string> =>
      tail.line((line) => {
        const { data, shardId } = JSON.parse(line) as TailLine;
        return Buffer.from(data, "base64").toString().startsWith(word) && shardId.endsWith(shard);
      });
    await put("before");
    await seen("before", "0");
    const admin = createStreamAdmin({ endpoint: server.kinesisUrl, ...access });
    const split = {
      ...{ streamName: "split", shardId: "shardId-000000000000" },
      newStartingHashKey: `4${"0".repeat(31)}`,
    };
    expect(await admin.splitShard(split, CALL)).toEqual({ kind: "ok" });
    admin.close();
    await put("after");
    await seen("after", "2");
    await seen("after", "3");
    tail.child.kill("SIGINT");
    expect(await tail.ended).toMatchObject({ code: 0, stderr: "" });
  });

  it.concurrent("end quietly when their reader goes away", async () => {
    const input = `${"x".repeat(1000)}\n`.repeat(2000);
    expect((await cli(["put", "pipe"], { env, input })).code).toBe(0);
    const tail = startCli(["tail", "pipe"], env);
    await tail.line();
    tail.child.stdout?.destroy();
    expect(await tail.ended).toMatchObject({ code: 0, stderr: "" });
  });

  it.concurrent("stop in the middle of the input, and say so", async () => {
    const put = startCli(["put", "slow", "--acks"], env);
    put.child.stdin?.write("one\ntwo\n");
    await put.line((line) => line.includes('"line":2'));
    put.child.kill("SIGTERM");
    expect(await put.ended).toMatchObject({
      code: 1,
      stderr: "shardline put: stopped before the end of the input (2 acknowledged)\n",
    });
  });
});

describe("work", () => {
  const start = async (stream: string, source: string, ...more: string[]) => {
    const handler = join(folder, `${stream}.mjs`);
    await writeFile(handler, source);
    const names = ["--stream", stream, "--application", `app-${stream}`, "--handler", handler];
    return startCli(["work", ...names, "--json", ...more], env);
  };
  const event = (name: string) => (line: string) =>
    (JSON.parse(line) as { event?: string }).event === name;
  const input = Array.from({ length: 50 }, (_, i) => `record ${i}\n`).join("");

  it.concurrent("processes, and gives everything back at SIGTERM", async () => {
    const out = join(folder, "processed.txt");
    const worker = await start(
      "work",
      `import { appendFileSync } from "node:fs";
       export default async ({ records }) => {
         for (const { data } of records) {
           appendFileSync(${JSON.stringify(out)}, Buffer.concat([data, Buffer.from("\\n")]));
         }
       };`,
      ...["--worker-id", "w1"],
    );
    expect((await cli(["put", "work"], { env, input })).code).toBe(0);
    await worker.line(event("checkpoint-written"));
    worker.child.kill("SIGTERM");
    const ended = await worker.ended;
    expect(ended).toMatchObject({ code: 0, stderr: "" });
    for (const line of ended.stdout.trimEnd().split("\n")) {
      expect(JSON.parse(line)).toMatchObject({ level: expect.any(String), workerId: "w1" });
    }
    const processed = (await readFile(out, "utf8")).trimEnd().split("\n");
    expect(processed.length).toBe(new Set(processed).size);
    const tableName = "app-work";
    const table = createLeaseTable({ endpoint: server.dynamodbUrl, tableName, ...access });
    const listed = await table.list(CALL);
    await table.close();
    expect(listed).toMatchObject({ kind: "ok" });
    const leases = listed.kind === "ok" ? listed.leases : [];
    expect(leases.map(({ owner }) => owner)).toEqual([undefined, undefined]);
  });

  it.concurrent("ends at once at a second signal, with its own exit code", async () => {
    const worker = await start(
      "stuck",
      `export default () => { console.log(JSON.stringify({ event: "handler-called" })); return new Promise(() => {}); };`,
    );
    expect((await cli(["put", "stuck"], { env, input })).code).toBe(0);
    await worker.line(event("handler-called"));
    // Two of one kind, sent at once, may arrive as one.
    worker.child.kill("SIGTERM");
    worker.child.kill("SIGINT");
    expect(await worker.ended).toMatchObject({ code: 2 });
  });

  it.concurrent("gives up with one line where the policy says halt", async () => {
    const worker = await start(
      "halt",
      `export default () => { throw new Error("no database"); };`,
      ...["--error-policy", "halt"],
    );
    expect((await cli(["put", "halt"], { env, input })).code).toBe(0);
    const { code, stdout, stderr } = await worker.ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^shardline work: processRecords failed on shardId-.*\n$/);
    expect(stdout).toContain("no database");
  });
});
