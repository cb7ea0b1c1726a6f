import { describe, expect, it } from "vitest";
import { ACCOUNT, arnOf, Service, shardId } from "../service.ts";

const KEY = "alias/aws/kinesis";
const ON_DEMAND = { StreamMode: "ON_DEMAND" };

type Fields = Record<string, unknown>;

function summary(service: Service, StreamName = "s"): Fields {
  const answer = service.call("DescribeStreamSummary", { StreamName }) as Fields;
  return answer["StreamDescriptionSummary"] as Fields;
}

function status(service: Service): unknown {
  return summary(service)["StreamStatus"];
}

describe("stream states", () => {
  it("pass through CREATING, UPDATING and DELETING", () => {
    const service = new Service({ creatingMs: 100, updatingMs: 200, deletingMs: 300 });
    service.create(2);
    expect(status(service)).toBe("CREATING");
    expect(service.error("ListShards", { StreamName: "s" }).code).toBe("ResourceInUseException");
    expect(service.error("DeleteStream", { StreamName: "s" }).code).toBe("ResourceInUseException");
    service.pass(99);
    expect(status(service)).toBe("CREATING");
    service.pass(1);
    expect(status(service)).toBe("ACTIVE");
    service.split(shardId(0), "1000");
    expect(status(service)).toBe("UPDATING");
    expect(summary(service)["OpenShardCount"]).toBe(2);
    const busy = service.error("SplitShard", {
      StreamName: "s",
      ShardToSplit: shardId(1),
      NewStartingHashKey: "1",
    });
    expect(busy).toEqual({
      code: "ResourceInUseException",
      message: `Stream s under account ${ACCOUNT} not ACTIVE, instead in state UPDATING`,
    });
    service.pass(200);
    expect(summary(service)).toMatchObject({ StreamStatus: "ACTIVE", OpenShardCount: 3 });
    service.call("DeleteStream", { StreamName: "s" });
    expect(status(service)).toBe("DELETING");
    service.pass(300);
    expect(service.error("DescribeStreamSummary", { StreamName: "s" })).toEqual({
      code: "ResourceNotFoundException",
      message: `Stream s under account ${ACCOUNT} not found.`,
    });
  });

  it("let a stream be deleted while it changes", () => {
    const service = new Service({ updatingMs: 100, deletingMs: 50 });
    service.create(1);
    service.split(shardId(0));
    service.call("DeleteStream", { StreamName: "s" });
    service.pass(100);
    expect(service.call("ListStreams")["StreamNames"]).toEqual([]);
    service.create(1);
    expect(status(service)).toBe("ACTIVE");
  });

  it("allow five streams in CREATING", () => {
    const service = new Service({ creatingMs: 100 });
    for (let i = 0; i < 5; i++) service.create(1, `s${i}`);
    expect(service.error("CreateStream", { StreamName: "s5", ShardCount: 1 }).code).toBe(
      "LimitExceededException",
    );
    service.pass(100);
    service.create(1, "s5");
  });
});

