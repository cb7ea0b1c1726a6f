import fc from "fast-check";
import { SeededRandom } from "@shardline/local";
import { describe, expect, it } from "vitest";
import { Pacing } from "../../src/core/pacing.ts";

const config = { idleTimeBetweenReadsMs: 1_000 };

describe("Pacing", () => {
  it("reads at once first, five times a second while behind, once a second at the end", () => {
    const pacing = new Pacing(config, new SeededRandom(1));
    expect(pacing.waitMs(0)).toBe(0);
    pacing.after({ kind: "ok", bytes: 0, caughtUp: false }, 0, 30);
    expect(pacing.waitMs(30)).toBe(170);
    pacing.after({ kind: "ok", bytes: 0, caughtUp: true }, 200, 230);
    expect(pacing.waitMs(230)).toBe(970);
  });

  it("pays for a large answer with time: 2 MiB a second and shard", () => {
    const pacing = new Pacing(config, new SeededRandom(1));
    pacing.after({ kind: "ok", bytes: 10 * 1024 * 1024, caughtUp: false }, 0, 100);
    expect(pacing.waitMs(100)).toBe(4_900);
  });

  it("backs off at random and within bounds, never faster than the quota, and recovers", () => {
    const result = fc.constantFrom("throttled" as const, "failed" as const);
    fc.assert(
      fc.property(fc.nat(), fc.array(result, { maxLength: 20 }), (seed, results) => {
        const pacing = new Pacing(config, new SeededRandom(seed));
        results.forEach((kind, i) => {
          pacing.after({ kind }, 0, 50);
          const ceiling =
            kind === "throttled" ? Math.min(10_000, 500 * 2 ** i) : Math.min(5_000, 250 * 2 ** i);
          expect(pacing.waitMs(50)).toBeGreaterThanOrEqual(150);
          expect(pacing.waitMs(50)).toBeLessThanOrEqual(Math.max(150, ceiling));
        });
        pacing.after({ kind: "ok", bytes: 0, caughtUp: false }, 0, 50);
        expect(pacing.troubles).toBe(0);
        expect(pacing.waitMs(50)).toBe(150);
      }),
    );
  });
});
