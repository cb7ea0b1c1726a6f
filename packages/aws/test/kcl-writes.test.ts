/**
 * What the Java library wrote to its lease table, each write with the item before and after: our verb
 * of the same meaning turns the one into the other.
 */

import { readFileSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import {
  type AttributeValue,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import type { Lease, LeaseTable, LeaseWrite } from "@shardline/model";
import dynalite from "dynalite";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createLeaseTable } from "../src/index.ts";
import { readItem } from "../src/lease-item.ts";
import { CREDENTIALS } from "./support/scripted-server.ts";

type Item = Record<string, AttributeValue>;
type Updates = Record<string, { readonly Action: string; readonly Value?: AttributeValue }>;

interface Written {
  readonly put?: Item;
  readonly updates?: Updates;
  readonly before?: Item;
  readonly after: Item;
}

const OPTIONS = { timeoutMs: 10_000 };
const TABLE = "orders-app";
const fixture = new URL("fixtures/kcl-writes.json", import.meta.url);
const writes = JSON.parse(readFileSync(fixture, "utf8")) as Written[];

let server: Server;
let client: DynamoDBClient;
let table: LeaseTable;

beforeAll(async () => {
  server = dynalite({ createTableMs: 0 });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const endpoint = `http://127.0.0.1:${port}`;
  const settings = { endpoint, region: "us-east-1", credentials: CREDENTIALS };
  client = new DynamoDBClient(settings);
  table = createLeaseTable({ ...settings, tableName: TABLE });
  await table.ensure(OPTIONS);
});

afterAll(async () => {
  client.destroy();
  await table.close();
  await new Promise((resolve) => server.close(resolve));
});

/** What the recorded update meant, and our verb for it. */
function verbOf({ updates = {}, before = {} }: Written): {
  readonly name: string;
  readonly act: (seen: Lease) => Promise<LeaseWrite>;
} {
  const owner = updates["leaseOwner"]?.Value?.S;
  if (updates["childShardIds"] !== undefined) {
    const children = updates["childShardIds"].Value?.SS ?? [];
    return { name: "setChildren", act: (seen) => table.setChildren(seen, children, OPTIONS) };
  }
  if (updates["checkpoint"] !== undefined) {
    const checkpoint = {
      sequenceNumber: updates["checkpoint"].Value?.S ?? "",
      subSequenceNumber: Number(updates["checkpointSubSequenceNumber"]?.Value?.N),
    };
    return { name: "checkpoint", act: (seen) => table.checkpoint(seen, { checkpoint }, OPTIONS) };
  }
  if (owner === undefined) {
    const given = updates["throughputKBps"]?.Value?.N;
    const throughput = given === undefined ? undefined : Number(given);
    return { name: "renew", act: (seen) => table.renew(seen, throughput, OPTIONS) };
  }
  if (updates["checkpointOwner"]?.Action === "PUT") {
    return { name: "requestHandOff", act: (seen) => table.requestHandOff(seen, owner, OPTIONS) };
  }
  // The old owner assigns the lease to the next one, whom the row names already: it lets go.
  const letsGo = before["checkpointOwner"] !== undefined && before["leaseOwner"]?.S === owner;
  return letsGo
    ? { name: "release", act: (seen) => table.release(seen, OPTIONS) }
    : { name: "take", act: (seen) => table.take(seen, owner, undefined, OPTIONS) };
}

async function itemNow(leaseKey: AttributeValue | undefined): Promise<Item | undefined> {
  const Key = { leaseKey: leaseKey as AttributeValue };
  const { Item } = await client.send(new GetItemCommand({ TableName: TABLE, Key }));
  return Item;
}

/** Sets have no order, and DynamoDB writes numbers its own way. */
function comparable(item: Item | undefined): unknown {
  const plain = (value: AttributeValue): unknown => {
    if (value.SS !== undefined) return new Set(value.SS);
    return value.N === undefined ? value : Number(value.N);
  };
  return Object.fromEntries(Object.entries(item ?? {}).map(([k, v]) => [k, plain(v)]));
}

it("the record holds every kind of write", () => {
  const names = writes.map((written) =>
    written.put === undefined ? verbOf(written).name : "create",
  );
  expect(new Set(names)).toEqual(
    new Set(["create", "take", "renew", "checkpoint", "requestHandOff", "release", "setChildren"]),
  );
});

it.each(writes.filter((w) => w.put !== undefined))("creates the same item", async ({ after }) => {
  const read = readItem(after);
  if (read.kind !== "lease") throw new Error(read.kind);
  const leaseKey = `${read.lease.leaseKey}-new`;
  expect(await table.create({ ...read.lease, leaseKey }, OPTIONS)).toMatchObject({ kind: "ok" });
  const now = await itemNow({ S: leaseKey });
  expect(comparable({ ...now, leaseKey: { S: read.lease.leaseKey } })).toEqual(comparable(after));
});

it.each(writes.filter((w) => w.updates !== undefined).map((w) => [verbOf(w).name, w] as const))(
  "%s leaves the same item",
  async (name, written) => {
    const { before, after } = written;
    await client.send(new PutItemCommand({ TableName: TABLE, Item: before }));
    const seen = readItem(before as Item);
    if (seen.kind !== "lease") throw new Error(seen.kind);
    expect(await verbOf(written).act(seen.lease)).toMatchObject({ kind: "ok" });
    // The library writes children without counting; ours is fenced like all else (R1), so it counts.
    const counter = { N: String(Number(before?.["leaseCounter"]?.N) + 1) };
    const expected = name === "setChildren" ? { ...after, leaseCounter: counter } : after;
    expect(comparable(await itemNow(after["leaseKey"]))).toEqual(comparable(expected));
  },
);
