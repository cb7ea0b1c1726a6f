import { SeededRandom, VirtualClock } from "@shardline/local";
import {
  deferred,
  failure,
  type GetRecordsAnswer,
  type IteratorPosition,
  type KinesisApi,
  type KinesisRecord,
  type Outcome,
  Slots,
} from "@shardline/model";
import { describe, expect, it } from "vitest";
import { PollingSource, type SourceEvent } from "../src/polling-source.ts";

const HOUR = 3_600_000;

/** One shard as a list of sequence numbers, read two records at a time. */
class OneShard {
  readonly clock: VirtualClock = new VirtualClock();
  readonly opened: string[] = [];
  records: number[] = [];
  behindMs = 0;
  fail: "expired-iterator" | "invalid" | undefined;
  shareBytes = 1_000_000;
  reads = 0;
  /** Answers wait for this. */
  gate: Promise<void> | undefined;
  readonly slots: Slots = new Slots(1);

  source(start: IteratorPosition): PollingSource {
    return new PollingSource(
      start,
      {
        stream: { streamName: "s" },
        shardId: "shard",
        maxRecordsPerRead: 2,
        idleTimeBetweenReadsMs: 1_000,
        kinesisCallTimeoutMs: 1_000,
        noProgressTimeoutMs: 60_000,
        retentionMs: 24 * HOUR,
      },
      {
        kinesis: { getShardIterator: this.#open, getRecords: this.#read } as unknown as KinesisApi,
        clock: this.clock,
        random: new SeededRandom(1),
        slots: this.slots,
        shareBytes: () => this.shareBytes,
        onCall: () => {},
      },
    );
  }

  async next(source: PollingSource): Promise<SourceEvent> {
    let event: SourceEvent | undefined;
    void source.next(new AbortController().signal).then((given) => {
      event = given;
    });
    for (let i = 0; i < 200 && event === undefined; i++) await this.clock.advance(100);
    if (event === undefined) throw new Error("no event");
    return event;
  }

  readonly #open: KinesisApi["getShardIterator"] = async ({ position }) => {
    const at = "sequenceNumber" in position ? position.sequenceNumber : "";
    this.opened.push(`${position.kind} ${at}`.trim());
    const after = position.kind === "after-sequence-number" ? 1 : 0;
    return { kind: "ok", shardIterator: String(Number(at || 0) + after) };
  };

  readonly #read: KinesisApi["getRecords"] = async ({ shardIterator, maxRecords }) => {
    this.reads++;
    await this.gate;
    const { fail } = this;
    this.fail = undefined;
    if (fail !== undefined) return failure(fail, fail, fail);
    const from = Number(shardIterator);
    const found = this.records.filter((n) => n >= from).slice(0, Math.min(2, maxRecords));
    const answer: Outcome<GetRecordsAnswer> = {
      kind: "ok",
      records: found.map(toRecord),
      nextShardIterator: String((found.at(-1) ?? from - 1) + 1),
      millisBehindLatest: this.behindMs,
      childShards: [],
    };
    return answer;
  };
}

function toRecord(n: number): KinesisRecord {
  const data = new Uint8Array(100);
  return { sequenceNumber: String(n), partitionKey: "k", data, approximateArrivalTimestampMs: 0 };
}

const numbers = (event: SourceEvent): number[] =>
  event.kind === "records" ? event.records.map((r) => Number(r.sequenceNumber)) : [];
const at = (n: number): IteratorPosition => ({
  kind: "at-sequence-number",
  sequenceNumber: String(n),
});

describe("PollingSource", () => {
  it("KCL hazard C: stands AT the checkpoint until a record was seen, then goes on AFTER the last", async () => {
    const shard = new OneShard();
    shard.records = [10, 11, 12, 13];
    const source = shard.source(at(10));
    shard.fail = "expired-iterator";
    expect(numbers(await shard.next(source))).toEqual([10, 11]);
    expect(shard.opened).toEqual(["at-sequence-number 10", "at-sequence-number 10"]);
    await shard.next(source);
    shard.fail = "expired-iterator";
    shard.records.push(14);
    expect(numbers(await shard.next(source))).toEqual([14]);
    expect(shard.opened.at(-1)).toBe("after-sequence-number 13");
  });

  it("F46: the checkpointed record gone means that others may be gone", async () => {
    const shard = new OneShard();
    shard.records = [12, 13];
    expect(await shard.next(shard.source(at(10)))).toMatchObject({ trimmedAfter: "10" });
    shard.records = [10, 13];
    expect(await shard.next(shard.source(at(10)))).toMatchObject({ trimmedAfter: undefined });
  });

  it("F46: a reader about to be overtaken by the trimming looks back, and sees that it was", async () => {
    const shard = new OneShard();
    shard.records = [1, 2, 3, 4, 5, 6];
    shard.shareBytes = 300;
    const source = shard.source({ kind: "trim-horizon" });
    shard.behindMs = 23 * HOUR;
    expect(numbers(await shard.next(source))).toEqual([1, 2]);
    const second = await shard.next(source);
    expect(second).toMatchObject({ trimmedAfter: undefined });
    expect(numbers(second)).toEqual([2, 3]);
    expect(shard.opened.at(-1)).toBe("at-sequence-number 2");
    shard.records = [5, 6];
    expect(await shard.next(source)).toMatchObject({ trimmedAfter: "3" });
    // Far from the edge it does not.
    shard.behindMs = HOUR;
    shard.records.push(7, 8, 9);
    await shard.next(source);
    const opened = shard.opened.length;
    await shard.next(source);
    expect(shard.opened).toHaveLength(opened);
  });

  it("F46: an answer that holds nothing but the record looked back at does not stop it", async () => {
    const shard = new OneShard();
    shard.records = [1, 2, 3];
    shard.shareBytes = 1;
    shard.behindMs = 23 * HOUR;
    const source = shard.source({ kind: "trim-horizon" });
    const seen = new Set<number>();
    for (let i = 0; i < 12; i++) for (const n of numbers(await shard.next(source))) seen.add(n);
    expect([...seen]).toEqual([1, 2, 3]);
  });

  it("L8: a read waits while others of the worker take all slots, and one that is closed makes room", async () => {
    const shard = new OneShard();
    const answering = deferred<void>();
    shard.gate = answering.promise;
    const [first, second, third] = [shard.source(at(1)), shard.source(at(1)), shard.source(at(1))];
    const reading = first.next(new AbortController().signal);
    const closed = second.next(new AbortController().signal);
    const waiting = third.next(new AbortController().signal);
    await shard.clock.advance(500);
    expect(shard.reads).toBe(1);
    second.close();
    expect(await closed).toEqual({ kind: "aborted" });
    answering.resolve();
    expect((await reading).kind).toBe("idle");
    expect((await waiting).kind).toBe("idle");
    expect(shard.reads).toBe(2);
  });

  it("L8: reads ahead only if two answers fit, and asks for no more records than fit", async () => {
    const shard = new OneShard();
    shard.records = [1, 2, 3, 4, 5, 6];
    shard.shareBytes = 300;
    const source = shard.source({ kind: "trim-horizon" });
    shard.behindMs = 1;
    await shard.next(source);
    await shard.clock.advance(5_000);
    expect(shard.reads).toBe(1);
    shard.shareBytes = 100;
    expect(numbers(await shard.next(source))).toEqual([3]);
    shard.shareBytes = 1_000;
    await shard.next(source);
    await shard.clock.advance(5_000);
    expect(shard.reads).toBe(4);
  });
});
