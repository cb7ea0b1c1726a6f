import { encodeAggregate } from "@shardline/aggregation";
import type { ReceivedRecord, RecordPosition } from "@shardline/model";
import { describe, expect, it } from "vitest";
import { type ReadShardOptions, readShard } from "../src/index.ts";
import { CALL, STREAM, World } from "./support/world.ts";

const shardId = "shardId-000000000000";

async function read(
  world: World,
  options: Partial<ReadShardOptions> = {},
): Promise<ReceivedRecord[]> {
  const stream = { streamName: STREAM };
  const records: ReceivedRecord[] = [];
  let over = false;
  const reading = (async (): Promise<void> => {
    const { kinesis, clock } = world;
    for await (const batch of readShard({ kinesis, stream, shardId, clock, ...options })) {
      records.push(...batch);
    }
  })().finally(() => {
    over = true;
  });
  reading.catch(() => {});
  await world.until(() => over, 120_000);
  await reading;
  return records;
}

const texts = (records: readonly ReceivedRecord[]): string[] =>
  records.map(({ data }) => Buffer.from(data).toString());

describe("readShard", () => {
  it("reads to the present end and stops", async () => {
    const world = new World({ shards: 1 });
    await world.put(25);
    expect(texts(await read(world, { maxRecordsPerBatch: 10 }))).toEqual(
      Array.from({ length: 25 }, (_, i) => `r${i}`),
    );
  });

  it("gives exactly the range between two user records, inside aggregates too", async () => {
    const world = new World({ shards: 1 });
    for (const name of ["a", "b", "c"]) {
      const members = [0, 1, 2].map((i) => ({
        partitionKey: "k",
        data: Buffer.from(`${name}${i}`),
      }));
      const entries = [{ partitionKey: "k", data: encodeAggregate(members) }];
      await world.kinesis.putRecords({ stream: { streamName: STREAM }, entries }, CALL);
    }
    const all = await read(world);
    const from = all[1] as RecordPosition;
    const through = all[6] as RecordPosition;
    expect(texts(await read(world, { from, through }))).toEqual([
      "a1",
      "a2",
      "b0",
      "b1",
      "b2",
      "c0",
    ]);
  });

  it("a shard that does not exist is an error", async () => {
    const world = new World({ shards: 1 });
    await expect(read(world, { shardId: "shardId-000000000099" })).rejects.toMatchObject({
      code: "SERVICE_FAILED",
    });
  });
});
