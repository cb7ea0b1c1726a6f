/** Every example runs, as it stands, against a local service. */

import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type LocalServer, startLocal } from "@shardline/local";
import { Producer } from "@shardline/producer";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const DIST = fileURLToPath(new URL("../../examples/dist/", import.meta.url));
const ORDERS = 1000;

let server: LocalServer;
let folder: string;

beforeAll(async () => {
  server = await startLocal({ streams: [{ name: "orders", shards: 2 }] });
  folder = await mkdtemp(join(tmpdir(), "shardline-test-"));
});

afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

interface Running {
  /** Sends SIGTERM once `enough` is true of what was printed. */
  stopWhen(enough: (printed: string) => boolean): void;
  readonly ended: Promise<{ readonly code: number | null; readonly printed: string }>;
}

function start(example: string, ...argv: string[]): Running {
  const child = spawn(process.execPath, [join(DIST, example), ...argv], {
    cwd: folder,
    env: {
      PATH: process.env["PATH"],
      AWS_ENDPOINT_URL_KINESIS: server.kinesisUrl,
      AWS_ENDPOINT_URL_DYNAMODB: server.dynamodbUrl,
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "local",
      AWS_SECRET_ACCESS_KEY: "local",
    },
  });
  let printed = "";
  let look = (): void => undefined;
  child.stdout.on("data", (chunk: Buffer) => {
    printed += chunk.toString();
    look();
  });
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<{ code: number | null; printed: string }>((resolve) => {
    child.on("close", (code) =>
      resolve({ code, printed: code === 0 ? printed : printed + stderr }),
    );
  });
  return {
    ended,
    stopWhen(enough): void {
      look = () => {
        if (!enough(printed)) return;
        look = () => undefined;
        child.kill("SIGTERM");
      };
      look();
    },
  };
}

/** The sum of all that `pattern`'s group finds. */
function sum(printed: string, pattern: RegExp): number {
  return [...printed.matchAll(pattern)].reduce((total, [, n]) => total + Number(n), 0);
}

describe.sequential("the examples", () => {
  it("put.ts puts every order", async () => {
    const { code, printed } = await start("put.js").ended;
    expect(printed).toBe(`${ORDERS} orders are stored in orders\n`);
    expect(code).toBe(0);
  });

  it.concurrent("work.ts processes every order and stops gracefully", async () => {
    const orders = /: ([0-9]+) orders/g;
    const running = start("work.js");
    running.stopWhen((printed) => sum(printed, orders) >= ORDERS);
    const { code, printed } = await running.ended;
    expect(sum(printed, orders)).toBe(ORDERS);
    expect(printed.endsWith("stopped\n")).toBe(true);
    expect(code).toBe(0);
  });

  it.concurrent("exactly-once.ts writes every order once", async () => {
    const orders = /: ([0-9]+) orders/g;
    const running = start("exactly-once.js", "orders", "archive", "archive");
    running.stopWhen((printed) => sum(printed, orders) >= ORDERS);
    expect((await running.ended).code).toBe(0);
    const archive = join(folder, "archive");
    const files = await Promise.all(
      (await readdir(archive)).map((name) => readFile(join(archive, name), "utf8")),
    );
    const numbers = files
      .flatMap((text) => text.trimEnd().split("\n"))
      .map((line) => (JSON.parse(line) as { readonly order: number }).order);
    expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: ORDERS }, (_, i) => i));
  });

  it("checkpoint.ts acknowledges one by one, and leaves nothing for the next", async () => {
    const first = start("checkpoint.js");
    first.stopWhen((printed) => printed.includes(`${ORDERS} mails sent`));
    expect(await first.ended).toMatchObject({
      code: 0,
      printed: expect.stringMatching(new RegExp(`^stopped after ${ORDERS} mails$`, "m")),
    });
    // The next worker of this application is given what came after, and nothing else.
    const producer = new Producer({
      streamName: "orders",
      aws: {
        ...{ endpoint: server.kinesisUrl, region: "us-east-1" },
        credentials: { accessKeyId: "local", secretAccessKey: "local" },
      },
    });
    await producer.put({ partitionKey: "user-1", data: '{"cents":7}' });
    await producer.close();
    const next = start("work.js", "orders", "mailer");
    next.stopWhen((printed) => printed.includes(" cents"));
    expect((await next.ended).printed).toMatch(/^shardId-[0-9]+: 1 orders, 7 cents\nstopped\n$/);
  });

  it("local-test.ts passes by itself", async () => {
    const { code, printed } = await start("local-test.js").ended;
    // As TAP or for people: the default is another from Node.js 24 on.
    expect(printed).toMatch(/^(#|ℹ) pass 1$/m);
    expect(code).toBe(0);
  });
});
