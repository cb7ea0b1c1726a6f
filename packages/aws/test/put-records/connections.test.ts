/** However a put ends, its connection is given back or closed: nothing is held, nothing is counted twice. */

import { VirtualClock } from "@shardline/local";
import { deferred, type KinesisApi, type PutRecordsRequest } from "@shardline/model";
import { afterEach, describe, expect, it } from "vitest";
import { createKinesis, type KinesisOptions } from "../../src/index.ts";
import {
  type Asked,
  CREDENTIALS,
  eventually,
  type Scripted,
  type ScriptedServer,
  scriptedServer,
} from "../support/scripted-server.ts";

const REQUEST: PutRecordsRequest = {
  stream: { streamName: "orders" },
  entries: [{ partitionKey: "a", data: new Uint8Array(100_000) }],
};
const GOOD: Scripted = { body: { Records: [{ SequenceNumber: "1", ShardId: "shardId-0" }] } };

const open: (KinesisApi | ScriptedServer)[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((it) => it.close()));
});

interface Rig {
  readonly api: KinesisApi;
  readonly server: ScriptedServer;
  readonly clock: VirtualClock;
}

async function rig(
  transport: "http1" | "http2",
  answer: (asked: Asked) => Scripted,
  options: KinesisOptions = {},
  readAfter?: Promise<void>,
): Promise<Rig> {
  const clock = new VirtualClock();
  const server = await scriptedServer(answer, transport, readAfter);
  const api = createKinesis({
    endpoint: server.url,
    region: "us-east-1",
    credentials: CREDENTIALS,
    maxConnections: 2,
    transport,
    clock,
    ...options,
  });
  open.push(server, api);
  return { api, server, clock };
}

describe.each(["http1", "http2"] as const)("over %s", (transport) => {
  it("connections are used again and never more than allowed", async () => {
    const { api, server } = await rig(transport, () => GOOD);
    for (let round = 0; round < 10; round++) {
      const puts = Array.from({ length: 6 }, () => api.putRecords(REQUEST, { timeoutMs: 9000 }));
      for (const outcome of await Promise.all(puts)) expect(outcome.kind).toBe("ok");
    }
    expect(server.asked.length).toBe(60);
    expect(server.connections()).toBeLessThanOrEqual(2);
  });

  it("a silent service costs each put its deadline, and no connection is leaked", async () => {
    let silent = true;
    const { api, server, clock } = await rig(transport, () =>
      silent ? { instead: "silence" } : GOOD,
    );
    for (let round = 0; round < 5; round++) {
      const before = server.asked.length;
      const put = api.putRecords(REQUEST, { timeoutMs: 3000 });
      await eventually(() => server.asked.length > before);
      await clock.advance(3000);
      expect(await put).toMatchObject({ kind: "failed", reason: "timeout", ambiguous: true });
      expect(clock.pendingTimers).toBe(0);
    }
    silent = false;
    expect(await api.putRecords(REQUEST, { timeoutMs: 3000 })).toMatchObject({ kind: "ok" });
    await eventually(() => server.connections() <= 2);
  });

  it("a put that only waited for a connection was certainly not sent", async () => {
    if (transport === "http2") return; // Streams do not wait for connections.
    const { api, server, clock } = await rig(transport, () => ({ instead: "silence" }));
    const busy = [1, 2].map(() => api.putRecords(REQUEST, { timeoutMs: 5000 }));
    await eventually(() => server.asked.length === 2);
    const waiting = api.putRecords(REQUEST, { timeoutMs: 1000 });
    await clock.advance(1000);
    expect(await waiting).toMatchObject({ reason: "timeout", ambiguous: false });
    await clock.advance(4000);
    for (const outcome of await Promise.all(busy))
      expect(outcome).toMatchObject({ ambiguous: true });
  });

  it("an aborted put ends at once and is ambiguous once sent", async () => {
    const { api, server } = await rig(transport, () => ({ instead: "silence" }));
    const controller = new AbortController();
    const put = api.putRecords(REQUEST, { timeoutMs: 5000, signal: controller.signal });
    await eventually(() => server.asked.length === 1);
    controller.abort();
    expect(await put).toMatchObject({ reason: "aborted", ambiguous: true });
    const never = api.putRecords(REQUEST, { timeoutMs: 5000, signal: controller.signal });
    expect(await never).toMatchObject({ reason: "aborted", ambiguous: false });
  });

  it.each(["reset", "half"] as const)("%s: ambiguous, and the next put works", async (instead) => {
    let bad = true;
    const { api } = await rig(transport, () => (bad ? { instead } : GOOD));
    for (let round = 0; round < 5; round++) {
      const outcome = await api.putRecords(REQUEST, { timeoutMs: 9000 });
      expect(outcome).toMatchObject({ reason: "unavailable", ambiguous: true });
    }
    bad = false;
    expect(await api.putRecords(REQUEST, { timeoutMs: 9000 })).toMatchObject({ kind: "ok" });
  });

  it("nobody listens: not ambiguous, and the message names the URL", async () => {
    const { api, server } = await rig(transport, () => GOOD);
    await server.close();
    const outcome = await api.putRecords(REQUEST, { timeoutMs: 9000 });
    expect(outcome).toMatchObject({ reason: "unavailable", ambiguous: false });
    expect(outcome).toHaveProperty("message", expect.stringContaining(server.url));
  });

  it("close() ends what is in flight, lets go of every socket and refuses further calls", async () => {
    let answers = 0;
    const { api, server } = await rig(transport, () =>
      answers++ < 2 ? GOOD : { instead: "silence" },
    );
    await api.putRecords(REQUEST, { timeoutMs: 9000 });
    await api.putRecords(REQUEST, { timeoutMs: 9000 });
    const flying = api.putRecords(REQUEST, { timeoutMs: 9000 });
    await eventually(() => server.asked.length === 3);
    await api.close();
    await api.close();
    expect(await flying).toMatchObject({ kind: "failed", ambiguous: true });
    await eventually(() => server.connections() === 0);
    expect(await api.putRecords(REQUEST, { timeoutMs: 9000 })).toMatchObject({ code: "Closed" });
  });
});

