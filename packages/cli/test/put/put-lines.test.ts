import { VirtualClock } from "@shardline/local";
import { deferred, InvalidRecordError, type UserRecord } from "@shardline/model";
import type { PutResult } from "@shardline/producer";
import { describe, expect, it } from "vitest";
import { newCounts, putLines } from "../../src/put/put-lines.ts";

const result: PutResult = {
  ...{ shardId: "shardId-000000000000", sequenceNumber: "1", subSequenceNumber: 0 },
  attempts: [],
};

async function* chunks(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

function setUp(put: (record: UserRecord, index: number) => Promise<PutResult>) {
  const clock = new VirtualClock();
  const counts = newCounts();
  const abort = new AbortController();
  let puts = 0;
  const run = (source: AsyncIterable<Uint8Array>, recordsPerSecond?: number): Promise<void> =>
    putLines(
      { put: (record) => put(record, puts++) },
      {
        ...{ source, clock, counts, recordsPerSecond, signal: abort.signal },
        keyOf: (line) => ({ partitionKey: "k", matched: line.length > 1 }),
      },
    );
  return { clock, counts, abort, run, puts: () => puts };
}

describe("putLines", () => {
  it("counts what it does", async () => {
    const { counts, run } = setUp(async () => result);
    await run(chunks("one\ntwo\n\nthr", "ee"));
    expect(counts).toEqual({ records: 4, acknowledged: 4, failed: 0, bytes: 11, unmatched: 1 });
  });

  it("reads no further while too much is under way", async () => {
    const gates: (() => void)[] = [];
    const { counts, run } = setUp(() => {
      const { promise, resolve } = deferred<PutResult>();
      gates.push(() => resolve(result));
      return promise;
    });
    const big = `${"x".repeat(1024 * 1024)}\n`;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < 100; i++) yield Buffer.from(big);
    }
    const running = run(endless());
    // Nothing is acknowledged, so nothing more may be read than the bound.
    for (let i = 0; i < 1000; i++) await Promise.resolve();
    expect(counts.records).toBe(32);
    while (counts.acknowledged < 100) {
      gates.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await running;
    expect(counts.acknowledged).toBe(100);
  });

  it("stops at the first line that fails, after the others have settled, and names it", async () => {
    const first = deferred<PutResult>();
    const { counts, run, puts } = setUp((_, index) => {
      if (index === 1) {
        return Promise.reject(new InvalidRecordError("data", "2 bytes", "at most 1 bytes"));
      }
      return index === 0 ? first.promise : Promise.resolve(result);
    });
    const running = run(chunks("a\nb\nc\n", "d\ne\n"));
    for (let i = 0; i < 100; i++) await Promise.resolve();
    expect(counts).toMatchObject({ acknowledged: 0, failed: 1 });
    first.resolve(result);
    await expect(running).rejects.toThrowError(
      "line 2: data: got 2 bytes, expected at most 1 bytes: split the line up, or raise the stream's MaxRecordSize (1 acknowledged)",
    );
    expect(puts()).toBe(2);
    expect(counts).toMatchObject({ acknowledged: 1, failed: 1 });
  });

  it("keeps to the rate that it is given", async () => {
    const { clock, counts, run } = setUp(async () => result);
    const running = run(chunks("x\n".repeat(100)), 50);
    await clock.advance(1000);
    expect(counts.records).toBeGreaterThanOrEqual(49);
    expect(counts.records).toBeLessThanOrEqual(51);
    await clock.advance(1500);
    await running;
    expect(counts.acknowledged).toBe(100);
  });

  it("ends with what is begun when it is stopped", async () => {
    const { abort, counts, run } = setUp(async () => result);
    async function* stopping(): AsyncGenerator<Uint8Array> {
      yield Buffer.from("a\nb\n");
      abort.abort();
      yield Buffer.from("c\n");
    }
    await expect(run(stopping())).rejects.toThrowError(
      "stopped before the end of the input (2 acknowledged)",
    );
    expect(counts.records).toBe(2);
  });
});
