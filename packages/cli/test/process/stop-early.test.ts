/** SIGTERM and SIGINT before a command has begun its work: it ends at once, and in good order. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type RunningCli, startCli } from "./cli.ts";

/** Takes connections and never says a word, so that the first question to it stays open. */
let server: Server;
const sockets = new Set<Socket>();
let onRequest: () => void = () => undefined;
let folder: string;
let env: Record<string, string>;

beforeAll(async () => {
  server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("data", () => onRequest());
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  env = { AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` };
  folder = await mkdtemp(join(tmpdir(), "shardline-test-"));
  await writeFile(join(folder, "handler.mjs"), "export default () => {};\n");
  const hanging = 'console.log("loading"); await new Promise((r) => setTimeout(r, 1e6));\n';
  await writeFile(join(folder, "hanging.mjs"), `${hanging}export default () => {};\n`);
});

afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

async function whileAsking(argv: readonly string[]): Promise<RunningCli> {
  const asked = new Promise<void>((resolve) => {
    onRequest = resolve;
  });
  const running = startCli(argv, env);
  await asked;
  return running;
}

it.each(["SIGTERM", "SIGINT"] as const)("work and tail end with 0 at %s", async (signal) => {
  const handler = join(folder, "handler.mjs");
  const work = ["work", "--stream", "orders", "--application", "app", "--handler", handler];
  for (const argv of [work, ["tail", "orders"]]) {
    const running = await whileAsking(argv);
    running.child.kill(signal);
    expect(await running.ended).toEqual({ code: 0, signal: null, stdout: "", stderr: "" });
  }
});

it("put ends with 1, since its lines are not acknowledged, and says so", async () => {
  const running = await whileAsking(["put", "orders"]);
  running.child.kill("SIGTERM");
  expect(await running.ended).toEqual({
    code: 1,
    signal: null,
    stdout: "",
    stderr: "shardline put: stopped before the end of the input (0 acknowledged)\n",
  });
});

it("work ends with 0 while its handler module is still loading", async () => {
  const handler = join(folder, "hanging.mjs");
  const argv = ["work", "--stream", "orders", "--application", "app", "--handler", handler];
  const running = startCli(argv, env);
  await running.line((line) => line === "loading");
  running.child.kill("SIGTERM");
  expect(await running.ended).toMatchObject({ code: 0, signal: null, stderr: "" });
});
