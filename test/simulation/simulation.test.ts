import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { kindFor, PLANTS } from "./planted/all.ts";
import { NOTHING_PLANTED } from "./planted/plant.ts";
import type { Regression } from "./regression.ts";
import { type Judged, runJudged, runSeed } from "./seed-run.ts";

const SEEDS = 40;
/** Seeds tried for a planted bug; `npm run simulate -- --planted` says how many each takes. */
const PLANTED_SEEDS = 40;

function said({ scenario, violations }: Judged): string[] {
  return violations.map(({ property, message }) => `seed ${scenario.seed} ${property}: ${message}`);
}

describe("fleets under faults keep S1–S8, L1, L2, L4, L5 and L9", () => {
  for (let from = 1; from <= SEEDS; from += 10) {
    test(`seeds ${from} to ${from + 9}`, async () => {
      for (let seed = from; seed < from + 10; seed++) {
        expect(said(await runSeed(seed))).toEqual([]);
      }
    });
  }

  test("a seed gives the same run twice", async () => {
    for (const seed of [7, 23]) {
      const first = await runSeed(seed);
      const second = await runSeed(seed);
      expect(second.hash).toBe(first.hash);
      expect(second.events).toBe(first.events);
    }
  });
});

describe("producers under faults keep S1, S1b, S6, S9, L4, L5 and L8", () => {
  test("seeds 1 to 100", async () => {
    for (let seed = 1; seed <= 100; seed++) {
      expect(said(await runSeed(seed, NOTHING_PLANTED, "producers"))).toEqual([]);
    }
  });
});

describe("planted bugs are caught", () => {
  for (const plant of PLANTS) {
    test(`${plant.name} (${plant.breaks})`, async () => {
      const seen = new Set<string>();
      for (let seed = plant.seed; seed < plant.seed + PLANTED_SEEDS; seed++) {
        const { violations } = await runSeed(seed, plant, kindFor(plant));
        for (const { property } of violations) seen.add(property);
        if (plant.properties.some((property) => seen.has(property))) return;
      }
      expect.fail(`caught by ${[...seen].join(", ") || "nothing"}`);
    });
  }
});

describe("regressions", () => {
  const folder = new URL("./regressions/", import.meta.url);
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".json"))) {
    const regression = JSON.parse(readFileSync(new URL(file, folder), "utf8")) as Regression;
    test(`${file}: ${regression.about}`, async () => {
      expect(said(await runJudged(regression.scenario, regression.schedule))).toEqual([]);
    });
  }
});
