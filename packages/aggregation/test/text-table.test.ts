import { expect, it } from "vitest";
import { encodeAggregate, AggregateBuilder } from "../src/encode.ts";
import { TAG_PARTITION_KEY } from "../src/format.ts";
import { REMEMBERED_TEXTS, TextTable } from "../src/text-table.ts";

const MANY = 4 * REMEMBERED_TEXTS;

/** One aggregate whose texts have the numbers `from` to `to`. */
function fill(table: TextTable, from: number, to: number): void {
  for (let i = from; i < to; i++) table.take(table.find(`k${i}`));
  table.reset();
}

it("keeps more texts than a few if they come again", () => {
  const table = new TextTable(TAG_PARTITION_KEY, MANY);
  const first = table.find("k0");
  for (let round = 0; round < 10; round++) {
    for (let from = 0; from < MANY; from += 256) fill(table, from, from + 256);
  }
  expect(table.find("k0")).toBe(first);
});

it("keeps few of those that never come again, and tries now and then whether that changed", () => {
  const table = new TextTable(TAG_PARTITION_KEY, MANY);
  let next = 0;
  const isKeptFor = (texts: number): boolean => {
    const sample = table.find("sample");
    for (const end = next + texts; next < end; next += 256) fill(table, next, next + 256);
    return table.find("sample") === sample;
  };
  isKeptFor(MANY + 256);
  const kept = Array.from({ length: 200 }, () => isKeptFor(REMEMBERED_TEXTS + 256));
  expect(kept[0]).toBe(false);
  const tries = kept.filter(Boolean).length;
  expect(tries).toBeGreaterThan(0);
  expect(tries).toBeLessThan(20);
});

it("forgets without a trace in the bytes", () => {
  const builder = new AggregateBuilder({ rememberedKeys: MANY });
  for (let from = 0; from < 20 * MANY; from += 300) {
    const partitionKeys = Array.from({ length: 400 }, (_, i) => `k${from + (i % 350)}`);
    const records = partitionKeys.map((partitionKey) => ({ partitionKey, data: "x" }));
    for (const { partitionKey, data } of records) builder.tryAdd(partitionKey, undefined, data);
    expect(Buffer.compare(builder.finish(), encodeAggregate(records))).toBe(0);
  }
});
