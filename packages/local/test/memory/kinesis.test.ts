import { describe, expect, it } from "vitest";
import { KinesisModel, MemoryKinesis, SeededRandom, VirtualClock } from "../../src/index.ts";

const call = { timeoutMs: 1000 };
const stream = { streamName: "s" };

function setup(shards: number): { kinesis: MemoryKinesis; clock: VirtualClock } {
  const clock = new VirtualClock();
  const model = new KinesisModel({ random: new SeededRandom(1) });
  const kinesis = new MemoryKinesis({ model, clock });
  kinesis.call("CreateStream", { StreamName: "s", ShardCount: shards });
  return { kinesis, clock };
}

describe("MemoryKinesis", () => {
  it("gives back what was put, follows a split to the children", async () => {
    const { kinesis } = setup(1);
    const put = async (text: string): Promise<void> => {
      const entries = [{ partitionKey: text, data: Buffer.from(text) }];
      expect(await kinesis.putRecords({ stream, entries }, call)).toMatchObject({ kind: "ok" });
    };
    await put("a");
    kinesis.call("SplitShard", {
      StreamName: "s",
      ShardToSplit: "shardId-000000000000",
      NewStartingHashKey: (2n ** 127n).toString(),
    });
    await put("b");
    const position = { kind: "trim-horizon" } as const;
    const iterator = await kinesis.getShardIterator(
      { stream, shardId: "shardId-000000000000", position },
      call,
    );
    if (iterator.kind !== "ok") throw new Error(iterator.message);
    const read = await kinesis.getRecords(
      { stream, shardIterator: iterator.shardIterator, maxRecords: 10 },
      call,
    );
    if (read.kind !== "ok") throw new Error(read.message);
    expect(read.records.map((record) => Buffer.from(record.data).toString())).toEqual(["a"]);
    expect(read.nextShardIterator).toBeUndefined();
    expect(read.childShards.map((child) => child.shardId)).toEqual([
      "shardId-000000000001",
      "shardId-000000000002",
    ]);
  });

  it("copies data, as the wire would", async () => {
    const { kinesis } = setup(1);
    const data = Buffer.from("before");
    await kinesis.putRecords({ stream, entries: [{ partitionKey: "k", data }] }, call);
    data.write("after!");
    const shards = await kinesis.listShards({ stream, filter: { kind: "all" } }, call);
    expect(shards).toMatchObject({ kind: "ok", shards: [{ shardId: "shardId-000000000000" }] });
    const iterator = await kinesis.getShardIterator(
      { stream, shardId: "shardId-000000000000", position: { kind: "trim-horizon" } },
      call,
    );
    if (iterator.kind !== "ok") throw new Error(iterator.message);
    const read = await kinesis.getRecords(
      { stream, shardIterator: iterator.shardIterator, maxRecords: 10 },
      call,
    );
    expect(read).toMatchObject({ records: [{ data: new Uint8Array(Buffer.from("before")) }] });
  });
});
