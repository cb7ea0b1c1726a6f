import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Service, shardId } from "../service.ts";

function ids(service: Service, input: Record<string, unknown>): string[] {
  return service.shards(input).map((shard) => shard.ShardId);
}

describe("ListShards", () => {
  it("gives the same in pages of any size as at once", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 12 }),
        (shards, MaxResults) => {
          const service = new Service();
          service.create(shards);
          const all: string[] = [];
          let page = service.call("ListShards", { StreamName: "s", MaxResults });
          for (;;) {
            expect(page.Shards.length).toBeLessThanOrEqual(MaxResults);
            all.push(...page.Shards.map((shard) => shard.ShardId));
            if (page.NextToken === undefined) break;
            page = service.call("ListShards", { NextToken: page.NextToken, MaxResults });
          }
          expect(all).toEqual(ids(service, {}));
        },
      ),
      { numRuns: 60 },
    );
  });

  it("keeps a token's filter through its pages", () => {
    const service = new Service();
    service.create(2);
    service.split(shardId(0), (2n ** 126n).toString());
    const input = { StreamName: "s", MaxResults: 1, ShardFilter: { Type: "AT_LATEST" } };
    const first = service.call("ListShards", input);
    const second = service.call("ListShards", { NextToken: first.NextToken, MaxResults: 10 });
    expect([first, second].flatMap((page) => page.Shards.map((shard) => shard.ShardId))).toEqual([
      shardId(1),
      shardId(2),
      shardId(3),
    ]);
  });

  it("filters by time", () => {
    const service = new Service();
    service.create(1);
    const created = service.wallMs;
    service.pass(10_000);
    service.split(shardId(0));
    const split = service.wallMs;
    service.pass(10_000);
    const at = (Type: string, ms: number): string[] =>
      ids(service, { ShardFilter: { Type, Timestamp: ms / 1000 } });
    expect(at("AT_TIMESTAMP", created + 5000)).toEqual([shardId(0)]);
    expect(at("AT_TIMESTAMP", split + 1)).toEqual([shardId(1), shardId(2)]);
    expect(at("AT_TIMESTAMP", created - 5000)).toEqual([shardId(0)]);
    expect(at("FROM_TIMESTAMP", created)).toEqual([shardId(0), shardId(1), shardId(2)]);
    expect(at("FROM_TIMESTAMP", split + 1)).toEqual([shardId(1), shardId(2)]);
    expect(ids(service, { ShardFilter: { Type: "AFTER_SHARD_ID", ShardId: shardId(1) } })).toEqual([
      shardId(2),
    ]);
    expect(ids(service, { ExclusiveStartShardId: shardId(0) })).toEqual([shardId(1), shardId(2)]);
  });

  it("forgets closed shards after retention, and their children become the oldest", () => {
    const service = new Service();
    service.create(1);
    service.pass(1000);
    service.split(shardId(0));
    service.pass(24 * 3600 * 1000);
    expect(ids(service, { ShardFilter: { Type: "AT_TRIM_HORIZON" } })).toEqual([shardId(0)]);
    service.pass(1);
    expect(ids(service, {})).toEqual([shardId(1), shardId(2)]);
    expect(ids(service, { ShardFilter: { Type: "AT_TRIM_HORIZON" } })).toEqual([
      shardId(1),
      shardId(2),
    ]);
    expect(service.shards()[0]).toMatchObject({ ParentShardId: shardId(0) });
    expect(
      service.error("GetShardIterator", {
        StreamName: "s",
        ShardId: shardId(0),
        ShardIteratorType: "TRIM_HORIZON",
      }).code,
    ).toBe("ResourceNotFoundException");
  });

  it("refuses what does not go together", () => {
    const service = new Service();
    service.create(3);
    const { NextToken } = service.call("ListShards", { StreamName: "s", MaxResults: 1 });
    const code = (input: Record<string, unknown>): string =>
      service.error("ListShards", input).code;
    expect(code({})).toBe("InvalidArgumentException");
    expect(code({ NextToken, StreamName: "s" })).toBe("InvalidArgumentException");
    expect(code({ NextToken, ShardFilter: { Type: "AT_LATEST" } })).toBe(
      "InvalidArgumentException",
    );
    expect(code({ NextToken: "nonsense" })).toBe("InvalidArgumentException");
    expect(code({ NextToken: service.iterator(shardId(0)) })).toBe("InvalidArgumentException");
    expect(code({ StreamName: "s", ShardFilter: { Type: "AFTER_SHARD_ID" } })).toBe(
      "InvalidArgumentException",
    );
    expect(code({ StreamName: "s", ShardFilter: { Type: "AT_TIMESTAMP" } })).toBe(
      "InvalidArgumentException",
    );
    expect(
      code({ StreamName: "s", ShardFilter: { Type: "AT_LATEST", ShardId: "shardId-0" } }),
    ).toBe("InvalidArgumentException");
    expect(code({ StreamName: "s", ShardFilter: { Type: "NEVER" } })).toBe("ValidationException");
    expect(code({ StreamName: "s", StreamCreationTimestamp: 5 })).toBe("ResourceNotFoundException");
    expect(code({ StreamName: "other" })).toBe("ResourceNotFoundException");
    service.pass(300_001);
    expect(code({ NextToken })).toBe("ExpiredNextTokenException");
  });
});
