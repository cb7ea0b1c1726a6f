import type { KinesisApi } from "@shardline/model";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createKinesis, type KinesisOptions } from "../src/index.ts";
import {
  type Asked,
  CREDENTIALS,
  type Scripted,
  type ScriptedServer,
  scriptedServer,
} from "./support/scripted-server.ts";

const OPTIONS = { timeoutMs: 10_000 };
const STREAM = { streamName: "orders" };
const ARN = "arn:aws:kinesis:us-east-1:123456789012:stream/orders";
const MAX = "340282366920938463463374607431768211455";

const open: (KinesisApi | ScriptedServer)[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all(open.splice(0).map((it) => it.close()));
});

async function rig(
  answer: (asked: Asked, index: number) => Scripted,
  options: KinesisOptions = {},
): Promise<{ api: KinesisApi; server: ScriptedServer }> {
  let index = 0;
  const server = await scriptedServer((asked) => answer(asked, index++), options.transport);
  const api = createKinesis({
    endpoint: server.url,
    region: "us-east-1",
    credentials: CREDENTIALS,
    random: { next: () => 0 },
    ...options,
  });
  open.push(server, api);
  return { api, server };
}

function shard(id: string, more: object = {}): object {
  return {
    ShardId: id,
    HashKeyRange: { StartingHashKey: "0", EndingHashKey: MAX },
    SequenceNumberRange: { StartingSequenceNumber: "1" },
    ...more,
  };
}

const EXPIRED = { status: 400, body: { __type: "ExpiredNextTokenException", message: "" } };
const THROTTLED = { status: 400, body: { __type: "LimitExceededException", message: "" } };

describe("listShards", () => {
  const list = { stream: STREAM, filter: { kind: "all" } } as const;

  it("follows all pages; later ones carry the token alone", async () => {
    const { api, server } = await rig((_, i) => ({
      body: { Shards: [shard(`s${i}`)], NextToken: i < 2 ? `t${i}` : null },
    }));
    const outcome = await api.listShards(list, OPTIONS);
    if (outcome.kind === "failed") throw new Error(outcome.message);
    expect(outcome.shards.map((s) => s.shardId)).toEqual(["s0", "s1", "s2"]);
    expect(server.asked.map((a) => a.json)).toEqual([
      { StreamName: "orders" },
      { NextToken: "t0" },
      { NextToken: "t1" },
    ]);
  });

  it("F49: starts over when the token expired, without shards listed twice", async () => {
    const { api } = await rig((_, i) =>
      i === 1
        ? EXPIRED
        : { body: { Shards: [shard(`s${i}`)], NextToken: i === 3 ? undefined : "t" } },
    );
    const outcome = await api.listShards(list, OPTIONS);
    expect(outcome).toMatchObject({ kind: "ok", shards: [{ shardId: "s2" }, { shardId: "s3" }] });
  });

  it("gives up when the token expires again and again", async () => {
    const { api, server } = await rig(({ json }) =>
      "NextToken" in json ? EXPIRED : { body: { Shards: [shard("s")], NextToken: "t" } },
    );
    expect(await api.listShards(list, OPTIONS)).toMatchObject({ reason: "expired-token" });
    expect(server.asked.length).toBe(8);
  });

  it("tries again when throttled, not when refused", async () => {
    const throttled = await rig((_, i) => (i < 2 ? THROTTLED : { body: { Shards: [] } }));
    expect(await throttled.api.listShards(list, OPTIONS)).toEqual({ kind: "ok", shards: [] });
    const body = { __type: "AccessDeniedException", message: "no" };
    const denied = await rig(() => ({ status: 400, body }));
    expect(await denied.api.listShards(list, OPTIONS)).toMatchObject({ reason: "denied" });
    expect(denied.server.asked.length).toBe(1);
  });

  it("reads parents, ranges and ends, and asks by filter and ARN", async () => {
    const closed = shard("s", {
      ParentShardId: "p",
      AdjacentParentShardId: "q",
      SequenceNumberRange: { StartingSequenceNumber: "1", EndingSequenceNumber: "2" },
    });
    const { api, server } = await rig(() => ({ body: { Shards: [closed] } }));
    const filter = { kind: "at-timestamp", timestampMs: 1_700_000_000_000 } as const;
    const outcome = await api.listShards({ stream: { streamArn: ARN }, filter }, OPTIONS);
    expect(outcome).toEqual({
      kind: "ok",
      shards: [
        {
          shardId: "s",
          hashKeyRange: { start: "0".repeat(32), end: "f".repeat(32) },
          parentShardIds: ["p", "q"],
          startingSequenceNumber: "1",
          endingSequenceNumber: "2",
        },
      ],
    });
    expect(server.asked[0]?.json).toEqual({
      StreamARN: ARN,
      ShardFilter: { Type: "AT_TIMESTAMP", Timestamp: 1_700_000_000 },
    });
  });

  it("R7: an answer without shards, or without what identifies them, is malformed", async () => {
    for (const body of [{}, { Shards: null }, { Shards: [{ ShardId: "s" }] }]) {
      const { api } = await rig(() => ({ body }));
      const outcome = await api.listShards(list, { timeoutMs: 5000 });
      expect(outcome).toMatchObject({ reason: "malformed", ambiguous: false });
    }
  });
});

