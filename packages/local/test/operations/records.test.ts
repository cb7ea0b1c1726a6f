import { describe, expect, it } from "vitest";
import { arnOf, HALF, Service, shardId, textOf } from "../service.ts";

const HOUR_MS = 3600 * 1000;

describe("iterators", () => {
  it("begin where they are told", () => {
    const service = new Service();
    service.create(1);
    const numbers = ["a", "b", "c"].map((text) => {
      service.pass(1000);
      return service.put(text).SequenceNumber;
    });
    const [, StartingSequenceNumber] = numbers;
    const at = service.wallMs - 1000;
    expect(service.texts(shardId(0))).toEqual(["a", "b", "c"]);
    expect(service.texts(shardId(0), "AT_SEQUENCE_NUMBER", { StartingSequenceNumber })).toEqual([
      "b",
      "c",
    ]);
    expect(service.texts(shardId(0), "AFTER_SEQUENCE_NUMBER", { StartingSequenceNumber })).toEqual([
      "c",
    ]);
    expect(service.texts(shardId(0), "AT_TIMESTAMP", { Timestamp: at / 1000 })).toEqual(["b", "c"]);
    expect(service.texts(shardId(0), "AT_TIMESTAMP", { Timestamp: (at + 1) / 1000 })).toEqual([
      "c",
    ]);
    expect(service.texts(shardId(0), "LATEST")).toEqual([]);
    expect(service.texts("shardId-0")).toEqual(["a", "b", "c"]);
  });

  it("from LATEST see what is put after they were made, not after they are used", () => {
    const service = new Service();
    service.create(1);
    service.put("before");
    const ShardIterator = service.iterator(shardId(0), "LATEST");
    service.put("after");
    expect(service.call("GetRecords", { ShardIterator }).Records.map(textOf)).toEqual(["after"]);
  });

  it("expire after five minutes", () => {
    const service = new Service();
    service.create(1);
    const ShardIterator = service.iterator(shardId(0));
    service.pass(5 * 60 * 1000);
    service.call("GetRecords", { ShardIterator });
    service.pass(1);
    expect(service.error("GetRecords", { ShardIterator }).code).toBe("ExpiredIteratorException");
  });

  it("are opaque: garbage and forgeries do not open", () => {
    const service = new Service();
    service.create(1);
    const good = service.iterator(shardId(0));
    expect(good.startsWith("AAAAAAAAA")).toBe(true);
    const bytes = Buffer.from(good, "base64");
    for (let i = 0; i < bytes.length; i += 7) {
      const forged = Buffer.from(bytes);
      forged[i] = (forged[i] as number) ^ 1;
      const ShardIterator = forged.toString("base64");
      if (i < 8) continue;
      expect(service.error("GetRecords", { ShardIterator })).toEqual({
        code: "InvalidArgumentException",
        message: "Invalid ShardIterator.",
      });
    }
    for (const ShardIterator of ["x", "AAAA", `${good.slice(0, -4)}AAAA`, "=".repeat(300)]) {
      expect(service.error("GetRecords", { ShardIterator }).code).toBe("InvalidArgumentException");
    }
  });

  it("refuse positions that are not of the shard", () => {
    const service = new Service();
    service.create(2);
    const { SequenceNumber } = service.call("PutRecord", {
      StreamName: "s",
      PartitionKey: "k",
      ExplicitHashKey: "0",
      Data: "",
    }) as unknown as { SequenceNumber: string };
    const error = (more: Record<string, unknown>): string =>
      service.error("GetShardIterator", { StreamName: "s", ShardId: shardId(1), ...more }).message;
    const at = { ShardIteratorType: "AT_SEQUENCE_NUMBER" };
    expect(error({ ...at, StartingSequenceNumber: SequenceNumber })).toContain(
      `It encodes ${shardId(0)}`,
    );
    expect(error({ ...at, StartingSequenceNumber: "77" })).toContain("is invalid.");
    expect(error(at)).toContain("and no StartingSequenceNumber");
    expect(
      error({ ShardIteratorType: "LATEST", StartingSequenceNumber: SequenceNumber }),
    ).toContain("and also a");
    expect(error({ ShardIteratorType: "AT_TIMESTAMP" })).toContain(
      "Must specify timestampInMillis",
    );
    const future = { ShardIteratorType: "AT_TIMESTAMP", Timestamp: service.wallMs / 1000 + 10 };
    expect(error(future)).toContain("cannot be greater than the currentTimestampInMillis");
    service.call("DeleteStream", { StreamName: "s" });
    service.pass(2000);
    service.create(2);
    const old = service.error("GetShardIterator", {
      StreamName: "s",
      ShardId: shardId(0),
      ...at,
      StartingSequenceNumber: SequenceNumber,
    });
    expect(old.message).toContain("did not come from this stream");
  });

  it("of a deleted and re-created stream do not read the new one", () => {
    const service = new Service();
    service.create(1);
    const ShardIterator = service.iterator(shardId(0));
    service.call("DeleteStream", { StreamName: "s" });
    service.create(1);
    expect(service.error("GetRecords", { ShardIterator }).code).toBe("ResourceNotFoundException");
  });
});

