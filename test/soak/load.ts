/**
 * One of everything: producers over both versions, readers by polling and by fan-out, splits and
 * merges, streams that come and go, leases, rude clients, and faults that change all the time.
 */

import { setTimeout as sleep } from "node:timers/promises";
import {
  CreateStreamCommand,
  DeleteStreamCommand,
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
  PutRecordsCommand,
  RegisterStreamConsumerCommand,
  SplitShardCommand,
  SubscribeToShardCommand,
} from "@aws-sdk/client-kinesis";
import { type FaultRule, SeededRandom } from "@shardline/local";
import { renewLeases, rudeClient } from "./other-clients.ts";

const STREAM_LIFE_MS = 20_000;
const FAULT_EVERY_MS = 400;
const FAULTS: readonly FaultRule["action"][] = [
  { kind: "throttle" },
  { kind: "delay", delayMs: 50 },
  { kind: "drop" },
  { kind: "reset" },
  { kind: "goaway" },
  { kind: "error", code: "InternalFailure", statusCode: 500 },
  { kind: "failEntries", entries: [0, 3] },
];
/** What faults and a deleted stream may cause; anything else is a bug. */
const FORESEEN =
  /Throughput|InternalFailure|Injected|reset|hang up|socket|closed|REFUSED|CANCEL|INTERNAL_ERROR|GOAWAY|ECONN|EPIPE|aborted|ResourceNotFound|ResourceInUse|ExpiredIterator|LimitExceeded|terminated|refused|HTTP2|Http2/i;

export class Load {
  readonly #kinesisUrl: string;
  readonly #dynamodbUrl: string;
  readonly #random: SeededRandom = new SeededRandom(7);
  readonly #kinesis: KinesisClient;
  readonly unforeseen: Map<string, number> = new Map();
  #stopped = false;
  acknowledged = 0;
  read = 0;
  pushed = 0;
  failed = 0;
  lost = 0;

