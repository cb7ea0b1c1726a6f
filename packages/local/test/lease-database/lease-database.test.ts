import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DatabaseError } from "../../src/lease-database/dynalite-store.ts";
import { LeaseDatabase } from "../../src/lease-database/lease-database.ts";

type Members = Record<string, unknown>;

interface Recorded {
  readonly operation: string;
  readonly request: { readonly TableName: string; readonly Item?: Members; readonly Key?: Members };
  readonly status: number;
  readonly itemBefore: Members | null;
  readonly itemAfter: Members | null;
}

/** Each distinct request that the KCL 3.5.1 sent about an item, with the item before and after. */
const recorded = JSON.parse(
  readFileSync(new URL("../fixtures/kcl-requests.json", import.meta.url), "utf8"),
) as Recorded[];

const TABLE = "orders-app";
const INDEX = "LeaseOwnerToLeaseKeyIndex";
const createTable = {
  TableName: TABLE,
  AttributeDefinitions: [{ AttributeName: "leaseKey", AttributeType: "S" }],
  KeySchema: [{ AttributeName: "leaseKey", KeyType: "HASH" }],
  BillingMode: "PAY_PER_REQUEST",
  DeletionProtectionEnabled: false,
};
const createIndex = {
  TableName: TABLE,
  AttributeDefinitions: [
    { AttributeName: "leaseOwner", AttributeType: "S" },
    { AttributeName: "leaseKey", AttributeType: "S" },
  ],
  GlobalSecondaryIndexUpdates: [
    {
      Create: {
        IndexName: INDEX,
        KeySchema: [
          { AttributeName: "leaseOwner", KeyType: "HASH" },
          { AttributeName: "leaseKey", KeyType: "RANGE" },
        ],
        Projection: { ProjectionType: "KEYS_ONLY" },
      },
    },
  ],
};

let database: LeaseDatabase;
beforeEach(async () => {
  database = await LeaseDatabase.open();
});
afterEach(() => database.close());

const run = (operation: string, input: Members): Promise<Members> =>
  database.execute(operation, input) as Promise<Members>;

async function outcome(operation: string, input: Members): Promise<Members> {
  try {
    return { status: 200, body: await run(operation, input) };
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    return { status: error.statusCode, body: error.body };
  }
}

const put = (leaseKey: string, leaseOwner?: string): Promise<Members> =>
  run("PutItem", {
    TableName: TABLE,
    Item: {
      leaseKey: { S: leaseKey },
      leaseCounter: { N: "1" },
      ...(leaseOwner !== undefined && { leaseOwner: { S: leaseOwner } }),
    },
  });

async function ownedBy(owner: string): Promise<string[]> {
  const { Items } = await run("Query", {
    TableName: TABLE,
    IndexName: INDEX,
    KeyConditionExpression: "leaseOwner = :leaseOwner",
    ExpressionAttributeValues: { ":leaseOwner": { S: owner } },
  });
  return (Items as { leaseKey: { S: string } }[]).map(({ leaseKey }) => leaseKey.S);
}

/** Sets have no order, and the service writes numbers in its own way. */
const plain = (item: unknown): unknown =>
  JSON.parse(
    JSON.stringify(item, (key, value) => {
      if (key === "SS") return [...(value as string[])].sort((a, b) => a.localeCompare(b));
      return key === "N" ? String(Number(value)) : (value as unknown);
    }),
  );

describe("the requests of the Java library", () => {
  test.each(recorded.map((entry, index) => [`${index} ${entry.operation}`, entry] as const))(
    "%s",
    async (_name, { operation, request, status, itemBefore, itemAfter }) => {
      await run("CreateTable", createTable);
      await run("UpdateTable", createIndex);
      if (itemBefore !== null) await run("PutItem", { TableName: TABLE, Item: itemBefore });
      const { leaseKey } = (request.Key ?? request.Item) as Members;
      const answer = await outcome(operation, request);
      expect(answer["status"]).toBe(status);
      const { Item } = await run("GetItem", { TableName: TABLE, Key: { leaseKey } });
      expect(plain(Item ?? null)).toEqual(plain(itemAfter));
    },
  );
});

test("a refused request of the Java library is answered with the item, as it asks", async () => {
  const refused = recorded.filter(({ status }) => status === 400);
  expect(refused.length).toBeGreaterThan(0);
  await run("CreateTable", createTable);
  for (const { operation, request, itemBefore } of refused) {
    await run("PutItem", { TableName: TABLE, Item: itemBefore });
    const { body } = (await outcome(operation, request)) as { body: Members };
    expect(plain(body["Item"])).toEqual(plain(itemBefore));
  }
});

