import { describe, expect, it } from "vitest";
import { Service } from "../service.ts";

const service = new Service();

function said(name: string, input: Record<string, unknown>): string {
  const { code, message } = service.error(name, input);
  return `${code}: ${message}`;
}

describe("validation", () => {
  it.each<[string, Record<string, unknown>, string]>([
    [
      "CreateStream",
      { StreamName: "a b", ShardCount: 0 },
      "ValidationException: 2 validation errors detected: Value '0' at 'shardCount' failed to satisfy constraint: Member must have value greater than or equal to 1; Value 'a b' at 'streamName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+",
    ],
    [
      "CreateStream",
      { StreamName: "", ShardCount: 1 },
      "ValidationException: 2 validation errors detected: Value '' at 'streamName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+; Value '' at 'streamName' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ],
    [
      "GetShardIterator",
      { StreamName: "s", ShardIteratorType: "SOON" },
      "ValidationException: 2 validation errors detected: Value null at 'shardId' failed to satisfy constraint: Member must not be null; Value 'SOON' at 'shardIteratorType' failed to satisfy constraint: Member must satisfy enum value set: [AFTER_SEQUENCE_NUMBER, LATEST, AT_TIMESTAMP, AT_SEQUENCE_NUMBER, TRIM_HORIZON]",
    ],
    [
      "PutRecords",
      { StreamName: "s", Records: [] },
      "ValidationException: 1 validation error detected: Value '[]' at 'records' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ],
    [
      "PutRecords",
      { StreamName: "s", Records: [{ PartitionKey: "", Data: "" }, {}] },
      "ValidationException: 2 validation errors detected: Value '' at 'records.1.member.partitionKey' failed to satisfy constraint: Member must have length greater than or equal to 1; Value null at 'records.2.member.data' failed to satisfy constraint: Member must not be null",
    ],
    [
      "PutRecord",
      { StreamName: "s", PartitionKey: "k", Data: new Uint8Array(10_485_761) },
      "ValidationException: 1 validation error detected: Value 'java.nio.HeapByteBuffer[pos=0 lim=10485761 cap=10485761]' at 'data' failed to satisfy constraint: Member must have length less than or equal to 10485760",
    ],
    [
      "PutRecord",
      { StreamName: "s", PartitionKey: "k", Data: "", ExplicitHashKey: "01" },
      "ValidationException: 1 validation error detected: Value '01' at 'explicitHashKey' failed to satisfy constraint: Member must satisfy regular expression pattern: 0|([1-9]\\d{0,38})",
    ],
    [
      "AddTagsToStream",
      { StreamName: "s", Tags: { [""]: "x" } },
      "ValidationException: 1 validation error detected: Value '{=x}' at 'tags' failed to satisfy constraint: Map keys must satisfy constraint: [Member must have length less than or equal to 128, Member must have length greater than or equal to 1]",
    ],
    [
      "PutRecord",
      { StreamName: 1 },
      "SerializationException: class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to an String",
    ],
    [
      "PutRecord",
      { StreamName: [] },
      "SerializationException: Start of list found where not expected",
    ],
    [
      "PutRecord",
      { Data: "abc" },
      "SerializationException: The value can not be converted to a Blob: Base64 encoded length is expected a multiple of 4 bytes but found: 3",
    ],
    [
      "PutRecord",
      { Data: "ab-=" },
      "SerializationException: The value can not be converted to a Blob: Invalid Base64 character: '-'",
    ],
    ["PutRecords", { Records: 5 }, "SerializationException: Expected list or null"],
    [
      "PutRecords",
      { Records: [[]] },
      "SerializationException: Start of list found where not expected",
    ],
    [
      "CreateStream",
      { ShardCount: "1" },
      "SerializationException: class java.lang.String can not be converted to an Integer",
    ],
    [
      "ListShards",
      { ShardFilter: [] },
      "SerializationException: Start of list found where not expected",
    ],
  ])("%s, case %#", (name, input, expected) => {
    expect(said(name, input)).toBe(expected);
  });

  it("asks for a partition key beside an explicit hash key too", () => {
    const input = { StreamName: "k", Data: "", ExplicitHashKey: "0" };
    service.create(1, "k");
    expect(said("PutRecord", input)).toBe(
      "ValidationException: 1 validation error detected: Value null at 'partitionKey' failed to satisfy constraint: Member must not be null",
    );
  });

  it("tells of a list's broken texts once", () => {
    expect(said("RemoveTagsFromStream", { StreamName: "s", TagKeys: ["", "two", ""] })).toBe(
      "ValidationException: 1 validation error detected: Value '[, two, ]' at 'tagKeys' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 128, Member must have length greater than or equal to 1]",
    );
  });

  it("words a missing shard as each operation does, and looks at its id before the stream", () => {
    const split = { StreamName: "k", ShardToSplit: "shardId-7", NewStartingHashKey: "5" };
    const missing = "ResourceNotFoundException: Could not find shard";
    expect(said("SplitShard", split)).toBe(
      `${missing} shardId-000000000007 in stream k under account 000000000000.`,
    );
    expect(said("SplitShard", { ...split, StreamName: "none", ShardToSplit: "x" })).toBe(
      `${missing} x in stream none under account 000000000000.`,
    );
    const begin = { StreamName: "none", ShardId: "shardId-0", ShardIteratorType: "LATEST" };
    expect(said("GetShardIterator", begin)).toBe(
      "ResourceNotFoundException: Shard shardId-000000000000 in stream none under account 000000000000 does not exist",
    );
  });

  it("takes null for absent", () => {
    service.create(1);
    const input = {
      StreamName: "s",
      StreamARN: null,
      PartitionKey: "k",
      Data: "",
      ExplicitHashKey: null,
    };
    service.call("PutRecord", input);
    service.call("PutRecords", {
      StreamName: "s",
      Records: [{ PartitionKey: "k", Data: "", ExplicitHashKey: null }],
    });
    const all = service.call("ListShards", { StreamName: "s", NextToken: null, ShardFilter: null });
    expect(all.Shards).toHaveLength(1);
  });

  it("counts a partition key in characters, not in UTF-16 units", () => {
    const input = { StreamName: "s", Data: "" };
    service.call("PutRecord", { ...input, PartitionKey: "😀".repeat(256) });
    expect(said("PutRecord", { ...input, PartitionKey: "😀".repeat(257) })).toContain(
      "less than or equal to 256",
    );
  });

  it("names at most ten errors", () => {
    const Records = Array.from({ length: 30 }, () => ({}));
    expect(said("PutRecords", { StreamName: "s", Records })).toContain(
      "10 validation errors detected",
    );
  });
});