describe("describeStream", () => {
  const summary = {
    StreamName: "orders",
    StreamARN: ARN,
    StreamStatus: "ACTIVE",
    StreamCreationTimestamp: 1_700_000_000.5,
    RetentionPeriodHours: 48,
    OpenShardCount: 4,
    MaxRecordSizeInKiB: 2048,
    RecordDistributionStrategy: "AUTO",
  };

  it("reads the summary", async () => {
    const { api } = await rig(() => ({ body: { StreamDescriptionSummary: summary } }));
    expect(await api.describeStream(STREAM, OPTIONS)).toEqual({
      kind: "ok",
      description: {
        streamName: "orders",
        streamArn: ARN,
        status: "ACTIVE",
        creationTimestampMs: 1_700_000_000_500,
        retentionPeriodHours: 48,
        openShardCount: 4,
        maxRecordBytes: 2 << 20,
        recordDistributionStrategy: "AUTO",
      },
    });
  });

  it("of a stream that does not exist says so, at once", async () => {
    const body = { __type: "ResourceNotFoundException", message: "Stream orders not found" };
    const { api, server } = await rig(() => ({ status: 400, body }));
    const outcome = await api.describeStream(STREAM, OPTIONS);
    expect(outcome).toMatchObject({ reason: "not-found", message: /orders not found/ });
    expect(server.asked.length).toBe(1);
  });
});

describe("reading", () => {
  it.each([
    [{ kind: "trim-horizon" }, { ShardIteratorType: "TRIM_HORIZON" }],
    [{ kind: "latest" }, { ShardIteratorType: "LATEST" }],
    [
      { kind: "at-timestamp", timestampMs: 1500 },
      { ShardIteratorType: "AT_TIMESTAMP", Timestamp: 1.5 },
    ],
    [
      { kind: "after-sequence-number", sequenceNumber: "7" },
      { ShardIteratorType: "AFTER_SEQUENCE_NUMBER", StartingSequenceNumber: "7" },
    ],
    [
      { kind: "at-sequence-number", sequenceNumber: "7" },
      { ShardIteratorType: "AT_SEQUENCE_NUMBER", StartingSequenceNumber: "7" },
    ],
  ] as const)("gets an iterator at %o", async (position, parameters) => {
    const { api, server } = await rig(() => ({ body: { ShardIterator: "it" } }));
    const request = { stream: STREAM, shardId: "s", position };
    expect(await api.getShardIterator(request, OPTIONS)).toEqual({
      kind: "ok",
      shardIterator: "it",
    });
    expect(server.asked[0]?.json).toEqual({ StreamName: "orders", ShardId: "s", ...parameters });
  });
});

describe.each(["fast", "sdk"] as const)("getRecords by the %s path", (dataPath) => {
  const reader = (answer: (asked: Asked, index: number) => Scripted) => rig(answer, { dataPath });
  const read = { stream: STREAM, shardIterator: "it", maxRecords: 100 };

  it("gets records with all that is known of them", async () => {
    const record = {
      SequenceNumber: "5",
      PartitionKey: "k",
      Data: "AQID",
      ApproximateArrivalTimestamp: 1.25,
      EncryptionType: "KMS",
    };
    const { api, server } = await reader(() => ({
      body: { Records: [record], NextShardIterator: "next", MillisBehindLatest: 7 },
    }));
    expect(await api.getRecords(read, OPTIONS)).toEqual({
      kind: "ok",
      records: [
        {
          sequenceNumber: "5",
          partitionKey: "k",
          data: new Uint8Array([1, 2, 3]),
          approximateArrivalTimestampMs: 1250,
          encryptionType: "KMS",
        },
      ],
      nextShardIterator: "next",
      millisBehindLatest: 7,
      childShards: [],
    });
    expect(server.asked[0]?.json).toEqual({ ShardIterator: "it", Limit: 100 });
  });

  it("the end of a shard names its children", async () => {
    const range = { StartingHashKey: "0", EndingHashKey: "1" };
    const child = { ShardId: "c", ParentShards: ["s"], HashKeyRange: range };
    // The service says null; some say nothing.
    for (const end of [{}, { NextShardIterator: null, MillisBehindLatest: null }]) {
      const body = { Records: [], ChildShards: [child], ...end };
      const { api } = await reader(() => ({ body }));
      const outcome = await api.getRecords(read, OPTIONS);
      if (outcome.kind === "failed") throw new Error(outcome.message);
      expect(outcome.nextShardIterator).toBe(undefined);
      expect(outcome.millisBehindLatest).toBe(undefined);
      expect(outcome.childShards).toMatchObject([{ shardId: "c", parentShardIds: ["s"] }]);
    }
  });

  it("S5b: an answer without records is no end of a shard but malformed", async () => {
    const { api } = await reader(() => ({ body: {} }));
    expect(await api.getRecords(read, OPTIONS)).toMatchObject({ reason: "malformed" });
  });

  it("F45: an expired iterator is told as such, and asked for once", async () => {
    const body = { __type: "ExpiredIteratorException", message: "" };
    const { api, server } = await reader(() => ({ status: 400, body }));
    expect(await api.getRecords(read, OPTIONS)).toMatchObject({ reason: "expired-iterator" });
    expect(server.asked.length).toBe(1);
  });

  it("the data plane is not retried behind the caller's back", async () => {
    for (const status of [400, 500, 503, 429]) {
      const body = { __type: "ThrottlingException", message: "" };
      const { api, server } = await reader(() => ({ status, body }));
      expect(await api.getRecords(read, OPTIONS)).toMatchObject({ kind: "failed" });
      expect(server.asked.length).toBe(1);
    }
  });
});

