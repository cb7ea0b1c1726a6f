import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type LocalServer, startLocal } from "../../src/index.ts";
import { exchange, signedAs } from "../server/wire-client.ts";

let server: LocalServer;
const unforeseen: unknown[] = [];
beforeAll(async () => {
  const ignore = (): void => {};
  const logger = {
    ...{ debug: ignore, info: ignore, warn: ignore },
    error: (fields: unknown) => unforeseen.push(fields),
  };
  server = await startLocal({ logger });
  await send("CreateTable", {
    TableName: "leases",
    AttributeDefinitions: [{ AttributeName: "leaseKey", AttributeType: "S" }],
    KeySchema: [{ AttributeName: "leaseKey", KeyType: "HASH" }],
    BillingMode: "PAY_PER_REQUEST",
    DeletionProtectionEnabled: true,
  });
});
afterAll(() => server.close());

async function send(operation: string, input: unknown): Promise<number> {
  const headers = {
    "content-type": "application/x-amz-json-1.0",
    "x-amz-target": `DynamoDB_20120810.${operation}`,
    authorization: signedAs("AKIDEXAMPLE"),
  };
  return (await exchange(server.dynamodbUrl, headers, JSON.stringify(input))).status;
}

const OPERATIONS = [
  ...["BatchGetItem", "BatchWriteItem", "CreateTable", "DeleteItem", "DeleteTable", "GetItem"],
  ...["DescribeTable", "DescribeTimeToLive", "ListTables", "ListTagsOfResource", "PutItem"],
  ...["Query", "Scan", "TagResource", "UntagResource", "UpdateItem", "UpdateTable"],
  ...["DescribeContinuousBackups", "UpdateContinuousBackups", "TransactWriteItems", "Nothing"],
];
const attribute = fc.oneof(
  fc.record({ S: fc.string() }),
  fc.record({ N: fc.oneof(fc.string(), fc.integer().map(String)) }),
  fc.record({ SS: fc.array(fc.string(), { maxLength: 2 }) }),
  fc.record({ B: fc.string() }),
  fc.record({ M: fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 2 }) }),
  fc.jsonValue({ maxDepth: 1 }),
);
const item = fc.dictionary(fc.constantFrom("leaseKey", "leaseOwner", "x"), attribute, {
  maxKeys: 3,
});
const odd = fc.jsonValue({ maxDepth: 3 });
const expression = fc.constantFrom(
  ...[
    "SET a = :a",
    "REMOVE a",
    "a = :a",
    "attribute_exists(#pk)",
    "SET #a = #b + :a",
    "((",
    "",
    "size(a",
  ],
);
const index = fc.record(
  {
    IndexName: fc.oneof(fc.constant("by-owner"), odd),
    KeySchema: fc.oneof(
      fc.constant([{ AttributeName: "leaseOwner", KeyType: "HASH" }]),
      fc.array(odd, { maxLength: 2 }),
      odd,
    ),
    Projection: fc.oneof(fc.constant({ ProjectionType: "KEYS_ONLY" }), odd),
  },
  { requiredKeys: [] },
);
const input = fc.record(
  {
    TableName: fc.oneof({ weight: 6, arbitrary: fc.constant("leases") }, odd),
    Item: fc.oneof(item, odd),
    Key: fc.oneof(item, odd),
    Expected: fc.oneof(item, odd),
    AttributeUpdates: fc.oneof(item, odd),
    ConditionExpression: fc.oneof(expression, odd),
    UpdateExpression: fc.oneof(expression, odd),
    KeyConditionExpression: fc.oneof(expression, odd),
    ExpressionAttributeNames: fc.oneof(fc.constant({ "#pk": "leaseKey", "#a": "a" }), odd),
    ExpressionAttributeValues: fc.oneof(fc.constant({ ":a": { N: "1" } }), odd),
    ReturnValuesOnConditionCheckFailure: fc.oneof(fc.constant("ALL_OLD"), odd),
    IndexName: odd,
    AttributeDefinitions: fc.oneof(
      fc.constant([{ AttributeName: "leaseOwner", AttributeType: "S" }]),
      odd,
    ),
    GlobalSecondaryIndexUpdates: fc.oneof(
      fc.array(fc.record({ Create: index }), { maxLength: 2 }),
      fc.array(fc.record({ Delete: index }), { maxLength: 2 }),
      odd,
    ),
    PointInTimeRecoverySpecification: odd,
    TransactItems: fc.oneof(fc.array(fc.record({ Put: odd }), { maxLength: 2 }), odd),
    RequestItems: odd,
    ResourceArn: odd,
    Tags: odd,
    TagKeys: odd,
    ExclusiveStartKey: odd,
    Limit: odd,
    TotalSegments: odd,
    Segment: odd,
  },
  { requiredKeys: [] },
);

test.each([
  ["DeleteItem", { TableName: "leases", Key: { leaseKey: null } }],
  ["PutItem", { TableName: "leases", Item: { leaseKey: { M: { a: null } } } }],
  ["TagResource", { ResourceArn: {}, Tags: [null] }],
  ["BatchWriteItem", { RequestItems: { leases: [null] } }],
  [
    "UpdateTable",
    {
      TableName: "leases",
      GlobalSecondaryIndexUpdates: [
        {
          Create: {
            ...{ IndexName: "by-owner", KeySchema: [null] },
            Projection: { ProjectionType: "KEYS_ONLY" },
          },
        },
      ],
    },
  ],
])("%s of nothing: %j", async (name, sent) => {
  expect(await send(name, sent)).toBe(400);
});

test.each(["DescribeContinuousBackups", "UpdateTable", "DeleteTable", "UpdateContinuousBackups"])(
  "%s of a table whose name is an object with members of its own",
  async (name) => {
    expect(await send(name, { TableName: { toString: "" } })).toBe(400);
  },
);

test("whatever the input is, the answer is clean and the table service lives", async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...OPERATIONS), fc.oneof(input, odd), async (name, sent) => {
      const status = await send(name, sent);
      if (status === 200 || (status >= 400 && status < 500)) return;
      throw new Error(`${name}: ${status} ${JSON.stringify(unforeseen)}`);
    }),
    { numRuns: 1000 },
  );
  expect(unforeseen).toEqual([]);
  expect(await send("DescribeTable", { TableName: "leases" })).toBe(200);
});
