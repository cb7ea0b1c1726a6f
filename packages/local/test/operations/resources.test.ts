import { describe, expect, it } from "vitest";
import { REGION, Service } from "../service.ts";

type Fields = Record<string, unknown>;

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
