/**
 * What the worker costs a record: the real Worker from GetRecords' answer to `processRecords`,
 * opening aggregates, tracking progress and checkpointing, on ports in memory and in virtual time.
 * The peer opens the same aggregates with aws-kinesis-agg and does nothing else.
 */

import { createRequire } from "node:module";
import { encodeAggregate } from "@shardline/aggregation";
import { Worker } from "@shardline/consumer";
import {
  KinesisModel,
  MemoryKinesis,
  MemoryLeaseTable,
  SeededRandom,
  settle,
  VirtualClock,
} from "@shardline/local";
import type { GetRecordsAnswer, KinesisApi, KinesisRecord, Outcome } from "@shardline/model";
import type { Bench, BenchContext } from "./harness.ts";

const require = createRequire(import.meta.url);
const theirs = require("aws-kinesis-agg") as {
  deaggregateSync(
    record: { readonly kinesis?: unknown; readonly data: string; readonly sequenceNumber: string },
    computeChecksums: boolean,
    after: (error: Error | null, records?: readonly unknown[]) => void,
  ): void;
};

const RECORD_BYTES = 100;
const MEMBERS = 450;
const RECORDS_AN_ANSWER = 45_000;
const ANSWERS = 4;

export const bench: Bench = {
  name: "consumer",
  groups: ["consumer"],
  async run(context: BenchContext): Promise<void> {
    for (const members of [MEMBERS, 1]) await measure(context, members);
  },
};

async function measure(context: BenchContext, members: number): Promise<void> {
  const payloads = payloadsOf(members);
  const answers = answersOf(payloads);
  const base64 = payloads.map((data) => Buffer.from(data).toString("base64"));
  let read = 0;
  await context.compare({
    name:
      members === 1 ? "plain records to the handler" : `aggregates of ${members} to the handler`,
    recordsPerRound: RECORDS_AN_ANSWER * ANSWERS,
    warmUpRounds: 2,
    rounds: 5,
    ours: { name: "Worker", run: () => work(answers) },
    peers: [
      {
        name: "aws-kinesis-agg, opening only",
        run(): void {
          for (let answer = 0; answer < ANSWERS; answer++) {
            for (const data of base64) {
              theirs.deaggregateSync({ data, sequenceNumber: "1" }, true, (_, records) => {
                read += records?.length ?? 1;
              });
            }
          }
        },
      },
    ],
  });
  if (read === 0) throw new Error("the peer did nothing");
}

function payloadsOf(members: number): readonly Uint8Array[] {
  const data = Buffer.alloc(RECORD_BYTES, "x");
  const of = (count: number): Uint8Array =>
    encodeAggregate(
      Array.from({ length: count }, (_, i) => ({ partitionKey: `user-${i % 50}`, data })),
    );
  return Array.from({ length: RECORDS_AN_ANSWER / members }, () =>
    members === 1 ? data : of(members),
  );
}

/** The same payloads some times over, with sequence numbers of the service's length. */
function answersOf(payloads: readonly Uint8Array[]): readonly (readonly KinesisRecord[])[] {
  let sequence = 10n ** 55n;
  return Array.from({ length: ANSWERS }, () =>
    payloads.map((data) => {
      const sequenceNumber = String(sequence++);
      return { sequenceNumber, partitionKey: "a", data, approximateArrivalTimestampMs: 0 };
    }),
  );
}

/** One worker reads one shard to its present end and stops. */
async function work(answers: readonly (readonly KinesisRecord[])[]): Promise<void> {
  const clock = new VirtualClock();
  const random = new SeededRandom(1);
  const kinesis = new MemoryKinesis({ model: new KinesisModel({ random }), clock });
  kinesis.call("CreateStream", { StreamName: "bench", ShardCount: 1 });
  let seen = 0;
  const worker = new Worker({
    streamName: "bench",
    applicationName: "bench",
    kinesis: answering(kinesis, answers),
    leases: new MemoryLeaseTable(),
    clock,
    random,
    processRecords({ records }): void {
      seen += records.length;
    },
  });
  const running = worker.run();
  while (seen < RECORDS_AN_ANSWER * ANSWERS) {
    clock.fireNext();
    await settle();
  }
  void worker.stop();
  await clock.advance(2_000);
  await running;
}

/** GetRecords gives one answer after the other; everything else is the model's. */
function answering(
  kinesis: MemoryKinesis,
  answers: readonly (readonly KinesisRecord[])[],
): KinesisApi {
  let reads = 0;
  const getRecords = async (): Promise<Outcome<GetRecordsAnswer>> => {
    const records = answers[reads++] ?? [];
    const millisBehindLatest = reads < answers.length ? 1_000 : 0;
    return { kind: "ok", records, nextShardIterator: "next", millisBehindLatest, childShards: [] };
  };
  return new Proxy<KinesisApi>(kinesis, {
    get(target, name): unknown {
      if (name === "getRecords") return getRecords;
      const value = Reflect.get(target, name) as unknown;
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
