import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TokenBucket } from "../src/token-bucket.ts";

const steps = fc.array(
  fc.record({
    waitMs: fc.integer({ min: -50, max: 2000 }),
    tokens: fc.integer({ min: 1, max: 20 }),
  }),
);

describe("TokenBucket", () => {
  it("T2: grants at most capacity + rate · interval over any interval", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 20, max: 200 }),
        fc.integer({ min: 1, max: 500 }),
        steps,
        (capacity, rate, list) => {
          const bucket = new TokenBucket(capacity, rate, 0);
          const granted: { atMs: number; tokens: number }[] = [];
          let nowMs = 0;
          for (const step of list) {
            nowMs = Math.max(0, nowMs + step.waitMs);
            if (bucket.tryTake(step.tokens, nowMs))
              granted.push({ atMs: nowMs, tokens: step.tokens });
          }
          const peakMs = granted.reduce((most, g) => Math.max(most, g.atMs), 0);
          const sum = granted.reduce((total, g) => total + g.tokens, 0);
          expect(sum).toBeLessThanOrEqual(capacity + (rate * peakMs) / 1000 + 1e-6);
        },
      ),
    );
  });

  it("grants after exactly the wait it announces", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1000 }),
        fc.integer({ min: 1, max: 100 }),
        (rate, tokens) => {
          const bucket = new TokenBucket(100, rate, 0);
          bucket.tryTake(100, 0);
          const waitMs = bucket.waitMs(tokens, 0);
          expect(bucket.tryTake(tokens, waitMs * 0.99)).toBe(false);
          expect(bucket.tryTake(tokens, waitMs + 1e-6)).toBe(true);
        },
      ),
    );
  });

  it("T3: time going backwards grants nothing", () => {
    const bucket = new TokenBucket(10, 10, 1000);
    expect(bucket.tryTake(10, 1000)).toBe(true);
    expect(bucket.tryTake(1, 0)).toBe(false);
    expect(bucket.tryTake(1, 1099)).toBe(false);
    expect(bucket.tryTake(1, 1100)).toBe(true);
  });

  it("lets a request above its capacity pass when full and then pays the debt off", () => {
    const bucket = new TokenBucket(10, 10, 0);
    expect(bucket.tryTake(30, 0)).toBe(true);
    expect(bucket.waitMs(1, 0)).toBeCloseTo(2100);
  });
});
