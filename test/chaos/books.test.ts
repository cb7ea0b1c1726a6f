import { TRIM_HORIZON } from "@shardline/model";
import { describe, expect, it } from "vitest";
import { type Books, judge, takeoversMs, tenureOf } from "./books.ts";
import { type Delivery, deliveryLine, parsePayload, payloadOf } from "./journal.ts";

const SHARD = "shardId-000000000000";
const at = (index: number, more: Partial<Delivery> = {}): Delivery => ({
  atUs: index * 1000,
  fence: 1,
  shardId: SHARD,
  sequenceNumber: String(100 + index),
  subSequenceNumber: 0,
  key: `key-${index % 2}`,
  index,
  ...more,
});

/** Ten records; a worker does 0 to 5, is killed, and the next one, from the checkpoint at 3, does the rest. */
function books(deliveries: readonly Delivery[] = flow()): Books {
  const begins = new Map([
    [tenureOf(SHARD, 1), TRIM_HORIZON],
    [tenureOf(SHARD, 2), { sequenceNumber: "103", subSequenceNumber: 0 }],
  ]);
  const acknowledged = new Set(Array.from({ length: 10 }, (_, index) => index));
  return { acknowledged, deliveries, begins, checkpointsBack: 0 };
}

function flow(): Delivery[] {
  const first = [0, 1, 2, 3, 4, 5].map((index) => at(index));
  const second = [4, 5, 6, 7, 8, 9].map((index) => at(index, { fence: 2, atUs: 10_000 + index }));
  return [...first, ...second];
}

describe("judge", () => {
  it("passes a crash that repeats what was not checkpointed", () => {
    const expected = { acknowledged: 10, processed: 10, repeated: 2, copies: 0, ok: true };
    expect(judge(books())).toMatchObject(expected);
  });

  it("does not pass a run in which nothing was put", () => {
    expect(judge({ ...books([]), acknowledged: new Set() }).ok).toBe(false);
  });

  it("sees what was lost", () => {
    const without = flow().filter(({ index }) => index !== 4);
    expect(judge(books(without))).toMatchObject({ lost: 1, ok: false });
  });

  it("sees a position that comes twice in a tenure", () => {
    const twice = [...flow(), at(9, { fence: 2, atUs: 20_000 })];
    expect(judge(books(twice))).toMatchObject({ tenureViolations: 1, ok: false });
  });

  it("sees a key whose records first come in another order", () => {
    const swapped = flow().map((each) =>
      each.index === 6 ? { ...each, index: 8 } : each.index === 8 ? { ...each, index: 6 } : each,
    );
    expect(judge(books(swapped))).toMatchObject({ keyViolations: 1, ok: false });
  });

  it("sees a record that the checkpoint had settled", () => {
    const early = [...flow(), at(3, { fence: 2, atUs: 9000 })];
    expect(judge(books(early))).toMatchObject({ belowCheckpoint: 1, ok: false });
  });

  it("grants a stopped process the batch that it had in hand, and no other", () => {
    const inHand = [...flow(), at(6, { atUs: 30_000 })];
    expect(judge(books(inHand)).ok).toBe(true);
    const another = [...inHand, at(7, { atUs: 31_000 })];
    expect(judge(books(another))).toMatchObject({ staleBatches: 1, ok: false });
  });

  it("sees a checkpoint that went back", () => {
    expect(judge({ ...books(), checkpointsBack: 1 }).ok).toBe(false);
  });

  it("tells copies that the stream has from records that were read twice", () => {
    const copied = [...flow(), at(9, { fence: 2, atUs: 20_000, sequenceNumber: "120" })];
    expect(judge(books(copied))).toMatchObject({ repeated: 3, copies: 1, ok: true });
  });
});

describe("takeoversMs", () => {
  it("is the time to the next tenure's first delivery", () => {
    expect(takeoversMs(flow(), new Map([[SHARD, 1]]), 5000)).toEqual([5]);
  });

  it("leaves out a shard with nothing more to deliver", () => {
    expect(takeoversMs(flow(), new Map([[SHARD, 2]]), 5000)).toEqual([]);
  });
});

describe("the journal", () => {
  it("writes a delivery as a line, and refuses a payload that is not of the load", () => {
    expect(deliveryLine(at(3))).toBe(`3000 1 ${SHARD} 103 0 key-1 3\n`);
    expect(parsePayload(payloadOf({ key: "key-1", index: 3 }))).toEqual({ key: "key-1", index: 3 });
    expect(() => parsePayload("key-1 3 and more")).toThrow("not a record of the load");
  });
});
