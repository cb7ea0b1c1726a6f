import { createRequire } from "node:module";
import { setImmediate } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { LeaseDatabase } from "../../src/lease-database/lease-database.ts";

interface Iterator {
  next(): Promise<unknown>;
}
interface Level {
  keys(options?: object): Iterator;
  values(options?: object): Iterator;
}

// The database under dynalite, as dynalite finds it.
const dynalite = createRequire(createRequire(import.meta.url).resolve("dynalite/db"));
const { MemoryLevel } = dynalite("memory-level") as { MemoryLevel: { prototype: Level } };

const TableName = "orders-app";
const key = { AttributeName: "leaseKey", AttributeType: "S" };
const owner = { AttributeName: "leaseOwner", AttributeType: "S" };
const byOwner = {
  IndexName: "by-owner",
  KeySchema: [{ AttributeName: "leaseOwner", KeyType: "HASH" }],
  Projection: { ProjectionType: "KEYS_ONLY" },
};

test("no scan, query or change of a table leaves an iterator over the database open", async () => {
  const opened = [
    vi.spyOn(MemoryLevel.prototype, "keys"),
    vi.spyOn(MemoryLevel.prototype, "values"),
  ];
  const database = await LeaseDatabase.open();
  await database.execute("CreateTable", {
    ...{ TableName, AttributeDefinitions: [key], BillingMode: "PAY_PER_REQUEST" },
    KeySchema: [{ AttributeName: "leaseKey", KeyType: "HASH" }],
    Tags: [{ Key: "team", Value: "orders" }],
  });
  for (const shard of ["shard-0", "shard-1", "shard-2"]) {
    const Item = { leaseKey: { S: shard }, leaseOwner: { S: "worker-1" } };
    await database.execute("PutItem", { TableName, Item });
  }
  await database.execute("UpdateTable", {
    ...{ TableName, AttributeDefinitions: [key, owner] },
    GlobalSecondaryIndexUpdates: [{ Create: byOwner }],
  });
  await database.execute("Scan", { TableName });
  await database.execute("Scan", { TableName, Limit: 1 });
  await database.execute("Query", {
    ...{ TableName, IndexName: "by-owner", Limit: 1 },
    KeyConditionExpression: "leaseOwner = :owner",
    ExpressionAttributeValues: { ":owner": { S: "worker-1" } },
  });
  await database.execute("ListTables", { Limit: 1 });
  await database.execute("DeleteTable", { TableName });
  // A stream lets go of its iterator in the turn after its end.
  await setImmediate();
  const iterators = opened.flatMap((spy) => spy.mock.results.map(({ value }) => value as Iterator));
  expect(iterators.length).toBeGreaterThan(8);
  const ends = await Promise.allSettled(iterators.map((iterator) => iterator.next()));
  const open = ends.filter(({ status }) => status === "fulfilled");
  expect(open).toEqual([]);
  await database.close();
});
