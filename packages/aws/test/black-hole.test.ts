/** F24, R3: a service that takes connections and never says a word costs every call its deadline, no more. */

import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { VirtualClock } from "@shardline/local";
import { type KinesisApi, type LeaseTable, newLease, SHARD_END } from "@shardline/model";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createKinesis, createLeaseTable } from "../src/index.ts";
import { CREDENTIALS, eventually } from "./support/scripted-server.ts";

const TIMEOUT_MS = 2500;
const STREAM = { streamName: "orders" };
const ENTRY = { partitionKey: "k", data: new Uint8Array(10) };
const LEASE = {
  ...newLease("s", SHARD_END, { parentShardIds: [], hashKeyRange: undefined }, undefined),
  owner: "w1",
};

let server: Server;
let heard = 0;
const sockets = new Set<Socket>();

beforeEach(async () => {
  heard = 0;
  server = createServer((socket) => {
    sockets.add(socket);
    socket.on("data", () => heard++);
    socket.on("error", () => {});
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});

afterEach(() => {
  for (const socket of sockets) socket.destroy();
  server.close();
});

function common(clock: VirtualClock) {
  const { port } = server.address() as AddressInfo;
  const endpoint = `http://127.0.0.1:${port}`;
  return { endpoint, region: "us-east-1", credentials: CREDENTIALS, clock } as const;
}

/** What the call settles with at its deadline; throws if that was earlier. */
async function atDeadline(clock: VirtualClock, call: Promise<{ kind: string }>): Promise<unknown> {
  let outcome: { kind: string } | undefined;
  void call.then((value) => {
    outcome = value;
  });
  await eventually(() => heard > 0);
  await clock.advance(TIMEOUT_MS - 1);
  if (outcome !== undefined) throw new Error("it gave up before its deadline");
  await clock.advance(1);
  await eventually(() => outcome !== undefined);
  if (clock.pendingTimers !== 0) throw new Error("a timer was left");
  return outcome;
}

const TIMED_OUT = {
  kind: "failed",
  reason: "timeout",
  message: expect.stringContaining("no answer from http://127.0.0.1") as unknown,
};

const OPTIONS = { timeoutMs: TIMEOUT_MS };

const KINESIS_CALLS: Record<string, (api: KinesisApi) => Promise<{ kind: string }>> = {
  putRecords: (api) => api.putRecords({ stream: STREAM, entries: [ENTRY] }, OPTIONS),
  putRecord: (api) => api.putRecord({ stream: STREAM, ...ENTRY }, OPTIONS),
  describeStream: (api) => api.describeStream(STREAM, OPTIONS),
  listShards: (api) => api.listShards({ stream: STREAM, filter: { kind: "all" } }, OPTIONS),
  getShardIterator: (api) =>
    api.getShardIterator({ stream: STREAM, shardId: "s", position: { kind: "latest" } }, OPTIONS),
  getRecords: (api) =>
    api.getRecords({ stream: STREAM, shardIterator: "i", maxRecords: 1 }, OPTIONS),
};

const TABLE_CALLS: Record<string, (table: LeaseTable) => Promise<{ kind: string }>> = {
  ensure: (table) => table.ensure(OPTIONS),
  list: (table) => table.list(OPTIONS),
  get: (table) => table.get("s", OPTIONS),
  create: (table) => table.create(LEASE, OPTIONS),
  take: (table) => table.take(LEASE, "w", undefined, OPTIONS),
  renew: (table) => table.renew(LEASE, 1, OPTIONS),
  checkpoint: (table) => table.checkpoint(LEASE, { checkpoint: SHARD_END }, OPTIONS),
  requestHandOff: (table) => table.requestHandOff(LEASE, "w", OPTIONS),
  release: (table) => table.release(LEASE, OPTIONS),
  setChildren: (table) => table.setChildren(LEASE, ["c"], OPTIONS),
  delete: (table) => table.delete(LEASE, OPTIONS),
};

describe.each([
  ["http1", "fast"],
  ["http2", "fast"],
  ["http1", "sdk"],
  ["http2", "sdk"],
] as const)("Kinesis over %s, %s path", (transport, dataPath) => {
  it.each(Object.keys(KINESIS_CALLS))("%s ends at its deadline", async (name) => {
    const clock = new VirtualClock();
    const api = createKinesis({ ...common(clock), transport, dataPath });
    const call = KINESIS_CALLS[name] as (a: KinesisApi) => Promise<never>;
    expect(await atDeadline(clock, call(api))).toMatchObject(TIMED_OUT);
    await api.close();
    await eventually(() => sockets.size === 0);
  });
});

describe("the lease table", () => {
  it.each(Object.keys(TABLE_CALLS))("%s ends at its deadline", async (name) => {
    const clock = new VirtualClock();
    const table = createLeaseTable({ ...common(clock), tableName: "leases" });
    const call = TABLE_CALLS[name] as (t: LeaseTable) => Promise<never>;
    expect(await atDeadline(clock, call(table))).toMatchObject(TIMED_OUT);
    await table.close();
    await eventually(() => sockets.size === 0);
  });

  it("F20: a write that found no connection until its deadline was not sent, and says so", async () => {
    const clock = new VirtualClock();
    const table = createLeaseTable({ ...common(clock), tableName: "leases", maxConnections: 1 });
    const sent = table.renew(LEASE, 1, OPTIONS);
    await eventually(() => heard > 0);
    const waiting = table.renew({ ...LEASE, leaseKey: "t" }, 1, { timeoutMs: TIMEOUT_MS / 2 });
    const gaveUp = new AbortController();
    const aborted = table.renew(LEASE, 1, { ...OPTIONS, signal: gaveUp.signal });
    const closed = table.renew(LEASE, 1, { timeoutMs: 2 * TIMEOUT_MS });
    gaveUp.abort();
    expect(await aborted).toMatchObject({ reason: "aborted", ambiguous: false });
    await clock.advance(TIMEOUT_MS / 2);
    expect(await waiting).toMatchObject({ reason: "timeout", ambiguous: false });
    await table.close();
    expect(await closed).toMatchObject({ reason: "aborted", code: "Closed", ambiguous: false });
    expect(await sent).toMatchObject({ reason: "aborted", code: "Closed", ambiguous: true });
  });
});
