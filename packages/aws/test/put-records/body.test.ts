import type { PutRecordsEntry, PutRecordsRequest } from "@shardline/model";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { putRecordsBody, writeBase64 } from "../../src/put-records/body.ts";
import { BodyPool } from "../../src/put-records/body-pool.ts";

const entries: fc.Arbitrary<PutRecordsEntry> = fc.record(
  {
    partitionKey: fc.oneof(
      fc.string({ minLength: 1, unit: "binary" }),
      fc.string({ minLength: 1 }),
      fc.constantFrom('"', "\\", "\u0000", "\u007f", "é", "😀", "\u2028", "__proto__"),
    ),
    explicitHashKey: fc.option(fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }).map(String), {
      nil: undefined,
    }),
    data: fc.uint8Array({ maxLength: 400 }),
  },
  { requiredKeys: ["partitionKey", "data"] },
);

function expected({ stream, entries: list }: PutRecordsRequest): unknown {
  return {
    ...("streamArn" in stream
      ? { StreamARN: stream.streamArn }
      : { StreamName: stream.streamName }),
    Records: list.map(({ data, partitionKey, explicitHashKey }) => ({
      Data: Buffer.from(data).toString("base64"),
      PartitionKey: partitionKey,
      ...(explicitHashKey === undefined ? {} : { ExplicitHashKey: explicitHashKey }),
    })),
  };
}

describe("the body of PutRecords", () => {
  it("is JSON of exactly the allocated size that says what was asked", () => {
    const streams = fc.oneof(
      fc.record({ streamName: fc.string({ minLength: 1 }) }),
      fc.record({ streamArn: fc.string({ minLength: 1, unit: "binary" }) }),
    );
    fc.assert(
      fc.property(streams, fc.array(entries, { minLength: 1, maxLength: 8 }), (stream, list) => {
        const request = { stream, entries: list };
        const body = putRecordsBody(request, (size) => Buffer.alloc(size));
        expect(JSON.parse(body.toString("utf8"))).toEqual(expected(request));
      }),
      { numRuns: 500 },
    );
  });

  it("carries records of several native pieces", () => {
    for (const length of [6143, 6144, 6145, 50_000]) {
      const data = Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8)) & 0xff);
      // A Buffer is taken as it is; one that lies in the middle of its memory too.
      const buffer = Buffer.concat([Buffer.from("before"), data, Buffer.from("after")]);
      const list = [data, buffer.subarray(6, 6 + length)];
      const records = list.map((bytes) => ({ partitionKey: "k", data: bytes }));
      const request = { stream: { streamName: "s" }, entries: records };
      const body = putRecordsBody(request, (size) => Buffer.alloc(size));
      expect(JSON.parse(body.toString("utf8"))).toEqual(expected(request));
    }
  });
});

it("base64 is Node's, at every length, offset and position", () => {
  const memory = Uint8Array.from({ length: 512 }, (_, i) => (i * 167 + 13) & 0xff);
  for (let length = 0; length <= 260; length++) {
    const data = memory.subarray(length % 7, (length % 7) + length);
    const start = length % 5;
    const body = Buffer.alloc(start + Math.ceil(length / 3) * 4, "#");
    const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
    expect(writeBase64(data, body, view, start)).toBe(body.length);
    expect(body.toString("latin1", start)).toBe(Buffer.from(data).toString("base64"));
    expect(body.toString("latin1", 0, start)).toBe("#".repeat(start));
  }
});

describe("the pool of bodies", () => {
  it("gives memory again, of the exact size asked", () => {
    const pool = new BodyPool();
    const first = pool.take(100_000);
    expect(first.length).toBe(100_000);
    pool.give(first);
    const second = pool.take(70_000);
    expect(second.length).toBe(70_000);
    expect(second.buffer).toBe(first.buffer);
    expect(pool.take(70_000).buffer).not.toBe(first.buffer);
  });

  it("keeps 32 MiB at most", () => {
    const pool = new BodyPool();
    const bodies = Array.from({ length: 12 }, () => pool.take(5 << 20));
    for (const body of bodies) pool.give(body);
    expect(pool.keptBytes).toBe(32 << 20);
    for (let i = 0; i < 20; i++) pool.take(5 << 20);
    expect(pool.keptBytes).toBe(0);
  });
});