describe("an index made on a living table", () => {
  test("has the items that were there, follows later writes and is ACTIVE", async () => {
    await run("CreateTable", createTable);
    await put("shard-0", "w1");
    await put("shard-1", "w2");
    await put("Leader");
    await run("UpdateTable", createIndex);
    const { Table } = (await run("DescribeTable", { TableName: TABLE })) as { Table: Members };
    expect(Table["TableStatus"]).toBe("ACTIVE");
    expect(Table["GlobalSecondaryIndexes"]).toMatchObject([
      { IndexName: INDEX, IndexStatus: "ACTIVE", Projection: { ProjectionType: "KEYS_ONLY" } },
    ]);
    expect(await ownedBy("w1")).toEqual(["shard-0"]);
    await put("shard-1", "w1");
    await put("shard-0");
    expect(await ownedBy("w1")).toEqual(["shard-1"]);
    expect(await ownedBy("w2")).toEqual([]);
    const { Count } = await run("Scan", { TableName: TABLE });
    expect(Count).toBe(3);
  });

  test("keeps every write that comes while it is made", async () => {
    await run("CreateTable", createTable);
    for (let i = 0; i < 50; i++) await put(`shard-${i}`, "w1");
    const building = run("UpdateTable", createIndex);
    const during = Array.from({ length: 50 }, (_, i) => put(`shard-${i + 25}`, "w2"));
    await Promise.all([building, ...during]);
    expect((await ownedBy("w1")).length).toBe(25);
    expect((await ownedBy("w2")).length).toBe(50);
  });

  test("with throughput on a provisioned table, removed, and made again", async () => {
    const throughput = { ReadCapacityUnits: 10, WriteCapacityUnits: 10 };
    const { BillingMode: _mode, ...provisioned } = createTable;
    await run("CreateTable", { ...provisioned, ProvisionedThroughput: throughput });
    await put("shard-0", "w1");
    const Create = createIndex.GlobalSecondaryIndexUpdates[0]?.Create;
    const updates = [{ Create: { ...Create, ProvisionedThroughput: throughput } }];
    const withThroughput = { ...createIndex, GlobalSecondaryIndexUpdates: updates };
    expect(await outcome("UpdateTable", createIndex)).toMatchObject({ status: 400 });
    await run("UpdateTable", withThroughput);
    expect(await ownedBy("w1")).toEqual(["shard-0"]);
    expect(await outcome("UpdateTable", withThroughput)).toMatchObject({
      body: { message: expect.stringContaining("already exists") },
    });
    const remove = [{ Delete: { IndexName: INDEX } }];
    await run("UpdateTable", { TableName: TABLE, GlobalSecondaryIndexUpdates: remove });
    await put("shard-0", "w2");
    await run("UpdateTable", withThroughput);
    expect(await ownedBy("w1")).toEqual([]);
    expect(await ownedBy("w2")).toEqual(["shard-0"]);
  });

  test("is refused with the service's words if it is not well formed", async () => {
    await run("CreateTable", createTable);
    const Create = createIndex.GlobalSecondaryIndexUpdates[0]?.Create;
    const refused = async (change: Members, more: Members = {}): Promise<unknown> => {
      const updates = [{ Create: { ...Create, ...change } }];
      const input = { ...createIndex, GlobalSecondaryIndexUpdates: updates, ...more };
      return (await outcome("UpdateTable", input))["body"];
    };
    const validation = { __type: "com.amazon.coral.validate#ValidationException" };
    expect(await refused({ IndexName: "x" })).toMatchObject(validation);
    expect(await refused({ KeySchema: [] })).toMatchObject(validation);
    expect(await refused({ Projection: undefined })).toMatchObject(validation);
    expect(await refused({}, { AttributeDefinitions: [] })).toMatchObject(validation);
    expect(
      await refused({ ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: 1 } }),
    ).toMatchObject(validation);
    expect(await refused({}, { TableName: "no-such-table" })).toMatchObject({
      __type: "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException",
    });
    expect(await refused({}, { GlobalSecondaryIndexUpdates: [{}] })).toMatchObject(validation);
  });
});