it("a body is not written over while its connection may still read it", async () => {
  // The first put times out with its body unread; the next must not share its memory.
  let first = true;
  const { api, server, clock } = await rig("http1", () => {
    const silent = first;
    first = false;
    return silent ? { instead: "silence" } : GOOD;
  });
  const put = (byte: number): ReturnType<KinesisApi["putRecords"]> => {
    const entry = { partitionKey: "a", data: new Uint8Array(90_000).fill(byte) };
    return api.putRecords({ ...REQUEST, entries: [entry] }, { timeoutMs: 1000 });
  };
  const lost = put(1);
  await eventually(() => server.asked.length === 1);
  await clock.advance(1000);
  expect(await lost).toMatchObject({ reason: "timeout" });
  await Promise.all([put(2), put(3)]);
  await put(4);
  const bytes = server.asked.map(({ json }) => {
    const [record] = json["Records"] as { Data: string }[];
    return [...new Set(Buffer.from(record?.Data ?? "", "base64"))].join();
  });
  expect(new Set(bytes)).toEqual(new Set(["1", "2", "3", "4"]));
});

it.each(["http1", "http2"] as const)(
  "over %s a body that the service reads late is not written over by the next ones",
  async (transport) => {
    const release = deferred<void>();
    const { api, server } = await rig(
      transport,
      () => GOOD,
      { maxConnections: 4 },
      release.promise,
    );
    // More than the kernel buffers: the rest stays in our memory until the service reads on.
    const put = (byte: number): ReturnType<KinesisApi["putRecords"]> => {
      const entry = { partitionKey: "a", data: new Uint8Array(9_000_000).fill(byte) };
      return api.putRecords({ ...REQUEST, entries: [entry] }, { timeoutMs: 1000 });
    };
    const puts = [put(1), put(2)];
    await eventually(() => server.waiting() === 2);
    puts.push(put(3), put(4));
    await eventually(() => server.waiting() === 4);
    release.resolve();
    for (const outcome of await Promise.all(puts)) expect(outcome.kind).toBe("ok");
    const bytes = server.asked.map(({ json }) => {
      const [record] = json["Records"] as { Data: string }[];
      return [...new Set(Buffer.from(record?.Data ?? "", "base64"))].join();
    });
    expect(new Set(bytes)).toEqual(new Set(["1", "2", "3", "4"]));
  },
);

it("a wrong clock is set right by the service's", async () => {
  const serverMs = Date.UTC(2026, 5, 1, 12);
  const { api, server } = await rig("http1", () => ({
    ...GOOD,
    headers: { date: new Date(serverMs).toUTCString() },
  }));
  await api.putRecords(REQUEST, { timeoutMs: 1000 });
  await api.putRecords(REQUEST, { timeoutMs: 1000 });
  const dates = server.asked.map(({ headers }) => headers["x-amz-date"]);
  expect(dates).toEqual(["20260101T000000Z", "20260601T120000Z"]);
});
