import { describe, expect, it } from "vitest";
import { ACCOUNT, arnOf, REGION, Service, shardId } from "../service.ts";

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

describe("who owns what", () => {
  it("accounts have streams of their own, shared by policy only", () => {
    const service = new Service();
    service.accountId = "111111111111";
    const StreamARN = service.create(1);
    service.put("mine", "k");
    service.accountId = "222222222222";
    expect(service.call("ListStreams")["StreamNames"]).toEqual([]);
    const input = { StreamARN, PartitionKey: "k", Data: "" };
    const denied = service.error("PutRecord", input);
    expect(denied.code).toBe("AccessDeniedException");
    expect(denied.message).toContain("kinesis:PutRecord");
    service.accountId = "111111111111";
    const statement = (Effect: string, Action: string): object => ({
      Effect,
      Principal: { AWS: "arn:aws:iam::222222222222:root" },
      Action,
      Resource: StreamARN,
    });
    const allow = (...Statement: object[]): unknown =>
      service.call("PutResourcePolicy", {
        ResourceARN: StreamARN,
        Policy: JSON.stringify({ Statement }),
      });
    allow(statement("Allow", "kinesis:Put*"));
    service.accountId = "222222222222";
    service.call("PutRecord", input);
    expect(service.error("DescribeStreamSummary", { StreamARN }).code).toBe(
      "AccessDeniedException",
    );
    service.accountId = "111111111111";
    allow(statement("Allow", "kinesis:*"), statement("Deny", "kinesis:PutRecord"));
    service.accountId = "222222222222";
    expect(service.error("PutRecord", input).code).toBe("AccessDeniedException");
    expect(service.call("ListShards", { StreamARN }).Shards).toHaveLength(1);
  });

  it("policies can be read and removed, and must be policies", () => {
    const service = new Service();
    const ResourceARN = service.create(1);
    const code = (Policy: string): string =>
      service.error("PutResourcePolicy", { ResourceARN, Policy }).code;
    for (const bad of [
      "",
      "{",
      "{}",
      '{"Statement":[{"Effect":"Maybe"}]}',
      '{"Statement":{"Effect":"Allow"}}',
    ]) {
      expect(code(bad)).toBe("InvalidArgumentException");
    }
    expect(service.error("GetResourcePolicy", { ResourceARN }).code).toBe(
      "ResourceNotFoundException",
    );
    const Policy = JSON.stringify({
      Statement: { Effect: "Allow", Principal: "*", Action: "kinesis:*" },
    });
    service.call("PutResourcePolicy", { ResourceARN, Policy });
    expect(service.call("GetResourcePolicy", { ResourceARN })).toEqual({ Policy });
    service.call("DeleteResourcePolicy", { ResourceARN });
    expect(service.error("DeleteResourcePolicy", { ResourceARN }).code).toBe(
      "ResourceNotFoundException",
    );
  });

  it("finds a stream by ARN, by name, or by both if they agree", () => {
    const service = new Service();
    const StreamARN = service.create(1);
    service.call("DescribeStream", { StreamARN, StreamName: "s" });
    const code = (input: object): string => service.error("DescribeStream", input as Fields).code;
    expect(code({ StreamARN, StreamName: "t" })).toBe("InvalidArgumentException");
    expect(code({})).toBe("InvalidArgumentException");
    expect(code({ StreamARN: StreamARN.replace(REGION, "eu-west-1") })).toBe(
      "ResourceNotFoundException",
    );
    expect(code({ StreamARN: "arn:aws:s3:::bucket" })).toBe("ValidationException");
  });
});