describe("GetRecords", () => {
  it("says how far behind it is", () => {
    const service = new Service();
    service.create(1);
    for (const text of ["a", "b"]) {
      service.put(text);
      service.pass(1000);
    }
    const first = service.call("GetRecords", {
      ShardIterator: service.iterator(shardId(0)),
      Limit: 1,
    });
    expect(first.MillisBehindLatest).toBe(2000);
    const second = service.call("GetRecords", { ShardIterator: first.NextShardIterator });
    expect(second.MillisBehindLatest).toBe(0);
  });

  it("gives at most 10 MiB", () => {
    const service = new Service();
    service.create(1);
    for (let i = 0; i < 12; i++) service.put("x".repeat(1_000_000), "k");
    const first = service.read(shardId(0));
    expect(first.Records).toHaveLength(10);
    expect(
      service.call("GetRecords", { ShardIterator: first.NextShardIterator }).Records,
    ).toHaveLength(2);
  });

  it("names the children at the end of a closed shard, with records or without", () => {
    const service = new Service();
    service.create(1);
    const early = service.iterator(shardId(0), "LATEST");
    service.put("a");
    service.split(shardId(0));
    const withRecord = service.call("GetRecords", { ShardIterator: early });
    expect(withRecord.Records.map(textOf)).toEqual(["a"]);
    expect("NextShardIterator" in withRecord).toBe(false);
    expect(withRecord.ChildShards?.map((child) => child.ParentShards)).toEqual([
      [shardId(0)],
      [shardId(0)],
    ]);
    const empty = service.read(shardId(0), "LATEST");
    expect(empty.Records).toEqual([]);
    expect("NextShardIterator" in empty).toBe(false);
    expect(empty.ChildShards).toHaveLength(2);
    service.call("MergeShards", {
      StreamName: "s",
      ShardToMerge: shardId(2),
      AdjacentShardToMerge: shardId(1),
    });
    expect(service.read(shardId(1)).ChildShards).toEqual([
      {
        ShardId: shardId(3),
        ParentShards: [shardId(2), shardId(1)],
        HashKeyRange: { StartingHashKey: "0", EndingHashKey: (2n ** 128n - 1n).toString() },
      },
    ]);
  });

  it("forgets records after retention, which a later increase does not bring back", () => {
    const service = new Service();
    service.create(1);
    service.put("old");
    service.pass(24 * HOUR_MS);
    expect(service.texts(shardId(0))).toEqual(["old"]);
    service.pass(1);
    service.put("new");
    service.call("IncreaseStreamRetentionPeriod", { StreamName: "s", RetentionPeriodHours: 48 });
    expect(service.texts(shardId(0))).toEqual(["new"]);
    service.pass(40 * HOUR_MS);
    expect(service.texts(shardId(0))).toEqual(["new"]);
    expect(service.changes).toContainEqual(
      expect.objectContaining({ kind: "trimmed", reason: "retention", records: 1 }),
    );
  });
});