describe("stream settings", () => {
  it("retention goes up by one operation and down by the other, between a day and a year", () => {
    const service = new Service();
    service.create(1);
    const set = (name: string, hours: number): string =>
      service.error(`${name}StreamRetentionPeriod`, {
        StreamName: "s",
        RetentionPeriodHours: hours,
      }).message;
    service.call("IncreaseStreamRetentionPeriod", { StreamName: "s", RetentionPeriodHours: 8760 });
    expect(summary(service)["RetentionPeriodHours"]).toBe(8760);
    expect(set("Increase", 8761)).toContain("too long");
    expect(set("Increase", 100)).toContain(
      "can not be shorter than existing retention period (8760 hours)",
    );
    service.call("DecreaseStreamRetentionPeriod", { StreamName: "s", RetentionPeriodHours: 25 });
    expect(set("Decrease", 30)).toContain("can not be longer");
    expect(set("Decrease", 23)).toContain("Minimum allowed retention period is 24 hours");
  });

  it("monitoring answers with what was and what will be", () => {
    const service = new Service();
    const StreamARN = service.create(1);
    const on = { StreamName: "s", ShardLevelMetrics: ["OutgoingBytes", "IncomingBytes"] };
    expect(service.call("EnableEnhancedMonitoring", on)).toEqual({
      StreamName: "s",
      StreamARN,
      CurrentShardLevelMetrics: [],
      DesiredShardLevelMetrics: ["IncomingBytes", "OutgoingBytes"],
    });
    const off = { StreamName: "s", ShardLevelMetrics: ["IncomingBytes"] };
    expect(service.call("DisableEnhancedMonitoring", off)).toMatchObject({
      DesiredShardLevelMetrics: ["OutgoingBytes"],
    });
    const all = service.call("EnableEnhancedMonitoring", {
      StreamName: "s",
      ShardLevelMetrics: ["ALL"],
    });
    expect(all["DesiredShardLevelMetrics"]).toHaveLength(7);
    service.call("DisableEnhancedMonitoring", { StreamName: "s", ShardLevelMetrics: ["ALL"] });
    expect(summary(service)["EnhancedMonitoring"]).toEqual([{ ShardLevelMetrics: [] }]);
  });

  it("encryption marks the records put while it is on", () => {
    const service = new Service();
    service.create(1);
    service.put("plain");
    const input = { StreamName: "s", EncryptionType: "KMS", KeyId: KEY };
    expect(service.error("StartStreamEncryption", { ...input, EncryptionType: "NONE" }).code).toBe(
      "InvalidArgumentException",
    );
    service.call("StartStreamEncryption", input);
    expect(summary(service)).toMatchObject({ EncryptionType: "KMS", KeyId: KEY });
    expect(service.put("secret")).toMatchObject({ EncryptionType: "KMS" });
    service.call("StopStreamEncryption", input);
    expect(summary(service)["EncryptionType"]).toBe("NONE");
    expect("KeyId" in summary(service)).toBe(false);
    expect(service.read(shardId(0)).Records.map((record) => record.EncryptionType)).toEqual([
      undefined,
      "KMS",
    ]);
  });

  it("on-demand streams scale by warm throughput, once the account has committed to it", () => {
    const service = new Service();
    service.call("CreateStream", { StreamName: "s", StreamModeDetails: ON_DEMAND });
    expect(summary(service)).toMatchObject({
      OpenShardCount: 4,
      RecordDistributionStrategy: "USER_PARTITION_KEY",
    });
    const warm = { StreamName: "s", WarmThroughputMiBps: 10 };
    expect(service.error("UpdateStreamWarmThroughput", warm).code).toBe("ValidationException");
    service.call("UpdateAccountSettings", {
      MinimumThroughputBillingCommitment: { Status: "ENABLED" },
    });
    expect(service.call("UpdateStreamWarmThroughput", warm)).toMatchObject({
      WarmThroughput: { TargetMiBps: 10, CurrentMiBps: 4 },
    });
    expect(summary(service)).toMatchObject({
      OpenShardCount: 10,
      WarmThroughput: { CurrentMiBps: 10 },
    });
    expect(
      service.error("UpdateStreamWarmThroughput", { ...warm, WarmThroughputMiBps: 10_241 }).code,
    ).toBe("LimitExceededException");
    const split = { StreamName: "s", ShardToSplit: shardId(4), NewStartingHashKey: "100" };
    expect(service.error("SplitShard", split).code).toBe("ValidationException");
    service.call("UpdateStreamMode", {
      StreamARN: arnOf("s"),
      StreamModeDetails: { StreamMode: "PROVISIONED" },
    });
    expect("WarmThroughput" in summary(service)).toBe(false);
    expect(service.error("UpdateStreamWarmThroughput", warm).code).toBe("ValidationException");
    expect(service.call("DescribeLimits")).toMatchObject({
      OpenShardCount: 10,
      OnDemandStreamCount: 0,
    });
  });

  it("a provisioned stream needs shards and cannot distribute by itself", () => {
    const service = new Service();
    const code = (input: object): string =>
      service.error("CreateStream", { StreamName: "s", ...input }).code;
    expect(code({})).toBe("ValidationException");
    expect(code({ ShardCount: 1, RecordDistributionStrategy: "AUTO" })).toBe("ValidationException");
    expect(code({ ShardCount: 1, StreamModeDetails: ON_DEMAND })).toBe("ValidationException");
    expect(code({ ShardCount: 20_001 })).toBe("LimitExceededException");
    expect(code({ ShardCount: 1, MaxRecordSizeInKiB: 1023 })).toBe("ValidationException");
    service.create(1);
    expect(code({ ShardCount: 1 })).toBe("ResourceInUseException");
    const auto = { StreamARN: arnOf("s"), RecordDistributionStrategy: "AUTO" };
    expect(service.error("UpdateStreamRecordDistributionStrategy", auto).code).toBe(
      "InvalidArgumentException",
    );
  });

  it("shard counts change by at most a factor of two", () => {
    const service = new Service();
    service.create(4);
    const code = (TargetShardCount: number): string =>
      service.error("UpdateShardCount", {
        StreamName: "s",
        TargetShardCount,
        ScalingType: "UNIFORM_SCALING",
      }).code;
    expect([code(9), code(1), code(4), code(0)]).toEqual([
      "InvalidArgumentException",
      "InvalidArgumentException",
      "InvalidArgumentException",
      "ValidationException",
    ]);
  });

  it("the billing commitment lasts a day at least", () => {
    const service = new Service();
    const set = (Status: string): Fields =>
      (
        service.call("UpdateAccountSettings", {
          MinimumThroughputBillingCommitment: { Status },
        }) as Fields
      )["MinimumThroughputBillingCommitment"] as Fields;
    const now = (): unknown =>
      (
        (service.call("DescribeAccountSettings") as Fields)[
          "MinimumThroughputBillingCommitment"
        ] as Fields
      )["Status"];
    expect(now()).toBe("DISABLED");
    expect(set("ENABLED")["Status"]).toBe("ENABLED");
    expect(set("DISABLED")["Status"]).toBe("ENABLED_UNTIL_EARLIEST_ALLOWED_END");
    expect(set("ENABLED")["Status"]).toBe("ENABLED");
    set("DISABLED");
    service.pass(24 * 3600 * 1000 - 1);
    expect(now()).toBe("ENABLED_UNTIL_EARLIEST_ALLOWED_END");
    service.pass(1);
    expect(now()).toBe("DISABLED");
  });
});
