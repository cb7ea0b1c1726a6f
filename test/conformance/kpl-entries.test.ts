/**
 * The whole producer against what the Java KPL put: the same user records, in the order in which the
 * KPL packed them, must become the same PutRecords entries: keys, hash keys and bytes.
 */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { SeededRandom, VirtualClock } from "@shardline/local";
import {
  failure,
  hashKeyOfPartitionKey,
  hashKeyToDecimal,
  type KinesisApi,
  type PutRecordsEntry,
  type Shard,
  type UserRecord,
} from "@shardline/model";
import { Producer, type ProducerOptions } from "@shardline/producer";
import { describe, expect, it } from "vitest";

type Data = string | { readonly repeat: string; readonly bytes: number };

interface Recorded {
  readonly outerKey: string;
  readonly outerHashKey: string;
  readonly aggregated: boolean;
  readonly data?: Data;
  readonly sha256?: string;
  readonly records?: readonly (readonly [string, string | null, Data])[];
}

const recording = JSON.parse(
  readFileSync(
    new URL("../../packages/aggregation/test/fixtures/kpl-1.1.1.json", import.meta.url),
    "utf8",
  ),
) as { readonly cases: readonly { readonly name: string; readonly entries: Recorded[] }[] };

function bytesOf(data: Data): Buffer {
  if (typeof data === "string") return Buffer.from(data, "base64");
  return Buffer.alloc(data.bytes, Buffer.from(data.repeat, "base64"));
}

/** A lone record's hash key was given by the caller if it is not the hash of its partition key. */
function userRecordsOf(entry: Recorded): UserRecord[] {
  if (!entry.aggregated) {
    const { outerKey: partitionKey, outerHashKey } = entry;
    const computed = hashKeyToDecimal(hashKeyOfPartitionKey(partitionKey));
    const explicitHashKey = computed === outerHashKey ? undefined : outerHashKey;
    return [{ partitionKey, explicitHashKey, data: bytesOf(entry.data ?? "") }];
  }
  return (entry.records ?? []).map(([partitionKey, explicitHashKey, data]) => ({
    partitionKey,
    explicitHashKey: explicitHashKey ?? undefined,
    data: bytesOf(data),
  }));
}

/** Equal shards that take everything; what arrives is kept. */
function capturing(shardCount: number): { kinesis: KinesisApi; entries: PutRecordsEntry[] } {
  const width = 2n ** 128n / BigInt(shardCount);
  const hex = (n: bigint): string => n.toString(16).padStart(32, "0");
  const shards: Shard[] = Array.from({ length: shardCount }, (_, i) => ({
    shardId: `shardId-00000000000${i}`,
    hashKeyRange: { start: hex(width * BigInt(i)), end: hex(width * BigInt(i + 1) - 1n) },
    parentShardIds: [],
    startingSequenceNumber: "1",
  }));
  const entries: PutRecordsEntry[] = [];
  const unused = async () => failure("denied", "Unused", "not part of this test");
  const shardIdOf = (entry: PutRecordsEntry): string => {
    const hashKey = hex(BigInt(entry.explicitHashKey ?? "0"));
    return (shards.find(({ hashKeyRange: { end } }) => hashKey <= end) ?? shards[0])?.shardId ?? "";
  };
  const kinesis: KinesisApi = {
    async putRecords(request) {
      const answer = request.entries.map((entry) => {
        entries.push({ ...entry, data: Uint8Array.from(entry.data) });
        const shardId = shardIdOf(entry);
        return { kind: "ok" as const, shardId, sequenceNumber: String(entries.length) };
      });
      return { kind: "ok", entries: answer };
    },
    listShards: async () => ({ kind: "ok", shards }),
    putRecord: unused,
    describeStream: unused,
    getShardIterator: unused,
    getRecords: unused,
    async close() {},
  };
  return { kinesis, entries };
}

const OPTIONS: Readonly<Record<string, ProducerOptions>> = {
  "count-limit-10": { maxAggregateRecords: 10 },
  "aggregation-off": { aggregation: false },
};

function asText(entry: {
  readonly key: string;
  readonly hashKey: string | undefined;
  readonly data: Uint8Array;
}): string {
  const digest = createHash("sha256").update(entry.data).digest("hex");
  return `${entry.key} ${entry.hashKey} ${entry.data.length} bytes ${digest}`;
}

describe("PutRecords entries are those of the KPL", () => {
  it.each(recording.cases.map(({ name, entries }) => [name, entries] as const))(
    "%s",
    async (name, recorded) => {
      const { kinesis, entries } = capturing(name.startsWith("four-shards") ? 4 : 1);
      const clock = new VirtualClock();
      const random = new SeededRandom(1);
      const options = { streamName: "s", kinesis, clock, random, ...OPTIONS[name] };
      const producer = new Producer(options);
      const put = recorded.flatMap(userRecordsOf).map((record) => producer.put(record));
      const closed = producer.close();
      await clock.advance(1000);
      await Promise.all([...put, closed]);

      const sent = entries.map(({ partitionKey, explicitHashKey, data }) =>
        asText({ key: partitionKey, hashKey: explicitHashKey, data }),
      );
      const expected = recorded.map(({ outerKey: key, outerHashKey: hashKey, data, sha256 }, i) => {
        if (data !== undefined) return asText({ key, hashKey, data: bytesOf(data) });
        return `${key} ${hashKey} ${entries[i]?.data.length} bytes ${sha256}`;
      });
      expect(sent.sort()).toEqual(expected.sort());
    },
  );
});
