import { mkdtemp, rm } from "node:fs/promises";
import { connect as connectHttp2 } from "node:http2";
import { connect as connectTcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { settle, startLocal } from "../src/index.ts";
import { operation } from "./server/wire-client.ts";

/** Without what the test runner itself has. */
function handles(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) {
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

test("after close() nothing is open: listeners, idle and half-open connections, files, timers", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "shardline-close-"));
  const before = handles();
  const server = await startLocal({ dataDir, tlsPort: 0, streams: [{ name: "s", shards: 1 }] });
  const { port } = new URL(server.kinesisUrl);
  const half = connectTcp(Number(port), "127.0.0.1");
  half.on("error", () => {});
  half.write("POST / HTTP/1.1\r\n");
  const session = connectHttp2(server.kinesisUrl);
  session.on("error", () => {});
  await new Promise((resolve) => session.once("remoteSettings", resolve));
  await operation(server.kinesisUrl, "PutRecord", {
    ...{ StreamName: "s", PartitionKey: "k", Data: "" },
  });
  server.faults.add({ action: { kind: "delay", delayMs: 3_600_000 } });
  const pending = operation(server.kinesisUrl, "PutRecord", {}).catch(() => "broken");
  while (server.faults.list()[0]?.hits === 0) await settle();
  await Promise.all([server.close(), server.close()]);
  expect(await pending).toBe("broken");
  const after = handles();
  for (const kind of before.keys()) after.delete(kind);
  expect(Object.fromEntries(after)).toEqual({});
  await rm(dataDir, { recursive: true });
});

test("a failed start leaves nothing open either", async () => {
  await using first = await startLocal();
  const taken = Number(new URL(first.dynamodbUrl).port);
  const free = await startLocal();
  const kinesisPort = Number(new URL(free.kinesisUrl).port);
  await free.close();
  await expect(startLocal({ kinesisPort, dynamodbPort: taken })).rejects.toMatchObject({
    code: "EADDRINUSE",
  });
  await using again = await startLocal({ kinesisPort });
  expect(again.kinesisUrl).toContain(String(kinesisPort));
});