  constructor(kinesisUrl: string, dynamodbUrl: string) {
    this.#kinesisUrl = kinesisUrl;
    this.#dynamodbUrl = dynamodbUrl;
    const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "example" };
    const region = "us-east-1";
    this.#kinesis = new KinesisClient({
      ...{ endpoint: kinesisUrl, region, credentials, maxAttempts: 1 },
    });
  }

  stop(): void {
    this.#stopped = true;
  }

  async run(): Promise<void> {
    await Promise.all([
      this.#streams(),
      this.#faults(),
      this.#until(
        () => this.#stopped,
        () => renewLeases(this.#dynamodbUrl),
      ),
      this.#until(
        () => this.#stopped,
        () => rudeClient(this.#kinesisUrl, this.#random),
      ),
    ]);
    this.#kinesis.destroy();
  }

  isBusy(): boolean {
    return Math.min(this.acknowledged, this.read, this.pushed) > 0;
  }

  toString(): string {
    return `${this.acknowledged} acknowledged, ${this.read} read, ${this.pushed} pushed, ${this.failed} calls failed`;
  }

  async #streams(): Promise<void> {
    for (let generation = 0; !this.#stopped; generation++) {
      await this.#lifeOf(`soak-${generation}`);
    }
  }

  async #lifeOf(StreamName: string): Promise<void> {
    await this.#insist(() =>
      this.#kinesis.send(new CreateStreamCommand({ StreamName, ShardCount: 3 })),
    );
    const endMs = Date.now() + STREAM_LIFE_MS;
    const over = (): boolean => this.#stopped || Date.now() > endMs;
    await Promise.all([
      this.#until(over, () => this.#put(StreamName)),
      this.#until(over, () => this.#put(StreamName)),
      this.#until(over, () => this.#poll(StreamName)),
      this.#until(over, () => this.#subscribe(StreamName, over)),
      this.#until(over, () => this.#split(StreamName)),
    ]);
    await this.#insist(() =>
      this.#kinesis.send(new DeleteStreamCommand({ StreamName, EnforceConsumerDeletion: true })),
    );
  }

  async #put(StreamName: string): Promise<void> {
    const Records = Array.from({ length: 50 }, () => ({
      PartitionKey: `key-${Math.floor(this.#random.next() * 1000)}`,
      Data: Buffer.alloc(1 + Math.floor(this.#random.next() * 2000), 65),
    }));
    const answer = await this.#kinesis.send(new PutRecordsCommand({ StreamName, Records }));
    this.acknowledged += Records.length - (answer.FailedRecordCount ?? 0);
    // What was just acknowledged must be there to read.
    const put = answer.Records?.find((record) => record.SequenceNumber !== undefined);
    if (put === undefined || this.#random.next() > 0.05) return;
    const { ShardIterator } = await this.#kinesis.send(
      new GetShardIteratorCommand({
        ...{ StreamName, ShardId: put.ShardId, ShardIteratorType: "AT_SEQUENCE_NUMBER" },
        StartingSequenceNumber: put.SequenceNumber,
      }),
    );
    const { Records: found = [] } = await this.#kinesis.send(
      new GetRecordsCommand({ ShardIterator, Limit: 1 }),
    );
    if (found[0]?.SequenceNumber !== put.SequenceNumber) this.lost++;
  }

  async #poll(StreamName: string): Promise<void> {
    const { Shards = [] } = await this.#kinesis.send(new ListShardsCommand({ StreamName }));
    for (const { ShardId } of Shards) {
      let { ShardIterator } = await this.#kinesis.send(
        new GetShardIteratorCommand({ StreamName, ShardId, ShardIteratorType: "TRIM_HORIZON" }),
      );
      for (let page = 0; page < 5 && ShardIterator !== undefined; page++) {
        const answer = await this.#kinesis.send(new GetRecordsCommand({ ShardIterator }));
        this.read += answer.Records?.length ?? 0;
        ShardIterator = answer.NextShardIterator;
      }
    }
  }

  async #subscribe(StreamName: string, over: () => boolean): Promise<void> {
    const { StreamDescriptionSummary } = await this.#kinesis.send(
      new DescribeStreamSummaryCommand({ StreamName }),
    );
    const { Consumer } = await this.#kinesis.send(
      new RegisterStreamConsumerCommand({
        StreamARN: StreamDescriptionSummary?.StreamARN,
        ConsumerName: `reader-${Math.floor(this.#random.next() * 1e9)}`,
      }),
    );
    const { EventStream = [] } = await this.#kinesis.send(
      new SubscribeToShardCommand({
        ConsumerARN: Consumer?.ConsumerARN,
        ShardId: "shardId-000000000000",
        StartingPosition: { Type: "TRIM_HORIZON" },
      }),
    );
    for await (const { SubscribeToShardEvent } of EventStream) {
      this.pushed += SubscribeToShardEvent?.Records?.length ?? 0;
      if (over()) return;
    }
  }

  async #split(StreamName: string): Promise<void> {
    await sleep(5000);
    const { Shards = [] } = await this.#kinesis.send(new ListShardsCommand({ StreamName }));
    const open = Shards.filter((s) => s.SequenceNumberRange?.EndingSequenceNumber === undefined);
    const { ShardId, HashKeyRange } = open.at(-1) ?? {};
    const start = BigInt(HashKeyRange?.StartingHashKey ?? 0);
    const end = BigInt(HashKeyRange?.EndingHashKey ?? 0);
    await this.#kinesis.send(
      new SplitShardCommand({
        ...{ StreamName, ShardToSplit: ShardId },
        NewStartingHashKey: ((start + end) / 2n).toString(),
      }),
    );
  }

  async #faults(): Promise<void> {
    while (!this.#stopped) {
      const action = FAULTS[Math.floor(this.#random.next() * FAULTS.length)];
      await this.#admin("POST", JSON.stringify({ action, forMs: 300, probability: 0.2 }));
      await sleep(FAULT_EVERY_MS);
    }
    await this.#admin("DELETE");
  }

  async #admin(method: string, body?: string): Promise<void> {
    const answer = await fetch(`${this.#kinesisUrl}/_shardline/faults`, {
      ...{ method, headers: { "content-type": "application/json" } },
      ...(body !== undefined && { body }),
    });
    if (!answer.ok) throw new Error(`admin endpoint: ${await answer.text()}`);
  }

  async #until(over: () => boolean, act: () => Promise<void>): Promise<void> {
    while (!over()) {
      try {
        await act();
      } catch (error) {
        this.#note(error);
      }
      await sleep(2);
    }
  }

  async #insist(act: () => Promise<unknown>): Promise<void> {
    for (let attempt = 0; attempt < 100; attempt++) {
      try {
        await act();
        return;
      } catch (error) {
        if (/ResourceInUse|ResourceNotFound/.test(String(error))) return;
        this.#note(error);
        await sleep(50);
      }
    }
  }

  #note(error: unknown): void {
    this.failed++;
    const { code = "" } = error as { code?: string };
    const what = `${String(error)} ${code}`.trim();
    if (!FORESEEN.test(what)) this.unforeseen.set(what, (this.unforeseen.get(what) ?? 0) + 1);
  }
}
