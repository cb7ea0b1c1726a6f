/** The whole demo, as a process, against an endpoint given by the SDK's variables. Takes about 20 s. */

import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type LocalServer, startLocal } from "@shardline/local";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const MAIN = fileURLToPath(new URL("../../dist/demo/main.js", import.meta.url));
const TIMEOUT_MS = 60_000;

let server: LocalServer;
let folder: string;
let file: string;

beforeAll(async () => {
  server = await startLocal();
  folder = await mkdtemp(join(tmpdir(), "shardline-test-"));
  file = join(folder, "input.log");
  const line = (i: number): string => `10.0.0.${i % 97} - - "GET /${i} HTTP/1.1" 200\n`;
  await writeFile(file, Array.from({ length: 2000 }, (_, i) => line(i)).join(""));
});

afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

function startDemo(...argv: string[]) {
  const child = spawn(process.execPath, [MAIN, "--file", file, ...argv], {
    env: {
      PATH: process.env["PATH"],
      TMPDIR: folder,
      AWS_ENDPOINT_URL_KINESIS: server.kinesisUrl,
      AWS_ENDPOINT_URL_DYNAMODB: server.dynamodbUrl,
    },
  });
  const output = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output.stderr += chunk.toString()));
  const ended = new Promise<typeof output & { readonly code: number | null }>((resolve) => {
    child.on("close", (code) => resolve({ code, ...output }));
  });
  const says = (text: string): Promise<void> =>
    new Promise((resolve) => {
      child.stderr.on("data", () => {
        if (output.stderr.includes(text)) resolve();
      });
    });
  return { child, ended, says };
}

/** What the demo made on the endpoint, the machine, or the disk. */
async function leftBehind(): Promise<string[]> {
  const streams = [...server.model.streams()].map(({ identity }) => identity.streamName);
  const folders = (await readdir(folder)).filter((name) => name.startsWith("shardline-demo-"));
  const proc = await readdir("/proc").catch(() => []);
  const commands = await Promise.all(
    proc
      .filter((name) => /^[0-9]+$/.test(name))
      .map((pid) => readFile(`/proc/${pid}/environ`, "latin1").catch(() => "")),
  );
  const orphans = commands.filter((text) => text.includes(`SHARDLINE_DEMO_JOURNAL=${folder}`));
  return [...streams, ...folders, ...orphans.map(() => "a worker process")];
}

describe.sequential("the demo", () => {
  it(
    "loses nothing through a kill and a split, over HTTP/2, and clears everything away",
    async () => {
      const ended = await startDemo("--json", "--http2").ended;
      const report = JSON.parse(ended.stdout.trimEnd()) as Record<string, unknown>;
      expect(report).toEqual({
        ok: true,
        records: 2000,
        acknowledged: 2000,
        processed: 2000,
        duplicates: expect.any(Number),
        lost: 0,
        outOfOrder: 0,
        takeoverMs: expect.any(Number),
        seconds: expect.any(Number),
      });
      expect(report["takeoverMs"]).toBeLessThan(8000);
      expect(ended.code).toBe(0);
      expect(await leftBehind()).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it(
    "clears everything away when it is stopped",
    async () => {
      const demo = startDemo();
      await demo.says("worker-3");
      expect(await leftBehind()).not.toEqual([]);
      demo.child.kill("SIGINT");
      const ended = await demo.ended;
      expect(ended.code).toBe(1);
      expect(ended.stderr.trimEnd().split("\n").at(-1)).toBe("shardline demo: stopped");
      expect(await leftBehind()).toEqual([]);
    },
    TIMEOUT_MS,
  );
});