describe("a table's settings", () => {
  test("continuous backups are off, can be turned on, and show nowhere else", async () => {
    await run("CreateTable", createTable);
    const status = async (): Promise<unknown> =>
      (await run("DescribeContinuousBackups", { TableName: TABLE }))[
        "ContinuousBackupsDescription"
      ];
    const enabled = (value: boolean): Members => ({
      ContinuousBackupsStatus: "ENABLED",
      PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus: value ? "ENABLED" : "DISABLED" },
    });
    expect(await status()).toEqual(enabled(false));
    await run("UpdateContinuousBackups", {
      TableName: TABLE,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    });
    expect(await status()).toEqual(enabled(true));
    const described = await run("DescribeTable", { TableName: TABLE });
    expect(JSON.stringify(described)).not.toContain("Shardline");
    expect(await outcome("UpdateContinuousBackups", { TableName: TABLE })).toMatchObject({
      status: 400,
    });
  });

  test("deletion protection holds until it is turned off", async () => {
    await run("CreateTable", { ...createTable, DeletionProtectionEnabled: true });
    expect(await outcome("DeleteTable", { TableName: TABLE })).toMatchObject({ status: 400 });
    await run("UpdateTable", { TableName: TABLE, DeletionProtectionEnabled: false });
    await run("DeleteTable", { TableName: TABLE });
    expect(await outcome("DescribeTable", { TableName: TABLE })).toMatchObject({ status: 400 });
  });

  test("tags come with the table or later, and go", async () => {
    await run("CreateTable", { ...createTable, Tags: [{ Key: "team", Value: "data" }] });
    const { Table } = (await run("DescribeTable", { TableName: TABLE })) as { Table: Members };
    const ResourceArn = Table["TableArn"];
    await run("TagResource", { ResourceArn, Tags: [{ Key: "cost", Value: "7" }] });
    const tags = async (): Promise<unknown> =>
      (await run("ListTagsOfResource", { ResourceArn }))["Tags"];
    expect(await tags()).toEqual([
      { Key: "cost", Value: "7" },
      { Key: "team", Value: "data" },
    ]);
    await run("UntagResource", { ResourceArn, TagKeys: ["team"] });
    expect(await tags()).toEqual([{ Key: "cost", Value: "7" }]);
  });

  test("time to live is off", async () => {
    await run("CreateTable", createTable);
    expect(await run("DescribeTimeToLive", { TableName: TABLE })).toEqual({
      TimeToLiveDescription: { TimeToLiveStatus: "DISABLED" },
    });
  });

  test("an operation that is not there says so", async () => {
    expect(await outcome("CreateBackup", {})).toMatchObject({
      status: 400,
      body: { __type: "com.amazon.coral.service#UnknownOperationException" },
    });
  });
});

describe("the item on a failed condition", () => {
  const failing = {
    TableName: TABLE,
    Key: { leaseKey: { S: "shard-0" } },
    ConditionExpression: "leaseCounter = :n",
    UpdateExpression: "SET leaseCounter = :n",
    ExpressionAttributeValues: { ":n": { N: "99" } },
  };

  test("is given only where it is asked for and exists", async () => {
    await run("CreateTable", createTable);
    await put("shard-0", "w1");
    const asked = { ...failing, ReturnValuesOnConditionCheckFailure: "ALL_OLD" };
    const Item = { leaseKey: { S: "shard-0" }, leaseCounter: { N: "1" }, leaseOwner: { S: "w1" } };
    expect((await outcome("UpdateItem", asked))["body"]).toMatchObject({
      __type: "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
      Item,
    });
    expect((await outcome("UpdateItem", failing))["body"]).not.toHaveProperty("Item");
    const absent = { ...asked, Key: { leaseKey: { S: "shard-9" } } };
    expect((await outcome("UpdateItem", absent))["body"]).not.toHaveProperty("Item");
  });
});

describe("a transaction", () => {
  const check = (leaseKey: string, counter: string): Members => ({
    ConditionCheck: {
      TableName: TABLE,
      Key: { leaseKey: { S: leaseKey } },
      ConditionExpression: "leaseCounter = :n",
      ExpressionAttributeValues: { ":n": { N: counter } },
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    },
  });
  const putNew = { Put: { TableName: TABLE, Item: { leaseKey: { S: "new" } } } };

  test("applies all of its actions or none", async () => {
    await run("CreateTable", createTable);
    await put("shard-0");
    const failed = await outcome("TransactWriteItems", {
      TransactItems: [putNew, check("shard-0", "2")],
    });
    expect(failed).toMatchObject({
      status: 400,
      body: {
        CancellationReasons: [
          { Code: "None" },
          { Code: "ConditionalCheckFailed", Item: { leaseKey: { S: "shard-0" } } },
        ],
      },
    });
    const key = { TableName: TABLE, Key: { leaseKey: { S: "new" } } };
    expect(await run("GetItem", key)).toEqual({});
    await run("TransactWriteItems", { TransactItems: [putNew, check("shard-0", "1")] });
    expect(await run("GetItem", key)).toHaveProperty("Item");
  });

  test("with no or unknown actions is refused", async () => {
    for (const TransactItems of [[], [{}], [{ Get: {} }], "x"]) {
      expect(await outcome("TransactWriteItems", { TransactItems })).toMatchObject({ status: 400 });
    }
  });
});

test("tables in a directory are there after a restart", async () => {
  const directory = await mkdtemp(join(tmpdir(), "shardline-tables-"));
  try {
    const first = await LeaseDatabase.open(directory);
    await first.execute("CreateTable", createTable);
    await first.execute("PutItem", { TableName: TABLE, Item: { leaseKey: { S: "shard-0" } } });
    await expect(LeaseDatabase.open(directory)).rejects.toThrow();
    await first.close();
    const second = await LeaseDatabase.open(directory);
    expect(await second.execute("Scan", { TableName: TABLE })).toMatchObject({ Count: 1 });
    await second.close();
  } finally {
    await rm(directory, { recursive: true });
  }
});
