/** The table itself, and a table that others write too. */

import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import {
  type AttributeValue,
  CreateTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import { type Lease, type LeaseTable, newLease, TRIM_HORIZON } from "@shardline/model";
import dynalite from "dynalite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createLeaseTable } from "../src/index.ts";
import { CREDENTIALS, scriptedServer } from "./support/scripted-server.ts";

const OPTIONS = { timeoutMs: 10_000 };
let server: Server;
let client: DynamoDBClient;
const open: LeaseTable[] = [];

function settings(): { endpoint: string; region: string; credentials: typeof CREDENTIALS } {
  const { port } = server.address() as AddressInfo;
  return { endpoint: `http://127.0.0.1:${port}`, region: "us-east-1", credentials: CREDENTIALS };
}

function tableNamed(tableName: string): LeaseTable {
  const table = createLeaseTable({ ...settings(), tableName, random: { next: () => 0.1 } });
  open.push(table);
  return table;
}

beforeAll(async () => {
  server = dynalite({ createTableMs: 120 });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  client = new DynamoDBClient(settings());
});

afterAll(async () => {
  client.destroy();
  await Promise.all(open.map((table) => table.close()));
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

describe("ensure", () => {
  it("of many at once makes one table, and all wait until it is usable", async () => {
    const tables = Array.from({ length: 5 }, () => tableNamed("shared"));
    const outcomes = await Promise.all(tables.map((table) => table.ensure(OPTIONS)));
    expect(outcomes.every((outcome) => outcome.kind === "ok")).toBe(true);
    expect(outcomes.filter((o) => o.kind === "ok" && o.created).length).toBe(1);
    expect(await tables[0]?.list(OPTIONS)).toEqual({ kind: "ok", leases: [], unreadable: 0 });
  });

  it("creates what the Java library creates", async () => {
    const asked: unknown[] = [];
    const scripted = await scriptedServer(({ operation, json }) => {
      if (operation === "CreateTable") asked.push(json);
      const Table = {
        TableStatus: "ACTIVE",
        KeySchema: [{ AttributeName: "leaseKey", KeyType: "HASH" }],
        AttributeDefinitions: [{ AttributeName: "leaseKey", AttributeType: "S" }],
      };
      if (operation === "DescribeTable" && asked.length > 0) return { body: { Table } };
      if (operation === "CreateTable") return { body: { TableDescription: Table } };
      return { status: 400, body: { __type: "ResourceNotFoundException", message: "" } };
    });
    const table = createLeaseTable({
      ...settings(),
      endpoint: scripted.url,
      tableName: "orders-app",
    });
    expect(await table.ensure(OPTIONS)).toEqual({ kind: "ok", created: true });
    expect(asked).toEqual([
      {
        TableName: "orders-app",
        AttributeDefinitions: [{ AttributeName: "leaseKey", AttributeType: "S" }],
        KeySchema: [{ AttributeName: "leaseKey", KeyType: "HASH" }],
        BillingMode: "PAY_PER_REQUEST",
      },
    ]);
    await table.close();
    await scripted.close();
  });

  it("F36: gives up at its deadline while the table is being created", async () => {
    const scripted = await scriptedServer(() => ({ body: { Table: { TableStatus: "CREATING" } } }));
    const table = createLeaseTable({ ...settings(), endpoint: scripted.url, tableName: "slow" });
    const outcome = await table.ensure({ timeoutMs: 500 });
    expect(outcome).toMatchObject({ reason: "timeout", code: "TableNotActive" });
    expect(outcome).toHaveProperty("message", expect.stringContaining("slow is CREATING"));
    await table.close();
    await scripted.close();
  });

  it("refuses a table of another kind, naming it and its key", async () => {
    await client.send(
      new CreateTableCommand({
        TableName: "invoices",
        AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
        KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
        BillingMode: "PAY_PER_REQUEST",
      }),
    );
    const outcome = await tableNamed("invoices").ensure(OPTIONS);
    expect(outcome).toMatchObject({ reason: "invalid", code: "TableMismatch" });
    expect(outcome).toHaveProperty("message", expect.stringMatching(/invoices .*id \(HASH\)/));
  });

  it("names the action that is missing", async () => {
    const body = { __type: "AccessDeniedException", message: "no" };
    const scripted = await scriptedServer(() => ({ status: 400, body }));
    const table = createLeaseTable({ ...settings(), endpoint: scripted.url, tableName: "leases" });
    const outcome = await table.ensure(OPTIONS);
    expect(outcome).toMatchObject({ reason: "denied" });
    expect(outcome).toHaveProperty("message", expect.stringContaining("dynamodb:DescribeTable"));
    await table.close();
    await scripted.close();
  });
});

describe("a table that others write too", () => {
  const put = (Item: Record<string, AttributeValue>): Promise<unknown> =>
    client.send(new PutItemCommand({ TableName: "mixed", Item }));
  const created = async (table: LeaseTable, leaseKey: string): Promise<Lease> => {
    const shard = { parentShardIds: [], hashKeyRange: undefined };
    const outcome = await table.create(newLease(leaseKey, TRIM_HORIZON, shard, undefined), OPTIONS);
    if (outcome.kind !== "ok") throw new Error(outcome.kind);
    return outcome.lease;
  };

  it("F34: leaves out rows of other kinds, counts the unreadable, keeps unknown attributes", async () => {
    const table = tableNamed("mixed");
    await table.ensure(OPTIONS);
    const lease = await created(table, "shardId-0");
    await put({ leaseKey: { S: "Leader" }, entityType: { S: "LEADER" } });
    await put({ leaseKey: { S: "shardId-1" }, leaseCounter: { S: "garbled" } });
    await put({
      leaseKey: { S: "shardId-2" },
      leaseCounter: { N: "4" },
      checkpoint: { S: "LATEST" },
      somethingNew: { M: { deep: { L: [{ N: "1" }] } } },
    });
    const listed = await table.list(OPTIONS);
    if (listed.kind === "failed") throw new Error(listed.message);
    expect(listed.unreadable).toBe(1);
    expect(listed.leases.map((l) => l.leaseKey).toSorted()).toEqual(["shardId-0", "shardId-2"]);
    const old = listed.leases.find((l) => l.leaseKey === "shardId-2") as Lease;
    const taken = await table.take(old, "w1", undefined, OPTIONS);
    if (taken.kind !== "ok") throw new Error(taken.kind);
    // Very old rows have no sub-sequence number; a checkpoint must still find its predecessor.
    const checkpoint = { sequenceNumber: "9", subSequenceNumber: 1 };
    expect(await table.checkpoint(taken.lease, { checkpoint }, OPTIONS)).toMatchObject({
      kind: "ok",
      lease: { checkpoint, counter: 6 },
    });
    const key = { leaseKey: { S: "shardId-2" } };
    const { Item } = await client.send(new GetItemCommand({ TableName: "mixed", Key: key }));
    expect(Item?.["somethingNew"]).toEqual({ M: { deep: { L: [{ N: "1" }] } } });
    expect(lease.leaseKey).toBe("shardId-0");
  });

  it("a garbled row is a failure, not an absent lease", async () => {
    const table = tableNamed("mixed");
    for (const key of ["shardId-1", "Leader"]) {
      expect(await table.get(key, OPTIONS)).toMatchObject({ code: "UnreadableLease" });
    }
    const lost = newLease(
      "shardId-1",
      TRIM_HORIZON,
      { parentShardIds: [], hashKeyRange: undefined },
      undefined,
    );
    const outcome = await table.take(lost, "w1", undefined, OPTIONS);
    expect(outcome).toMatchObject({ code: "UnreadableLease", ambiguous: false });
  });
});

describe("what the service answers", () => {
  const item = { leaseKey: { S: "s" }, leaseCounter: { N: "7" }, checkpoint: { S: "LATEST" } };
  const seen = {
    ...newLease("s", TRIM_HORIZON, { parentShardIds: [], hashKeyRange: undefined }, undefined),
    owner: "w1",
  };
  const against = async <T>(
    answer: Parameters<typeof scriptedServer>[0],
    use: (table: LeaseTable) => Promise<T>,
  ): Promise<{ outcome: T; asked: string[] }> => {
    const scripted = await scriptedServer(answer);
    const table = createLeaseTable({ ...settings(), endpoint: scripted.url, tableName: "leases" });
    const outcome = await use(table);
    await table.close();
    await scripted.close();
    return { outcome, asked: scripted.asked.map((a) => a.operation) };
  };

  it("the item that comes with a refused condition saves the read", async () => {
    const body = { __type: "ConditionalCheckFailedException", message: "", Item: item };
    const { outcome, asked } = await against(
      () => ({ status: 400, body }),
      (table) => table.renew(seen, 1, OPTIONS),
    );
    expect(outcome).toMatchObject({ kind: "obsolete", current: { counter: 7 } });
    expect(asked).toEqual(["UpdateItem"]);
  });

  it("without the item a consistent read tells what is there", async () => {
    const body = { __type: "ConditionalCheckFailedException", message: "" };
    const { outcome, asked } = await against(
      ({ operation, json }) =>
        operation === "GetItem"
          ? { body: json["ConsistentRead"] === true ? { Item: item } : {} }
          : { status: 400, body },
      (table) => table.renew(seen, 1, OPTIONS),
    );
    expect(outcome).toMatchObject({ kind: "obsolete", current: { counter: 7 } });
    expect(asked).toEqual(["UpdateItem", "GetItem"]);
  });

  it("R4: a conditional write is sent once; doubt is the caller's to resolve", async () => {
    for (const status of [500, 503, 400]) {
      const body = { __type: status === 400 ? "ThrottlingException" : "InternalServerError" };
      const { outcome, asked } = await against(
        () => ({ status, body }),
        (table) => table.renew(seen, 1, OPTIONS),
      );
      expect(outcome).toMatchObject({ kind: "failed", ambiguous: status !== 400 });
      expect(asked).toEqual(["UpdateItem"]);
    }
  });

  it("a scan follows its pages, and a row seen twice counts once", async () => {
    const { outcome } = await against(
      ({ json }) => {
        const page = (json["ExclusiveStartKey"] as { leaseKey: { S: string } } | undefined)
          ?.leaseKey.S;
        const counter = page === undefined ? "7" : "8";
        const row = { ...item, leaseCounter: { N: counter } };
        const next = page === undefined ? { LastEvaluatedKey: { leaseKey: { S: "s" } } } : {};
        return { body: { Items: [row], ...next } };
      },
      (table) => table.list(OPTIONS),
    );
    expect(outcome).toMatchObject({ kind: "ok", leases: [{ leaseKey: "s", counter: 8 }] });
  });

  it("F32: a throttled scan is given up, so that renewals have the capacity", async () => {
    const body = { __type: "ProvisionedThroughputExceededException", message: "" };
    const { outcome, asked } = await against(
      () => ({ status: 400, body }),
      (table) => table.list(OPTIONS),
    );
    expect(outcome).toMatchObject({ reason: "throttled" });
    expect(asked).toEqual(["Scan"]);
  });
});
