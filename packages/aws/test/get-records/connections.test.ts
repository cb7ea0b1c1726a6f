/** However a read ends, its connection is given back or closed, and no doubt is left. */

import { randomBytes } from "node:crypto";
import { createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { VirtualClock } from "@shardline/local";
import type { KinesisApi } from "@shardline/model";
import { afterEach, describe, expect, it } from "vitest";
import { createKinesis } from "../../src/index.ts";
import {
  type Asked,
  CREDENTIALS,
  eventually,
  type Scripted,
  type ScriptedServer,
  scriptedServer,
} from "../support/scripted-server.ts";

const READ = { stream: { streamName: "orders" }, shardIterator: "i", maxRecords: 10_000 };
const EMPTY: Scripted = { body: { Records: [], NextShardIterator: "j", MillisBehindLatest: 0 } };

const open: (KinesisApi | ScriptedServer)[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((it) => it.close()));
});

interface Rig {
  readonly api: KinesisApi;
  readonly server: ScriptedServer;
  readonly clock: VirtualClock;
}

async function rig(transport: "http1" | "http2", answer: (asked: Asked) => Scripted): Promise<Rig> {
  const clock = new VirtualClock();
  const server = await scriptedServer(answer, transport);
  const api = createKinesis({
    endpoint: server.url,
    region: "us-east-1",
    credentials: CREDENTIALS,
    maxConnections: 2,
    transport,
    clock,
  });
  open.push(server, api);
  return { api, server, clock };
}

describe.each(["http1", "http2"] as const)("over %s", (transport) => {
  it("connections are used again and never more than allowed", async () => {
    const { api, server } = await rig(transport, () => EMPTY);
    for (let round = 0; round < 10; round++) {
      const reads = Array.from({ length: 6 }, () => api.getRecords(READ, { timeoutMs: 9000 }));
      for (const outcome of await Promise.all(reads)) expect(outcome.kind).toBe("ok");
    }
    expect(server.asked.length).toBe(60);
    expect(server.connections()).toBeLessThanOrEqual(2);
  });

  it("an answer of 10 MiB is read whole", async () => {
    const data = Array.from({ length: 10 }, () => randomBytes(1 << 20));
    const records = data.map((bytes, i) => ({
      SequenceNumber: String(i),
      PartitionKey: "k",
      Data: bytes.toString("base64"),
    }));
    const { api } = await rig(transport, () => ({ body: { Records: records } }));
    const outcome = await api.getRecords(READ, { timeoutMs: 9000 });
    if (outcome.kind === "failed") throw new Error(outcome.message);
    const same = outcome.records.map((record, i) => data[i]?.equals(record.data));
    expect(same).toEqual(data.map(() => true));
  });

  it("a silent service costs each read its deadline, and no connection is leaked", async () => {
    let silent = true;
    const { api, server, clock } = await rig(transport, () =>
      silent ? { instead: "silence" } : EMPTY,
    );
    for (let round = 0; round < 5; round++) {
      const before = server.asked.length;
      const read = api.getRecords(READ, { timeoutMs: 3000 });
      await eventually(() => server.asked.length > before);
      await clock.advance(3000);
      expect(await read).toMatchObject({ kind: "failed", reason: "timeout", ambiguous: false });
      expect(clock.pendingTimers).toBe(0);
    }
    silent = false;
    expect(await api.getRecords(READ, { timeoutMs: 3000 })).toMatchObject({ kind: "ok" });
    await eventually(() => server.connections() <= 2);
  });

  it.each(["reset", "half"] as const)("%s: told as such, and the next works", async (instead) => {
    let bad = true;
    const { api } = await rig(transport, () => (bad ? { instead } : EMPTY));
    for (let round = 0; round < 5; round++) {
      const outcome = await api.getRecords(READ, { timeoutMs: 9000 });
      expect(outcome).toMatchObject({ reason: "unavailable", ambiguous: false });
    }
    bad = false;
    expect(await api.getRecords(READ, { timeoutMs: 9000 })).toMatchObject({ kind: "ok" });
  });

  it("an aborted read ends at once", async () => {
    const { api, server } = await rig(transport, () => ({ instead: "silence" }));
    const controller = new AbortController();
    const read = api.getRecords(READ, { timeoutMs: 5000, signal: controller.signal });
    await eventually(() => server.asked.length === 1);
    controller.abort();
    expect(await read).toMatchObject({ reason: "aborted", ambiguous: false });
  });

  it("a wrong clock is set right by the service's", async () => {
    const headers = { date: new Date(Date.UTC(2026, 5, 1, 12)).toUTCString() };
    const { api, server } = await rig(transport, () => ({ ...EMPTY, headers }));
    await api.getRecords(READ, { timeoutMs: 1000 });
    await api.getRecords(READ, { timeoutMs: 1000 });
    const dates = server.asked.map((asked) => asked.headers["x-amz-date"]);
    expect(dates).toEqual(["20260101T000000Z", "20260601T120000Z"]);
  });
});

it("over http2 a long answer does not wait for a window again and again", async () => {
  const windows: (number | undefined)[] = [];
  const server = createServer();
  server.on("stream", (stream) => {
    const { session } = stream;
    windows.push(session?.remoteSettings.initialWindowSize, session?.state.remoteWindowSize);
    stream.respond({ ":status": 200 });
    stream.end('{"Records":[]}');
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const api = createKinesis({
    endpoint: `http://127.0.0.1:${port}`,
    region: "us-east-1",
    credentials: CREDENTIALS,
    transport: "http2",
  });
  expect(await api.getRecords(READ, { timeoutMs: 9000 })).toMatchObject({ kind: "ok" });
  await api.close();
  await new Promise((resolve) => server.close(resolve));
  expect(windows).toEqual([4 << 20, 4 << 20]);
});