describe("PutRecords", () => {
  it("places by hash key and answers in order", () => {
    const service = new Service();
    service.create(2);
    const Records = [
      { PartitionKey: "a", ExplicitHashKey: HALF, Data: "QQ==" },
      {
        PartitionKey: "a",
        ExplicitHashKey: (BigInt(HALF) - 1n).toString(),
        Data: new Uint8Array([66]),
      },
    ];
    const answer = service.call("PutRecords", { StreamName: "s", Records });
    expect(answer).toMatchObject({
      FailedRecordCount: 0,
      Records: [{ ShardId: shardId(1) }, { ShardId: shardId(0) }],
    });
    expect(service.read(shardId(1)).Records[0]?.Data).toEqual(new Uint8Array([65]));
    expect(service.read(shardId(0)).Records[0]?.Data).toEqual(new Uint8Array([66]));
  });

  it("stores nothing if one entry is wrong", () => {
    const service = new Service();
    service.create(1);
    const good = { PartitionKey: "a", Data: "" };
    const bad = { ...good, ExplicitHashKey: (2n ** 128n).toString() };
    expect(service.error("PutRecords", { StreamName: "s", Records: [good, bad] }).code).toBe(
      "InvalidArgumentException",
    );
    expect(service.read(shardId(0)).Records).toEqual([]);
  });

  it("bounds records by the stream's size, key included, and calls by 10 MiB", () => {
    const service = new Service();
    service.create(1);
    const full = { PartitionKey: "key", Data: new Uint8Array(1024 * 1024 - 3) };
    const put = (...Records: object[]): unknown =>
      service.call("PutRecords", { StreamName: "s", Records });
    put(full);
    const over = { ...full, PartitionKey: "kéy" };
    expect(service.error("PutRecords", { StreamName: "s", Records: [over] }).code).toBe(
      "InvalidArgumentException",
    );
    put(...Array.from({ length: 10 }, () => full));
    const eleven = { StreamName: "s", Records: Array.from({ length: 11 }, () => full) };
    expect(service.error("PutRecords", eleven).message).toBe("Records size exceeds 10 MB limit");
    service.call("UpdateMaxRecordSize", { StreamARN: arnOf("s"), MaxRecordSizeInKiB: 10_240 });
    put({ PartitionKey: "k", Data: new Uint8Array(10 * 1024 * 1024 - 1) });
  });

  it("goes on while the stream is UPDATING and not while it is CREATING or DELETING", () => {
    const service = new Service({ creatingMs: 10, updatingMs: 10, deletingMs: 10 });
    service.create(1);
    const input = { StreamName: "s", PartitionKey: "k", Data: "" };
    expect(service.error("PutRecord", input).code).toBe("ResourceNotFoundException");
    service.pass(10);
    service.split(shardId(0));
    expect(service.put("during").ShardId).toBe(shardId(0));
    service.pass(10);
    expect(service.put("after").ShardId).not.toBe(shardId(0));
    service.call("DeleteStream", { StreamName: "s" });
    expect(service.error("PutRecord", input).code).toBe("ResourceNotFoundException");
  });

  it("only says whether it would succeed for a dry run", () => {
    const service = new Service();
    service.create(1);
    const record = { PartitionKey: "k", Data: "" };
    const code = (name: string, input: object): string =>
      service.error(name, { StreamName: "s", DryRun: true, ...input }).code;
    expect(code("PutRecord", record)).toBe("DryRunOperationException");
    expect(code("PutRecords", { Records: [record] })).toBe("DryRunOperationException");
    expect(code("PutRecord", { ...record, StreamName: "none" })).toBe("ResourceNotFoundException");
    expect(code("GetShardIterator", { ShardId: shardId(0), ShardIteratorType: "LATEST" })).toBe(
      "DryRunOperationException",
    );
    expect(code("GetRecords", { ShardIterator: service.iterator(shardId(0)) })).toBe(
      "DryRunOperationException",
    );
    expect(service.read(shardId(0)).Records).toEqual([]);
  });

  it("spreads the records of AUTO streams and ignores their keys", () => {
    const service = new Service();
    const StreamModeDetails = { StreamMode: "ON_DEMAND" };
    service.call("CreateStream", {
      StreamName: "s",
      StreamModeDetails,
      RecordDistributionStrategy: "AUTO",
    });
    const Records = Array.from({ length: 400 }, () => ({ Data: "", ExplicitHashKey: "0" }));
    const counts = new Map<string, number>();
    for (const { ShardId } of service.call("PutRecords", { StreamName: "s", Records }).Records) {
      counts.set(String(ShardId), (counts.get(String(ShardId)) ?? 0) + 1);
    }
    expect(counts.size).toBe(4);
    for (const count of counts.values()) expect(count).toBeGreaterThan(60);
    expect("PartitionKey" in (service.read(shardId(0)).Records[0] ?? {})).toBe(false);
    const ordered = { StreamName: "s", Data: "", SequenceNumberForOrdering: "1" };
    expect(service.error("PutRecord", ordered).code).toBe("InvalidArgumentException");
    service.call("UpdateStreamRecordDistributionStrategy", {
      StreamARN: arnOf("s"),
      RecordDistributionStrategy: "USER_PARTITION_KEY",
    });
    expect(service.error("PutRecord", { StreamName: "s", Data: "" }).code).toBe(
      "ValidationException",
    );
  });

  it("leaves gaps between sequence numbers", () => {
    const service = new Service();
    service.create(1);
    const numbers = Array.from({ length: 30 }, () => BigInt(service.put("x").SequenceNumber));
    const steps = new Set(numbers.slice(1).map((number, i) => number - (numbers[i] as bigint)));
    expect(steps.size).toBeGreaterThan(1);
  });
});
