/** What a listener was told rebuilds the model; so does a snapshot. */

import { describe, expect, it } from "vitest";
import { SeededRandom } from "../../src/memory/seeded-random.ts";
import { KinesisModel } from "../../src/stream-model/kinesis-model.ts";
import type { Change } from "../../src/stream-model/changes.ts";
import { type Answer, arnOf, Service, shardId } from "../service.ts";

const tables = "arn:aws:iam::000000000000:role/r";

function busy(): Service {
  const service = new Service();
  service.create(2);
  service.create(1, "gone");
  for (let i = 0; i < 700; i++) service.put(`${i}`);
  service.split(shardId(0), (2n ** 126n).toString());
  for (let i = 0; i < 100; i++) service.put(`after ${i}`);
  service.call("AddTagsToStream", { StreamName: "s", Tags: { a: "b" } });
  service.call("RegisterStreamConsumer", { StreamARN: arnOf("s"), ConsumerName: "c" });
  service.call("IncreaseStreamRetentionPeriod", { StreamName: "s", RetentionPeriodHours: 30 });
  service.call("UpdateAccountSettings", {
    MinimumThroughputBillingCommitment: { Status: "ENABLED" },
  });
  service.call("DeleteStream", { StreamName: "gone" });
  service.call("CreateStream", {
    StreamName: "od",
    StreamModeDetails: { StreamMode: "ON_DEMAND" },
  });
  service.call("CreateChannel", {
    ChannelName: "ch",
    ServiceExecutionRoleARN: tables,
    StreamConfigurationList: [
      { StreamARN: arnOf("od"), RecordConfiguration: { RecordFormatType: "JSON" } },
    ],
    S3DestinationConfiguration: {
      StorageConfiguration: {
        BucketARN: "arn:aws:s3:::b",
        ExpectedBucketOwner: "000000000000",
        CompressionType: "GZIP",
      },
    },
  });
  return service;
}

function rebuilt(service: Service, changes: Iterable<Change>): Service {
  const other = new Service();
  other.model.restore(changes);
  other.nowMs = service.nowMs;
  other.wallMs = service.wallMs;
  other.changes.length = 0;
  return other;
}

function view(service: Service): unknown {
  const answers: Answer[] = [
    service.call("ListStreams"),
    service.call("DescribeStream", { StreamName: "s" }),
    service.call("DescribeStreamSummary", { StreamName: "s" }),
    service.call("ListTagsForStream", { StreamName: "s" }),
    service.call("ListStreamConsumers", { StreamARN: arnOf("s") }),
    service.call("DescribeAccountSettings"),
    service.call("ListChannels"),
    service.call("DescribeLimits"),
  ];
  const records = service.shards().map((shard) => service.read(shard.ShardId).Records);
  return JSON.parse(JSON.stringify([answers, records]));
}

describe("restore", () => {
  it("rebuilds the model from its changes, and from a snapshot", () => {
    const service = busy();
    expect(view(rebuilt(service, service.changes))).toEqual(view(service));
    const snapshot = [...service.model.snapshot()];
    expect(view(rebuilt(service, snapshot))).toEqual(view(service));
  });

  it("needs only the last of a stream's entries, and takes records twice", () => {
    const service = busy();
    const { changes } = service;
    const lastStream = new Map<string, number>();
    for (const [i, change] of changes.entries()) {
      if (change.kind === "stream") lastStream.set(change.stream.streamId, i);
    }
    const streams = changes.filter(
      (change, i) => change.kind === "stream" && [...lastStream.values()].includes(i),
    );
    const others = changes.filter((change) => change.kind !== "stream");
    const records = changes.filter((change) => change.kind === "records");
    const compacted = [...streams, ...others, ...records];
    expect(view(rebuilt(service, compacted))).toEqual(view(service));
  });

  it("never gives a number again that it may have given before", () => {
    const service = busy();
    const { ShardId, SequenceNumber } = service.put("read but not stored", "k");
    const stored = service.changes.slice(0, -1);
    const again = rebuilt(service, stored);
    const next = again.put("other", "k");
    expect(next.ShardId).toBe(ShardId);
    expect(next.SequenceNumber > SequenceNumber).toBe(true);
  });

  it("finishes what a stream was in the middle of", () => {
    const service = new Service({ creatingMs: 1000, deletingMs: 1000 });
    service.create(3, "made");
    service.create(1, "gone");
    service.pass(1000);
    service.create(2, "begun");
    service.call("DeleteStream", { StreamName: "gone" });
    const again = rebuilt(service, service.changes);
    expect(again.call("ListStreams")["StreamNames"]).toEqual(["begun", "made"]);
    expect(again.shards({ StreamName: "begun" })).toHaveLength(2);
    again.put("x", "k", "begun");
  });

  it("keeps iterators good, and ignores changes of streams that are gone", () => {
    const service = busy();
    const ShardIterator = service.iterator(shardId(1));
    const again = rebuilt(service, service.changes);
    expect(again.call("GetRecords", { ShardIterator }).Records.length).toBeGreaterThan(0);
    const model = new KinesisModel({ random: new SeededRandom(1) });
    model.restore(service.changes.filter((change) => change.kind !== "stream"));
    expect([...model.streams()]).toEqual([]);
  });
});

describe("retention", () => {
  it("is kept for streams that nobody uses, too", () => {
    const service = new Service();
    service.create(1);
    service.put("old");
    service.pass(25 * 3600 * 1000);
    service.call("ListStreams");
    expect(service.changes.filter((change) => change.kind === "trimmed")).toHaveLength(1);
  });
});

describe("memory bound", () => {
  it("drops the oldest records of all shards and says so", () => {
    const maxMemoryBytes = 4_000_000;
    const service = new Service({ maxMemoryBytes });
    service.create(4);
    service.create(1, "quiet");
    service.put("first of all", "k", "quiet");
    const put: { readonly shard: string; readonly text: string }[] = [];
    for (let i = 0; i < 3000; i++) {
      const text = `${i}`.padEnd(2000, ".");
      put.push({ shard: service.put(text, `${i}`).ShardId, text });
      service.pass(1);
    }
    const kept = new Set(service.shards().flatMap((shard) => service.texts(shard.ShardId)));
    const oldest = put.findIndex((record) => kept.has(record.text));
    expect(oldest).toBeGreaterThan(1000);
    expect(put.slice(oldest).every((record) => kept.has(record.text))).toBe(true);
    expect(kept.size * 2000).toBeLessThan(maxMemoryBytes);
    expect(kept.size * 2000).toBeGreaterThan(maxMemoryBytes / 3);
    const trims = service.changes.filter((change) => change.kind === "trimmed");
    expect(trims.every((change) => change.reason === "memory")).toBe(true);
    const dropped = trims.reduce((sum, change) => sum + change.records, 0);
    expect(dropped).toBe(3001 - kept.size);
    expect(view2(rebuilt(service, service.changes))).toEqual(view2(service));
  });
});

function view2(service: Service): unknown {
  return service.shards().map((shard) => service.texts(shard.ShardId));
}
