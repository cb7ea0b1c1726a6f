/** The KPL's format: ours beside aws-kinesis-agg. 100-byte records, aggregates of 50 KB. */

import { hash } from "node:crypto";
import { createRequire } from "node:module";
import { AggregateBuilder, decodeAggregate, hashPartitionKey } from "@shardline/aggregation";
import type { Bench, BenchContext, Contender } from "./harness.ts";

const require = createRequire(import.meta.url);

interface TheirAggregator {
  addUserRecord(record: { readonly partitionKey: string; readonly data: Buffer }): void;
  build(): { readonly data: Buffer };
  clearRecords(): void;
}

const { RecordAggregator: Theirs } = require("aws-kinesis-agg/lib/kpl-agg.js") as {
  readonly RecordAggregator: new () => TheirAggregator;
};
const theirs = require("aws-kinesis-agg") as {
  deaggregateSync(
    record: { readonly kinesis?: unknown; readonly data: string; readonly sequenceNumber: string },
    computeChecksums: boolean,
    after: (
      error: Error | null | undefined,
      records?: readonly { readonly data: string }[],
    ) => void,
  ): void;
};

const RECORD_BYTES = 100;
const RECORDS = 450;
/**
 * Many, for rounds of some tenths of a second: after the collection before each of them V8 compiles
 * anew, and in rounds of a few milliseconds every contender looks several times slower than it is.
 */
const AGGREGATES_A_ROUND = 1600;
const THEIR_AGGREGATES_A_ROUND = 400;
const ROUNDS = { rounds: 5, warmUpRounds: 1 };

export const bench: Bench = {
  name: "codec",
  groups: ["producer"],
  async run(context: BenchContext): Promise<void> {
    for (const keys of [1, 50, RECORDS]) await compareWith(context, keys);
    hashing(context);
  },
};

async function compareWith(context: BenchContext, keys: number): Promise<void> {
  const partitionKeys = Array.from({ length: RECORDS }, (_, i) => `user-${i % keys}`);
  const data = Buffer.alloc(RECORD_BYTES, "x");
  const recordsPerRound = RECORDS * AGGREGATES_A_ROUND;
  const builder = new AggregateBuilder({ maxBytes: 64 * 1024 });
  const encodeOurs = (): Uint8Array => {
    for (const key of partitionKeys) builder.tryAdd(key, undefined, data, RECORD_BYTES);
    return builder.finish();
  };
  const encodeTheirs = (): Buffer => {
    const aggregator = new Theirs();
    for (const partitionKey of partitionKeys) aggregator.addUserRecord({ partitionKey, data });
    return aggregator.build().data;
  };
  if (!Buffer.from(encodeOurs()).equals(encodeTheirs())) throw new Error("not the same bytes");
  const contender = (name: string, aggregates: number, work: () => void): Contender => ({
    name,
    recordsPerRound: RECORDS * aggregates,
    run(): void {
      for (let i = 0; i < aggregates; i++) work();
    },
  });
  const ours = (work: () => void): Contender => contender("ours", AGGREGATES_A_ROUND, work);
  const their = (name: string, work: () => void): Contender =>
    contender(name, THEIR_AGGREGATES_A_ROUND, work);
  await context.compare({
    name: `encode, ${keys} keys`,
    recordsPerRound,
    ...ROUNDS,
    ours: ours(encodeOurs),
    peers: [their("aws-kinesis-agg", encodeTheirs)],
  });
  const bytes = encodeOurs();
  const base64 = Buffer.from(bytes).toString("base64");
  let read = 0;
  const decodeOurs = (): void => {
    const decoded = decodeAggregate(bytes);
    if (decoded.kind === "plain") throw new Error(decoded.reason);
    for (const record of decoded.records) read += record.data.length + record.partitionKey.length;
  };
  const sum = (): void => {
    read += hash("md5", bytes, "buffer").length;
  };
  const decodeTheirs = (checksums: boolean) => (): void => {
    theirs.deaggregateSync({ data: base64, sequenceNumber: "1" }, checksums, (error, records) => {
      if (error) throw error;
      for (const record of records ?? []) read += record.data.length;
    });
  };
  await context.compare({
    name: `decode, ${keys} keys`,
    recordsPerRound,
    ...ROUNDS,
    ours: ours(decodeOurs),
    peers: [
      their("aws-kinesis-agg", decodeTheirs(true)),
      their("same, checksum unread", decodeTheirs(false)),
      // The floor of both ways: the format has a checksum over all of it.
      contender("the checksum alone", AGGREGATES_A_ROUND, sum),
    ],
  });
  if (read === 0) throw new Error("nothing was read");
}

function hashing(context: BenchContext): void {
  const words = new Uint32Array(4);
  const keys = Array.from({ length: 1000 }, (_, i) => `user-${i}`);
  const round = (): number => {
    const before = process.cpuUsage();
    for (let i = 0; i < 1000; i++) for (const key of keys) hashPartitionKey(key, words);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e6;
  };
  round();
  const ours = Math.min(round(), round(), round());
  const { name } = bench;
  const none = { peer: "", theirs: Number.NaN, ratio: Number.NaN };
  context.report({ bench: name, case: "hash a partition key", ours, unit: "cpu-us/key", ...none });
}
