import { readFileSync } from "node:fs";
import { type KinesisApi, type LeaseTable, newLease, SHARD_END } from "@shardline/model";
import { expect, it } from "vitest";
import {
  createKinesis,
  createLeaseTable,
  createStreamAdmin,
  deleteLeaseTable,
  type LeaseTableOptions,
  type StreamAdmin,
} from "../src/index.ts";
import { PERMISSIONS, permissionsMarkdown, policyFor } from "../src/permissions.ts";
import { type Asked, CREDENTIALS, scriptedServer } from "./support/scripted-server.ts";

const OPTIONS = { timeoutMs: 2000 };
const STREAM = { streamName: "orders" };
const ENTRY = { partitionKey: "k", data: new Uint8Array(1) };
const LEASE = {
  ...newLease("s", SHARD_END, { parentShardIds: [], hashKeyRange: undefined }, undefined),
  owner: "w1",
};

async function callEverything(kinesis: KinesisApi, table: LeaseTable): Promise<void> {
  await kinesis.putRecords({ stream: STREAM, entries: [ENTRY] }, OPTIONS);
  await kinesis.putRecord({ stream: STREAM, ...ENTRY }, OPTIONS);
  await kinesis.describeStream(STREAM, OPTIONS);
  await kinesis.listShards({ stream: STREAM, filter: { kind: "all" } }, OPTIONS);
  const position = { kind: "latest" } as const;
  await kinesis.getShardIterator({ stream: STREAM, shardId: "s", position }, OPTIONS);
  await kinesis.getRecords({ stream: STREAM, shardIterator: "i", maxRecords: 1 }, OPTIONS);
  await table.ensure(OPTIONS);
  await table.list(OPTIONS);
  await table.get("s", OPTIONS);
  await table.create(LEASE, OPTIONS);
  await table.take(LEASE, "w2", undefined, OPTIONS);
  await table.renew(LEASE, 1, OPTIONS);
  await table.checkpoint(LEASE, { checkpoint: SHARD_END }, OPTIONS);
  await table.requestHandOff(LEASE, "w2", OPTIONS);
  await table.release(LEASE, OPTIONS);
  await table.setChildren(LEASE, ["c"], OPTIONS);
  await table.delete(LEASE, OPTIONS);
}

async function callTools(admin: StreamAdmin, tableOptions: LeaseTableOptions): Promise<void> {
  const { streamName } = STREAM;
  await admin.createStream({ streamName, shardCount: 2 }, OPTIONS);
  const newStartingHashKey = `8${"0".repeat(31)}`;
  await admin.splitShard({ streamName, shardId: "s", newStartingHashKey }, OPTIONS);
  await admin.deleteStream(streamName, OPTIONS);
  await deleteLeaseTable(tableOptions, OPTIONS);
}

/** `Kinesis_20131202.PutRecords` → `kinesis:PutRecords`. */
function actionOf({ headers }: Asked): string {
  const [service = "", operation = ""] = String(headers["x-amz-target"]).split(".");
  return `${service.split("_", 1)[0]?.toLowerCase()}:${operation}`;
}

it("the table of permissions is the set of calls that are made", async () => {
  // Only "not found" leads ensure() to create; "invalid" ends all else without a retry.
  const server = await scriptedServer(({ operation }) => {
    const missing = operation === "DescribeTable";
    const code = missing ? "ResourceNotFoundException" : "ValidationException";
    return { status: 400, body: { __type: code, message: "" } };
  });
  const common = { endpoint: server.url, region: "us-east-1", credentials: CREDENTIALS };
  const kinesis = createKinesis(common);
  const table = createLeaseTable({ ...common, tableName: "billing" });
  const admin = createStreamAdmin(common);
  await callEverything(kinesis, table);
  await callTools(admin, { ...common, tableName: "billing" });
  admin.close();
  const made = new Set(server.asked.map(actionOf));
  expect([...made].toSorted((a, b) => a.localeCompare(b))).toEqual(
    PERMISSIONS.map((p) => p.action).toSorted((a, b) => a.localeCompare(b)),
  );
  const split = server.asked.find((asked) => actionOf(asked) === "kinesis:SplitShard");
  expect(split?.json).toEqual({
    StreamName: "orders",
    ShardToSplit: "s",
    NewStartingHashKey: "170141183460469231731687303715884105728",
  });
  await Promise.all([kinesis.close(), table.close()]);
  await server.close();
});

it("a producer's policy names the stream alone", () => {
  const policy = policyFor("producer", { streamArn: "S", tableArn: "T" });
  expect(policy.Statement.map((s) => s.Resource)).toEqual(["S"]);
  expect(policy.Statement[0]?.Action).toContain("kinesis:PutRecords");
});

it("docs/iam.md is what is generated", () => {
  const page = readFileSync(new URL("../../../docs/iam.md", import.meta.url), "utf8");
  expect(page).toBe(permissionsMarkdown());
});
