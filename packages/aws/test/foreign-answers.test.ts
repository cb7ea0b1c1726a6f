/** F24: whatever a service, a proxy or a portal answers, a port gives an outcome and never rejects. */

import { type KinesisApi, type LeaseTable, newLease, SHARD_END } from "@shardline/model";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createKinesis, createLeaseTable } from "../src/index.ts";
import {
  CREDENTIALS,
  type Scripted,
  type ScriptedServer,
  scriptedServer,
} from "./support/scripted-server.ts";

const OPTIONS = { timeoutMs: 20_000 };
const STREAM = { streamName: "orders" };
const ENTRY = { partitionKey: "k", data: new Uint8Array(1) };
const LEASE = {
  ...newLease("s", SHARD_END, { parentShardIds: [], hashKeyRange: undefined }, undefined),
  owner: "w1",
};

let server: ScriptedServer;
let kinesis: KinesisApi;
let sdk: KinesisApi;
let table: LeaseTable;
let script: Scripted = {};

beforeAll(async () => {
  server = await scriptedServer(() => script);
  const common = { endpoint: server.url, region: "us-east-1", credentials: CREDENTIALS };
  // Retries of control-plane calls do not wait.
  const random = { next: (): number => 0 };
  kinesis = createKinesis({ ...common, random });
  sdk = createKinesis({ ...common, random, dataPath: "sdk" });
  table = createLeaseTable({ ...common, random, tableName: "leases" });
});

afterAll(async () => {
  await Promise.all([kinesis.close(), sdk.close(), table.close()]);
  await server.close();
});

const CALLS: Record<string, () => Promise<{ readonly kind: string }>> = {
  putRecords: () => kinesis.putRecords({ stream: STREAM, entries: [ENTRY] }, OPTIONS),
  putRecordsBySdk: () => sdk.putRecords({ stream: STREAM, entries: [ENTRY] }, OPTIONS),
  putRecord: () => kinesis.putRecord({ stream: STREAM, ...ENTRY }, OPTIONS),
  describeStream: () => kinesis.describeStream(STREAM, OPTIONS),
  getShardIterator: () =>
    kinesis.getShardIterator(
      { stream: STREAM, shardId: "s", position: { kind: "latest" } },
      OPTIONS,
    ),
  getRecords: () =>
    kinesis.getRecords({ stream: STREAM, shardIterator: "i", maxRecords: 1 }, OPTIONS),
  getRecordsBySdk: () =>
    sdk.getRecords({ stream: STREAM, shardIterator: "i", maxRecords: 1 }, OPTIONS),
  get: () => table.get("s", OPTIONS),
  renew: () => table.renew(LEASE, 1, OPTIONS),
  delete: () => table.delete(LEASE, OPTIONS),
};

const names = fc.constantFrom(
  ...["Records", "ShardId", "SequenceNumber", "Data", "PartitionKey", "ChildShards"],
  ...["StreamDescriptionSummary", "StreamName", "StreamCreationTimestamp", "ErrorCode"],
  ...["Item", "Attributes", "leaseKey", "leaseCounter", "checkpoint", "S", "N", "SS"],
  ...["__type", "message", "ApproximateArrivalTimestamp", "ShardIterator"],
);
const { answer } = fc.letrec((tie) => ({
  answer: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, 0, -1, 1e300, true, "", "49", "shardId-0", "AQID", "####"),
    fc.array(tie("answer"), { maxLength: 2 }),
    fc.dictionary(names, tie("answer"), { maxKeys: 5 }),
  ),
}));

describe.each(Object.keys(CALLS))("%s", (name) => {
  it("gives an outcome to any JSON", async () => {
    const call = CALLS[name] as () => Promise<{ readonly kind: string }>;
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(200, 200, 400, 404), answer, async (status, body) => {
        script = { status, body };
        const { kind } = await call();
        expect(status === 200 ? ["ok", "failed", "obsolete"] : ["failed"]).toContain(kind);
      }),
      { numRuns: 60 },
    );
  });
});
