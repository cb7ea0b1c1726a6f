/** Clients beside the SDK's: one that renews leases, one that does everything wrong. */

import { request } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import type { SeededRandom } from "@shardline/local";

/** A table's life: made, written, given an index, read by it, deleted. */
export async function renewLeases(url: string): Promise<void> {
  const TableName = `leases-${Math.floor(Number(process.hrtime.bigint() % 1_000_000_000n))}`;
  try {
    await useTable(url, TableName);
  } finally {
    await deleteTable(url, TableName);
  }
  await sleep(20);
}

async function useTable(url: string, TableName: string): Promise<void> {
  const key = { AttributeName: "leaseKey", AttributeType: "S" };
  const owner = { AttributeName: "leaseOwner", AttributeType: "S" };
  await dynamo(url, "CreateTable", {
    ...{ TableName, AttributeDefinitions: [key], BillingMode: "PAY_PER_REQUEST" },
    KeySchema: [{ AttributeName: "leaseKey", KeyType: "HASH" }],
  });
  for (let i = 0; i < 50; i++) {
    const Item = { leaseKey: { S: `shard-${i % 10}` }, leaseOwner: { S: `w${i % 3}` } };
    await dynamo(url, "PutItem", { TableName, Item });
  }
  await dynamo(url, "UpdateTable", {
    ...{ TableName, AttributeDefinitions: [key, owner] },
    GlobalSecondaryIndexUpdates: [
      {
        Create: {
          IndexName: "by-owner",
          KeySchema: [{ AttributeName: "leaseOwner", KeyType: "HASH" }],
          Projection: { ProjectionType: "KEYS_ONLY" },
        },
      },
    ],
  });
  await dynamo(url, "Scan", { TableName });
}

/** Whatever faults there are: tables left behind would look like a leak of the server's. */
async function deleteTable(url: string, TableName: string): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const answer = await dynamo(url, "DeleteTable", { TableName }).catch(() => "");
    if (answer.includes("ResourceNotFoundException")) return;
    await sleep(20);
  }
}

/** The answer's body. */
function dynamo(url: string, operation: string, input: object): Promise<string> {
  const headers = {
    "content-type": "application/x-amz-json-1.0",
    "x-amz-target": `DynamoDB_20120810.${operation}`,
    authorization:
      "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/dynamodb/aws4_request",
  };
  return new Promise((resolve, reject) => {
    const call = request(url, { method: "POST", headers, agent: false }, (answer) => {
      text(answer).then(resolve, reject);
    });
    call.on("error", reject);
    call.end(JSON.stringify(input));
  });
}

/** Half a request, garbage, a session that vanishes, a body of nothing but braces. */
export async function rudeClient(url: string, random: SeededRandom): Promise<void> {
  const { port } = new URL(url);
  const greetings = [
    "POST / HTTP/1.1\r\nContent-Length: 1000\r\n\r\n{",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nwhat is this",
    "\x16\x03\x01\x02\x00",
    "GET /_shardline/faults HTTP/1.1\r\nHost: example.com\r\n\r\n",
    `POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-amz-json-1.1\r\nContent-Length: 5\r\n\r\n{{{{{`,
  ];
  const socket = connect(Number(port), "127.0.0.1");
  socket.on("error", () => {});
  socket.resume();
  socket.write(greetings[Math.floor(random.next() * greetings.length)] ?? "");
  const session = connectHttp2(url);
  session.on("error", () => {});
  const stream = session.request({ ":method": "POST" });
  stream.on("error", () => {});
  await sleep(30);
  socket.destroy();
  session.destroy();
}