describe("putRecord", () => {
  it("carries the sequence number that orders it", async () => {
    const { api, server } = await rig(() => ({ body: { ShardId: "s", SequenceNumber: "9" } }));
    const outcome = await api.putRecord(
      {
        stream: STREAM,
        partitionKey: "k",
        data: new Uint8Array([1]),
        sequenceNumberForOrdering: "8",
      },
      OPTIONS,
    );
    expect(outcome).toEqual({ kind: "ok", shardId: "s", sequenceNumber: "9" });
    expect(server.asked[0]?.json).toEqual({
      StreamName: "orders",
      PartitionKey: "k",
      Data: "AQ==",
      SequenceNumberForOrdering: "8",
    });
  });
});

describe("configuration", () => {
  it("wrong options are named", () => {
    expect(() => createKinesis({ endpoint: "localhost:4567" })).toThrow(/endpoint: .*URL/);
    expect(() => createKinesis({ maxConnections: 0 })).toThrow(/maxConnections: got 0/);
    expect(() => createKinesis({ regoin: "x" } as never)).toThrow(/did you mean region/);
    expect(() => createKinesis({ credentials: {} as never })).toThrow(/credentials/);
  });

  it.each(["fast", "sdk"] as const)(
    "is found as the SDK finds it, on the %s path",
    async (dataPath) => {
      const body = { Records: [{ SequenceNumber: "1", ShardId: "s" }] };
      const { server } = await rig(() => ({ body }));
      vi.stubEnv("AWS_ENDPOINT_URL_KINESIS", server.url);
      vi.stubEnv("AWS_REGION", "ap-southeast-2");
      vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIDENV");
      vi.stubEnv("AWS_SECRET_ACCESS_KEY", "secret");
      const api = createKinesis({ dataPath });
      open.push(api);
      const entries = [{ partitionKey: "k", data: new Uint8Array(1) }];
      expect(await api.putRecords({ stream: STREAM, entries }, OPTIONS)).toMatchObject({
        kind: "ok",
      });
      const authorization = String(server.asked[0]?.headers["authorization"]);
      expect(authorization).toMatch(/Credential=AKIDENV\/[0-9]{8}\/ap-southeast-2\/kinesis\//);
    },
  );

  it("credentials that never come cost the deadline, not the process", async () => {
    const { api, server } = await rig(() => ({}), { credentials: () => new Promise(() => {}) });
    for (const name of ["list", "put"]) {
      const call =
        name === "list"
          ? api.listShards({ stream: STREAM, filter: { kind: "all" } }, { timeoutMs: 40 })
          : api.putRecords(
              { stream: STREAM, entries: [{ partitionKey: "k", data: new Uint8Array(1) }] },
              { timeoutMs: 40 },
            );
      expect(await call).toMatchObject({ reason: "timeout", ambiguous: false });
    }
    expect(server.asked.length).toBe(0);
  });

  it("credentials that cannot be had are a failure of their own", async () => {
    const { api } = await rig(() => ({}), {
      credentials: () =>
        Promise.reject(Object.assign(new Error("expired"), { name: "CredentialsProviderError" })),
    });
    const entries = [{ partitionKey: "k", data: new Uint8Array(1) }];
    const outcome = await api.putRecords({ stream: STREAM, entries }, OPTIONS);
    expect(outcome).toMatchObject({ reason: "credentials", ambiguous: false });
  });
});
