/** What still waits when its port is closed is certainly not sent, neither then nor later. */

import { Agent } from "node:http";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { VirtualClock } from "@shardline/local";
import { deferred, type KinesisApi, type LeaseTable, newLease, SHARD_END } from "@shardline/model";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createKinesis, createLeaseTable, type KinesisOptions } from "../src/index.ts";
import {
  CREDENTIALS,
  eventually,
  type ScriptedServer,
  scriptedServer,
} from "./support/scripted-server.ts";

const OPTIONS = { timeoutMs: 10_000 };
const STREAM = { streamName: "orders" };
const ENTRY = { partitionKey: "k", data: new Uint8Array(10) };
const ANSWER = {
  body: {
    SequenceNumber: "1",
    ShardId: "shardId-0",
    Records: [{ SequenceNumber: "1", ShardId: "shardId-0" }],
  },
};
const NOT_SENT = { reason: "aborted", code: "Closed", ambiguous: false };

type Put = (api: KinesisApi) => Promise<{ readonly kind: string }>;
const putRecords: Put = (api) => api.putRecords({ stream: STREAM, entries: [ENTRY] }, OPTIONS);
const getRecords: Put = (api) =>
  api.getRecords({ stream: STREAM, shardIterator: "i", maxRecords: 1 }, OPTIONS);
const putRecord: Put = (api) => api.putRecord({ stream: STREAM, ...ENTRY }, OPTIONS);

const open: { close(): Promise<void> }[] = [];
afterEach(() => Promise.all(open.splice(0).map((it) => it.close())));

/** Everything that a closed port may still have sent has come when a later put has. */
async function isQuiet(server: ScriptedServer, options: KinesisOptions): Promise<void> {
  const before = server.asked.length;
  const other = createKinesis({ ...options, credentials: CREDENTIALS });
  open.push(other);
  void putRecords(other);
  await eventually(() => server.asked.length > before);
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect(server.asked.length).toBe(before + 1);
}

describe.each<["http1" | "http2", "fast" | "sdk", string, Put]>([
  ["http1", "fast", "putRecords", putRecords],
  ["http2", "fast", "putRecords", putRecords],
  ["http1", "sdk", "putRecords", putRecords],
  ["http2", "sdk", "putRecords", putRecords],
  ["http1", "sdk", "putRecord", putRecord],
  ["http1", "fast", "getRecords", getRecords],
  ["http2", "fast", "getRecords", getRecords],
  ["http1", "sdk", "getRecords", getRecords],
])("over %s, %s path, %s", (transport, dataPath, _name, put) => {
  it("that waits for credentials", async () => {
    const server = await scriptedServer(() => ANSWER, transport);
    open.push(server);
    const keys = deferred<typeof CREDENTIALS>();
    const asked = deferred<void>();
    const credentials = (): Promise<typeof CREDENTIALS> => {
      asked.resolve();
      return keys.promise;
    };
    const options = { endpoint: server.url, region: "us-east-1", transport, dataPath } as const;
    const api = createKinesis({ ...options, credentials });
    const waiting = put(api);
    await asked.promise;
    await api.close();
    expect(await waiting).toMatchObject(NOT_SENT);
    keys.resolve(CREDENTIALS);
    await isQuiet(server, options);
  });

  it("that waits for a connection in use", async () => {
    if (transport === "http2") return; // Streams share connections.
    const server = await scriptedServer(() => ({ instead: "silence" }), transport);
    open.push(server);
    const options = { endpoint: server.url, region: "us-east-1", transport, dataPath } as const;
    const api = createKinesis({ ...options, credentials: CREDENTIALS, maxConnections: 1 });
    const sent = put(api);
    await eventually(() => server.asked.length === 1);
    const waiting = put(api);
    await new Promise((resolve) => setImmediate(resolve));
    await api.close();
    // A read leaves no doubt: it changes nothing.
    const writes = put !== getRecords;
    expect(await sent).toMatchObject({ reason: "aborted", ambiguous: writes });
    // The SDK's transport does not tell whether it has a socket.
    const expected = dataPath === "fast" ? NOT_SENT : { ...NOT_SENT, ambiguous: writes };
    expect(await waiting).toMatchObject(expected);
    await isQuiet(server, options);
  });
});

