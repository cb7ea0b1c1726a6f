import { describe, expect, it } from "vitest";
import { arnOf, Service, shardId } from "../service.ts";

const THROTTLED = "ProvisionedThroughputExceededException";

function entries(count: number, bytes: number): object[] {
  return Array.from({ length: count }, () => ({
    PartitionKey: "k",
    Data: new Uint8Array(bytes - 1),
  }));
}

function failed(service: Service, count: number, bytes: number): number {
  const answer = service.call("PutRecords", { StreamName: "s", Records: entries(count, bytes) });
  return answer["FailedRecordCount"] as unknown as number;
}

describe("write quota", () => {
  it("takes 1,000 records a second and refuses the rest of a call one by one", () => {
    const service = new Service({ quotas: true });
    service.create(1);
    expect(failed(service, 500, 10)).toBe(0);
    expect(failed(service, 500, 10)).toBe(0);
    expect(failed(service, 500, 10)).toBe(500);
    service.pass(100);
    const answer = service.call("PutRecords", { StreamName: "s", Records: entries(101, 10) });
    expect(answer).toMatchObject({ FailedRecordCount: 1 });
    expect(answer.Records.at(-1)).toEqual({
      ErrorCode: THROTTLED,
      ErrorMessage: `Rate exceeded for shard ${shardId(0)} in stream s under account 000000000000.`,
    });
  });

  it("takes 1 MiB a second over any length of time", () => {
    const service = new Service({ quotas: true });
    service.create(1);
    let bytes = 0;
    for (let i = 0; i < 100; i++) {
      bytes += (30 - failed(service, 30, 10_000)) * 10_000;
      service.pass(100);
    }
    expect(bytes / (1024 * 1024)).toBeGreaterThan(10);
    expect(bytes / (1024 * 1024)).toBeLessThanOrEqual(11);
  });

  it("limits each shard apart", () => {
    const service = new Service({ quotas: true });
    service.create(2);
    const put = (ExplicitHashKey: string): string => {
      const Data = new Uint8Array(1024 * 1024 - 1);
      const Records = [{ PartitionKey: "k", ExplicitHashKey, Data }];
      return service.call("PutRecords", { StreamName: "s", Records }).Records[0]?.ErrorCode ?? "ok";
    };
    expect([put("0"), put("0"), put((2n ** 127n).toString())]).toEqual(["ok", THROTTLED, "ok"]);
    const input = { StreamName: "s", PartitionKey: "k", ExplicitHashKey: "0", Data: "" };
    service.pass(500);
    expect(service.error("PutRecord", { ...input, Data: new Uint8Array(1024 * 1023) }).code).toBe(
      THROTTLED,
    );
    service.call("PutRecord", input);
  });

  it("lets a large record through a rested shard and has it paid off", () => {
    const service = new Service({ quotas: true });
    service.create(1);
    service.call("UpdateMaxRecordSize", { StreamARN: arnOf("s"), MaxRecordSizeInKiB: 10_240 });
    const MIB = 1024 * 1024;
    expect(failed(service, 1, 10 * MIB)).toBe(0);
    service.pass(9000);
    expect(failed(service, 1, 1000)).toBe(1);
    service.pass(10);
    expect(failed(service, 1, 1000)).toBe(0);
  });
});

describe("read quota", () => {
  it("takes five calls a second for each shard", () => {
    const service = new Service({ quotas: true });
    service.create(2);
    const ShardIterator = service.iterator(shardId(0));
    for (let i = 0; i < 5; i++) service.call("GetRecords", { ShardIterator });
    expect(service.error("GetRecords", { ShardIterator }).code).toBe(THROTTLED);
    service.read(shardId(1));
    service.pass(200);
    service.call("GetRecords", { ShardIterator });
  });

  it("refuses reads for five seconds after one of 10 MiB", () => {
    const service = new Service({ quotas: true });
    service.create(1);
    for (let i = 0; i < 12; i++) {
      expect(failed(service, 1, 1024 * 1024)).toBe(0);
      service.pass(1000);
    }
    const ShardIterator = service.iterator(shardId(0));
    expect(service.call("GetRecords", { ShardIterator }).Records).toHaveLength(10);
    service.pass(4999);
    expect(service.error("GetRecords", { ShardIterator }).code).toBe(THROTTLED);
    service.pass(1);
    service.call("GetRecords", { ShardIterator, Limit: 1 });
  });

  it("gives 2 MiB a second over time", () => {
    const service = new Service({ quotas: true });
    service.create(1);
    for (let i = 0; i < 40; i++) {
      failed(service, 1, 1024 * 1024);
      service.pass(1000);
    }
    let iterator: string | undefined = service.iterator(shardId(0));
    const startMs = service.nowMs;
    for (let read = 0; read < 40; service.pass(100)) {
      const input: Record<string, unknown> = { ShardIterator: iterator, Limit: 1 };
      try {
        const answer = service.call("GetRecords", input);
        read += answer.Records.length;
        iterator = answer.NextShardIterator;
      } catch {
        continue;
      }
    }
    expect(service.nowMs - startMs).toBeGreaterThan(18_000);
    expect(service.nowMs - startMs).toBeLessThan(23_000);
  });
});

describe("API rates", () => {
  it("hold for each operation, and only where they are on", () => {
    const service = new Service({ apiRateLimits: true });
    for (let i = 0; i < 5; i++) service.call("ListStreams");
    expect(service.error("ListStreams").code).toBe("LimitExceededException");
    service.pass(200);
    service.call("ListStreams");
    service.create(1);
    service.call("DescribeLimits");
    expect(service.error("DescribeLimits").code).toBe("LimitExceededException");
    for (let i = 0; i < 5; i++) service.iterator(shardId(0));
    const input = { StreamName: "s", ShardId: "shardId-0", ShardIteratorType: "LATEST" };
    expect(service.error("GetShardIterator", input).code).toBe(THROTTLED);
    const free = new Service();
    for (let i = 0; i < 50; i++) free.call("ListStreams");
  });

  it("are counted before the input is known to make sense", () => {
    const service = new Service({ apiRateLimits: true });
    const odd = { toString: "" };
    const input = { StreamName: odd, StreamARN: odd, NextToken: odd, ShardId: odd };
    for (const name of ["GetShardIterator", "ListShards", "DescribeStream"]) {
      expect(service.error(name, input).code).toBe("SerializationException");
    }
  });

  it("let a stream be scaled ten times a day", () => {
    const service = new Service({ apiRateLimits: true });
    service.create(1);
    const scale = (TargetShardCount: number): Record<string, unknown> => ({
      StreamName: "s",
      TargetShardCount,
      ScalingType: "UNIFORM_SCALING",
    });
    for (let i = 0; i < 10; i++) {
      service.call("UpdateShardCount", scale(i % 2 === 0 ? 2 : 1));
      service.pass(1000);
    }
    expect(service.error("UpdateShardCount", scale(2)).code).toBe("LimitExceededException");
    service.pass(24 * 3600 * 1000);
    service.call("UpdateShardCount", scale(2));
  });
});
