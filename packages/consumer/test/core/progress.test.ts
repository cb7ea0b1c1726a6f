import fc from "fast-check";
import { compareCheckpoints, type RecordPosition, TRIM_HORIZON } from "@shardline/model";
import { describe, expect, it } from "vitest";
import { Progress } from "../../src/core/progress.ts";

const at = (n: number): RecordPosition => ({ sequenceNumber: String(n), subSequenceNumber: 0 });

/** The obvious way: a list of records, each done or not. */
class Model {
  readonly records: { position: RecordPosition; done: boolean }[] = [];

  prefix(): number {
    const open = this.records.findIndex(({ done }) => !done);
    return open < 0 ? this.records.length : open;
  }
}

type Step =
  | { kind: "deliver"; count: number }
  | { kind: "one"; pick: number }
  | { kind: "through"; pick: number }
  | { kind: "written" };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("deliver" as const), count: fc.integer({ min: 1, max: 6 }) }),
  fc.record({ kind: fc.constant("one" as const), pick: fc.nat(200) }),
  fc.record({ kind: fc.constant("through" as const), pick: fc.nat(200) }),
  fc.record({ kind: fc.constant("written" as const) }),
);

describe("Progress", () => {
  it("P1 P2 P3: agrees with a list of flags under any order of completion", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const progress = new Progress(TRIM_HORIZON);
        const model = new Model();
        let next = 100;
        let durable = 0;
        let before = progress.done.checkpoint;
        for (const action of steps) {
          const { records } = model;
          if (action.kind === "deliver") {
            const positions = Array.from({ length: action.count }, () => at(next++));
            progress.deliver(positions);
            for (const position of positions) records.push({ position, done: false });
          } else if (action.kind === "written") {
            progress.written(progress.done);
            durable = model.prefix();
          } else if (records.length > 0) {
            const index = action.pick % records.length;
            const { position } = records[index] as (typeof records)[number];
            const one = action.kind === "one";
            const from = one ? index : 0;
            for (let i = from; i <= index; i++) (records[i] as { done: boolean }).done = true;
            const accepted = one
              ? progress.completeOne(position)
              : progress.completeThrough(position);
            if (!accepted) throw new Error(`${position.sequenceNumber} was refused`);
          }
          const prefix = model.prefix();
          expect(progress.done.ordinal).toBe(prefix);
          expect(progress.done.checkpoint).toEqual(
            model.records[prefix - 1]?.position ?? TRIM_HORIZON,
          );
          expect(compareCheckpoints(progress.done.checkpoint, before)).toBeGreaterThanOrEqual(0);
          before = progress.done.checkpoint;
          expect(progress.complete).toBe(prefix === model.records.length);
          expect(progress.uncheckpointedRecords).toBe(model.records.length - durable);
          expect(progress.hasNews).toBe(prefix > durable);
          expect(progress.completeThrough(at(next))).toBe(false);
          expect(progress.completeOne(at(next))).toBe(false);
        }
      }),
    );
  });

  it("takes a position between two records, or of a sub-record that was not delivered, as the one before", () => {
    const progress = new Progress({ sequenceNumber: "10", subSequenceNumber: 3 });
    progress.deliver([
      { sequenceNumber: "10", subSequenceNumber: 4 },
      { sequenceNumber: "20", subSequenceNumber: 0 },
    ]);
    expect(progress.completeThrough({ sequenceNumber: "15", subSequenceNumber: 9 })).toBe(true);
    expect(progress.done.checkpoint).toEqual({ sequenceNumber: "10", subSequenceNumber: 4 });
    expect(progress.completeOne({ sequenceNumber: "15", subSequenceNumber: 9 })).toBe(false);
  });

  it("numbers are compared as numbers, not as text", () => {
    const progress = new Progress(TRIM_HORIZON);
    progress.deliver([at(9), at(10), at(100)]);
    progress.completeThrough(at(10));
    expect(progress.done.checkpoint).toEqual(at(10));
  });
});