it.each(["http1", "http2"] as const)(
  "over %s, while the connection is being made",
  async (transport) => {
    const sockets: Socket[] = [];
    // Takes connections, and never answers the first word of TLS.
    const server = createServer((socket) => {
      socket.on("error", () => {});
      sockets.push(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const endpoint = `https://127.0.0.1:${port}`;
    const api = createKinesis({
      endpoint,
      region: "us-east-1",
      credentials: CREDENTIALS,
      transport,
    });
    const waiting = putRecords(api);
    await eventually(() => sockets.length === 1);
    await api.close();
    expect(await waiting).toMatchObject(NOT_SENT);
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  },
);

it("many calls at once are no leak to warn of", async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning);
  process.on("warning", onWarning);
  const keys = deferred<typeof CREDENTIALS>();
  const options = { region: "us-east-1", credentials: () => keys.promise };
  const kinesis = createKinesis(options);
  const table = createLeaseTable({ ...options, tableName: "leases" });
  const calls = Array.from({ length: 30 }, () => [putRecords(kinesis), table.get("s", OPTIONS)]);
  await kinesis.close();
  await table.close();
  await Promise.all(calls.flat());
  await new Promise((resolve) => setImmediate(resolve));
  process.off("warning", onWarning);
  expect(warnings).toEqual([]);
});

it("a write to the lease table that waits for credentials", async () => {
  const server = await scriptedServer(() => ({ body: {} }));
  open.push(server);
  const keys = deferred<typeof CREDENTIALS>();
  const options = { endpoint: server.url, region: "us-east-1", tableName: "leases" };
  const table: LeaseTable = createLeaseTable({ ...options, credentials: () => keys.promise });
  const lease = newLease(
    "s",
    SHARD_END,
    { parentShardIds: [], hashKeyRange: undefined },
    undefined,
  );
  const waiting = table.create(lease, OPTIONS);
  await table.close();
  expect(await waiting).toMatchObject({ reason: "aborted", code: "Closed" });
  keys.resolve(CREDENTIALS);
  const other = createLeaseTable({ ...options, credentials: CREDENTIALS });
  open.push(other);
  await other.get("s", OPTIONS);
  expect(server.asked.map(({ operation }) => operation)).toEqual(["GetItem"]);
});

it.each(["listShards", "ensure"] as const)("%s that waits to try again", async (what) => {
  const throttled = { status: 400, body: { __type: "LimitExceededException", message: "" } };
  const server = await scriptedServer(() => throttled);
  open.push(server);
  const clock = new VirtualClock();
  const options = { endpoint: server.url, region: "us-east-1", credentials: CREDENTIALS, clock };
  const kinesis = createKinesis(options);
  const table = createLeaseTable({ ...options, tableName: "leases" });
  const waiting =
    what === "ensure"
      ? table.ensure(OPTIONS)
      : kinesis.listShards({ stream: STREAM, filter: { kind: "all" } }, OPTIONS);
  // The call's own deadline is gone, the wait's is there.
  await eventually(() => server.asked.length === 1 && clock.nextDueMs() !== undefined);
  await eventually(() => (clock.nextDueMs() ?? OPTIONS.timeoutMs) < 2000);
  await Promise.all([kinesis.close(), table.close()]);
  expect(await waiting).toMatchObject({ kind: "failed" });
  expect(clock.pendingTimers).toBe(0);
  expect(server.asked.length).toBe(1);
});

it("an agent that was given is not destroyed", async () => {
  const server = await scriptedServer(() => ANSWER);
  open.push(server);
  const httpAgent = new Agent({ keepAlive: true });
  const destroy = vi.spyOn(httpAgent, "destroy");
  const options = { endpoint: server.url, region: "us-east-1", credentials: CREDENTIALS };
  for (const dataPath of ["fast", "sdk"] as const) {
    const api = createKinesis({ ...options, dataPath, httpAgent });
    expect(await putRecords(api)).toMatchObject({ kind: "ok" });
    await api.close();
  }
  expect(destroy).not.toHaveBeenCalled();
  httpAgent.destroy();
});