describe("tags", () => {
  it("are the same by the old operations and the new", () => {
    const service = new Service();
    const ResourceARN = service.create(1);
    service.call("AddTagsToStream", { StreamName: "s", Tags: { b: "2", a: "1" } });
    service.call("TagResource", { ResourceARN, Tags: { c: "", a: "3" } });
    const Tags = [
      { Key: "a", Value: "3" },
      { Key: "b", Value: "2" },
      { Key: "c", Value: "" },
    ];
    expect(service.call("ListTagsForStream", { StreamName: "s" })).toEqual({
      Tags,
      HasMoreTags: false,
    });
    expect(service.call("ListTagsForResource", { ResourceARN })).toEqual({ Tags });
    const page = service.call("ListTagsForStream", {
      StreamName: "s",
      Limit: 1,
      ExclusiveStartTagKey: "a",
    });
    expect(page).toEqual({ Tags: [{ Key: "b", Value: "2" }], HasMoreTags: true });
    service.call("UntagResource", { ResourceARN, TagKeys: ["a", "x"] });
    service.call("RemoveTagsFromStream", { StreamName: "s", TagKeys: ["b"] });
    expect(service.call("ListTagsForResource", { ResourceARN })).toEqual({
      Tags: [{ Key: "c", Value: "" }],
    });
  });

  it("are at most fifty, of the allowed characters", () => {
    const service = new Service();
    const ResourceARN = service.create(1);
    const some = (count: number, prefix: string): Fields =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`${prefix}${i}`, "x"]));
    service.call("TagResource", { ResourceARN, Tags: some(50, "k") });
    expect(service.error("TagResource", { ResourceARN, Tags: some(1, "more") }).code).toBe(
      "LimitExceededException",
    );
    service.call("TagResource", { ResourceARN, Tags: some(50, "k") });
    expect(service.error("TagResource", { ResourceARN, Tags: { "a;b": "" } }).code).toBe(
      "InvalidArgumentException",
    );
    expect(service.error("TagResource", { ResourceARN, Tags: { "aws:x": "" } }).code).toBe(
      "InvalidArgumentException",
    );
    expect(service.error("TagResource", { ResourceARN, Tags: { "": "" } }).code).toBe(
      "ValidationException",
    );
  });

  it("belong to consumers too", () => {
    const service = new Service();
    const StreamARN = service.create(1);
    const input = { StreamARN, ConsumerName: "c", Tags: { a: "b" } };
    const { Consumer } = service.call("RegisterStreamConsumer", input) as unknown as {
      Consumer: Fields;
    };
    const ResourceARN = Consumer["ConsumerARN"];
    service.call("TagResource", { ResourceARN, Tags: { c: "d" } });
    expect(service.call("ListTagsForResource", { ResourceARN })["Tags"]).toHaveLength(2);
    expect(service.call("ListTagsForStream", { StreamName: "s" })["Tags"]).toEqual([]);
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

describe("consumers", () => {
  it("are created, described, listed in pages and deleted", () => {
    const service = new Service({ creatingMs: 100, deletingMs: 100 });
    service.create(1);
    service.pass(100);
    const StreamARN = arnOf("s");
    for (const ConsumerName of ["c", "a", "b"])
      service.call("RegisterStreamConsumer", { StreamARN, ConsumerName });
    const describe = (): Fields =>
      (service.call("DescribeStreamConsumer", { StreamARN, ConsumerName: "a" }) as Fields)[
        "ConsumerDescription"
      ] as Fields;
    expect(describe()).toMatchObject({ ConsumerStatus: "CREATING", StreamARN });
    expect(service.error("RegisterStreamConsumer", { StreamARN, ConsumerName: "a" }).code).toBe(
      "ResourceInUseException",
    );
    service.pass(100);
    const ConsumerARN = describe()["ConsumerARN"];
    expect(service.call("DescribeStreamConsumer", { ConsumerARN })).toMatchObject({
      ConsumerDescription: { ConsumerStatus: "ACTIVE", ConsumerName: "a" },
    });
    const names = (page: Fields): unknown[] =>
      (page["Consumers"] as Fields[]).map((one) => one["ConsumerName"]);
    const first = service.call("ListStreamConsumers", { StreamARN, MaxResults: 2 });
    expect(names(first)).toEqual(["a", "b"]);
    expect(
      names(service.call("ListStreamConsumers", { StreamARN, NextToken: first.NextToken })),
    ).toEqual(["c"]);
    expect(service.error("DeleteStream", { StreamName: "s" }).code).toBe("ResourceInUseException");
    service.call("DeregisterStreamConsumer", { ConsumerARN });
    expect(describe()["ConsumerStatus"]).toBe("DELETING");
    service.pass(100);
    expect(service.error("DescribeStreamConsumer", { ConsumerARN }).code).toBe(
      "ResourceNotFoundException",
    );
    service.call("DeleteStream", { StreamName: "s", EnforceConsumerDeletion: true });
  });

  it("get another ARN each time, and at most twenty of them", () => {
    const service = new Service();
    const StreamARN = service.create(1);
    const register = (ConsumerName: string): unknown =>
      (
        service.call("RegisterStreamConsumer", { StreamARN, ConsumerName }) as unknown as {
          Consumer: Fields;
        }
      ).Consumer["ConsumerARN"];
    const first = register("c");
    service.call("DeregisterStreamConsumer", { ConsumerARN: first });
    expect(register("c")).not.toBe(first);
    for (let i = 1; i < 20; i++) register(`c${i}`);
    const more = { StreamARN, ConsumerName: "more" };
    expect(service.error("RegisterStreamConsumer", more).code).toBe("LimitExceededException");
  });
});

describe("ListStreams", () => {
  it("pages by token and by name", () => {
    const service = new Service();
    const names = Array.from({ length: 7 }, (_, i) => `s${i}`);
    for (const name of names) service.create(1, name);
    const seen: unknown[] = [];
    let page: Fields = service.call("ListStreams", { Limit: 3 });
    seen.push(...(page["StreamNames"] as string[]));
    page = service.call("ListStreams", { Limit: 3, NextToken: page["NextToken"] });
    seen.push(...(page["StreamNames"] as string[]));
    expect(page["HasMoreStreams"]).toBe(true);
    page = service.call("ListStreams", { Limit: 3, ExclusiveStartStreamName: seen.at(-1) });
    seen.push(...(page["StreamNames"] as string[]));
    expect(seen).toEqual(names);
    expect(page["HasMoreStreams"]).toBe(false);
    expect(page["StreamSummaries"]).toMatchObject([{ StreamName: "s6", StreamStatus: "ACTIVE" }]);
  });
});
