import { cbor } from "@smithy/core/cbor";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type LocalServer, startLocal } from "../../src/index.ts";
import { operations } from "../../src/operations/index.ts";
import { CBOR_TYPE, exchange, JSON_TYPE, operation, signedAs } from "./wire-client.ts";

let server: LocalServer;
const unforeseen: unknown[] = [];
beforeAll(async () => {
  const ignore = (): void => {};
  // The CBOR library says there what it makes of lengths beyond 2^53.
  vi.spyOn(console, "warn").mockImplementation(ignore);
  const logger = {
    debug: ignore,
    info: ignore,
    warn: ignore,
    error: (f: unknown) => unforeseen.push(f),
  };
  server = await startLocal({ streams: [{ name: "orders", shards: 1 }], logger });
});
afterAll(async () => {
  vi.restoreAllMocks();
  await server.close();
});

const names = [...operations.keys()].filter((name) => name !== "SubscribeToShard");
const member = fc.constantFrom(
  ...["StreamName", "StreamARN", "Records", "Data", "PartitionKey", "ShardId", "ShardIterator"],
  ...["ShardIteratorType", "Timestamp", "Tags", "Limit", "NextToken", "ResourceARN", "ShardFilter"],
  ...["ConsumerName", "StartingSequenceNumber", "StreamModeDetails", "ShardCount", "__proto__"],
);
const value = fc.oneof(
  fc.constantFrom("orders", "TRIM_HORIZON", "AT_TIMESTAMP", "shardId-000000000000", "", null),
  fc.jsonValue({ maxDepth: 3 }),
  fc.double(),
  fc.uint8Array({ maxLength: 40 }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
);
const structure = fc.dictionary(member, value, { maxKeys: 6 });

async function send(name: string, type: string, body: Uint8Array | string): Promise<number> {
  const headers = {
    "content-type": type,
    "x-amz-target": `Kinesis_20131202.${name}`,
    authorization: signedAs("AKIDEXAMPLE"),
  };
  return (await exchange(server.kinesisUrl, headers, body)).status;
}

const isClean = (status: number): boolean => status === 200 || (status >= 400 && status < 500);

describe("whatever the bytes are, the answer is clean and the server lives", () => {
  test.each([
    ["any bytes as CBOR", CBOR_TYPE, fc.uint8Array({ maxLength: 300 })],
    ["any bytes as JSON", JSON_TYPE, fc.uint8Array({ maxLength: 300 })],
    ["any structure as JSON", JSON_TYPE, structure.map((input) => json(input))],
    ["any structure as CBOR", CBOR_TYPE, structure.map((input) => cbor.serialize(input))],
    [
      "a damaged structure as CBOR",
      CBOR_TYPE,
      fc.tuple(structure, fc.nat(), fc.nat(255)).map(([input, at, byte]) => {
        const bytes = Buffer.from(cbor.serialize(input));
        bytes[at % bytes.length] = byte;
        return bytes;
      }),
    ],
  ] as const)("%s", async (_what, type, bodies) => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...names),
        bodies as fc.Arbitrary<Uint8Array | string>,
        async (name, body) => {
          const status = await send(name, type, body);
          if (!isClean(status)) throw new Error(`${name}: ${status} ${JSON.stringify(unforeseen)}`);
        },
      ),
      { numRuns: 300 },
    );
    expect(unforeseen).toEqual([]);
    await operation(server.kinesisUrl, "CreateStream", { StreamName: "alive", ShardCount: 1 });
    const { status } = await operation(server.kinesisUrl, "ListShards", { StreamName: "alive" });
    expect(status).toBe(200);
  });

  test("CBOR and JSON nested beyond all measure", async () => {
    const depth = 200_000;
    expect(await send("ListShards", JSON_TYPE, "[".repeat(depth))).toBe(400);
    expect(await send("ListShards", CBOR_TYPE, Buffer.alloc(depth, 0x81))).toBe(400);
    const deep = `{"StreamName":${'{"a":'.repeat(depth)}1${"}".repeat(depth)}}`;
    expect(await send("ListShards", JSON_TYPE, deep)).toBe(400);
    expect(unforeseen).toEqual([]);
  });
});

function json(input: object): string {
  return JSON.stringify(input, (_key, member: unknown) =>
    typeof member === "bigint" ? Number(member) : member,
  );
}
