import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { backoffMs } from "../src/backoff.ts";

describe("backoffMs", () => {
  it("stays in [0, min(cap, base · 2^attempt)) for any attempt", () => {
    fc.assert(
      fc.property(
        fc.nat(2000),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (attempt, chance) => {
          const waitMs = backoffMs({ baseMs: 50, capMs: 5000 }, attempt, { next: () => chance });
          expect(waitMs).toBeGreaterThanOrEqual(0);
          expect(waitMs).toBeLessThanOrEqual(Math.min(5000, 50 * 2 ** attempt));
        },
      ),
    );
  });
});
