import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RecordLog } from "../../src/stream-model/record-log.ts";
import { SequenceCounter } from "../../src/stream-model/sequence-number.ts";
import { Timestamp } from "../../src/stream-model/timestamp.ts";
import type { WireRecord } from "../../src/stream-model/wire-record.ts";

interface Entry {
  readonly record: WireRecord;
  readonly bytes: number;
}

describe("RecordLog", () => {
  it("does what a plain array does, over chunks and trims", () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 300_000 }), { minLength: 1, maxLength: 60 });
    const cuts = fc.array(fc.tuple(fc.nat(80), fc.nat(80), fc.nat(1_000_000)), { maxLength: 8 });
    fc.assert(
      fc.property(sizes, cuts, (bytes, reads) => {
        const log = new RecordLog();
        const counter = new SequenceCounter(1, 0);
        const all: Entry[] = bytes.map((size, i) => {
          const arrival = new Timestamp(1000 + Math.floor(i / 3));
          const record = {
            SequenceNumber: counter.next(1, 1),
            ApproximateArrivalTimestamp: arrival,
            Data: new Uint8Array(size % 5000).fill(i),
          };
          log.append(record, size);
          return { record, bytes: size };
        });
        let first = 0;
        for (const [position, count, budget] of reads) {
          expect(log.read(position, count, budget)).toEqual(
            expected(all, first, position, count, budget),
          );
          expect(log.bytesBefore(position)).toBe(sum(all.slice(first, Math.max(first, position))));
          const at = all[Math.min(position, all.length - 1)] as Entry;
          const sought = log.seekSequence(at.record.SequenceNumber, true);
          expect(sought).toBe(Math.max(first, Math.min(position, all.length - 1) + 1));
          const ms = at.record.ApproximateArrivalTimestamp.epochMs;
          const found = all.findIndex(
            (entry) => entry.record.ApproximateArrivalTimestamp.epochMs >= ms,
          );
          expect(log.seekTime(ms)).toBe(Math.max(first, found));
          const cut = Math.min(all.length, Math.max(first, count));
          expect(log.trimBefore(count)).toBe(cut - first);
          first = cut;
          expect(log.firstPosition).toBe(first);
          expect(log.bytes).toBe(sum(all.slice(first)));
        }
      }),
      { numRuns: 300 },
    );
  });

  it("gives a record that alone is over the budget", () => {
    const log = new RecordLog();
    const arrival = new Timestamp(0);
    log.append({ SequenceNumber: "1", ApproximateArrivalTimestamp: arrival, Data: "" }, 100);
    expect(log.read(0, 10, 10)).toHaveLength(1);
  });
});

describe("the memory of trimmed chunks", () => {
  const CHUNK_RECORDS = 200;
  /** A log of a few full chunks, whose data are all this byte. */
  function filled(byte: number): RecordLog {
    const log = new RecordLog();
    const counter = new SequenceCounter(1, 0);
    for (let i = 0; i < 5 * CHUNK_RECORDS; i++) {
      const record = {
        SequenceNumber: counter.next(1, 1),
        ApproximateArrivalTimestamp: new Timestamp(0),
        Data: new Uint8Array(1000).fill(byte),
      };
      log.append(record, 1000);
    }
    return log;
  }

  it("is used again where nobody has read", () => {
    filled(0xab).trimBefore(5 * CHUNK_RECORDS);
    const [last] = filled(0xcd).read(5 * CHUNK_RECORDS - 1, 1, 1) as [WireRecord];
    const { buffer } = last.Data as Uint8Array;
    // The part of the last chunk that is still free is as the earlier log left it.
    expect(new Uint8Array(buffer).filter((byte) => byte === 0xab).length).toBeGreaterThan(100_000);
  });

  it("is left to those who read a record of it", () => {
    const log = filled(0xab);
    const read = log.read(0, 5 * CHUNK_RECORDS, Number.POSITIVE_INFINITY);
    log.trimBefore(5 * CHUNK_RECORDS);
    filled(0xcd);
    const data = Buffer.concat(read.map((record) => record.Data as Uint8Array));
    expect(data.equals(Buffer.alloc(5 * CHUNK_RECORDS * 1000, 0xab))).toBe(true);
  });
});

function sum(entries: readonly Entry[]): number {
  return entries.reduce((total, entry) => total + entry.bytes, 0);
}

function expected(
  all: readonly Entry[],
  first: number,
  position: number,
  count: number,
  budget: number,
): WireRecord[] {
  const from = Math.max(first, position);
  const records: WireRecord[] = [];
  let total = 0;
  for (const { record, bytes } of all.slice(from, from + count)) {
    total += bytes;
    if (records.length > 0 && total > budget) break;
    records.push(record);
  }
  return records;
}
