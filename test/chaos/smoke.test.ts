/** Whether the harness runs at all; minutes of it are `npm run chaos`. Takes about 15 s. */

import { expect, it } from "vitest";

// The built one: it starts processes, which read what is built.
const { runChaos } = (await import(
  new URL("../dist/chaos/chaos.js", import.meta.url).href
)) as typeof import("./chaos.ts");

it("a split and a kill under load lose nothing", { timeout: 60_000 }, async () => {
  const result = await runChaos({
    ...{ durationMs: 7000, seed: 1, recordsPerSecond: 200, attacks: ["split", "kill"] },
    log: () => undefined,
  });
  expect(result.problems).toEqual([]);
  expect(result.attacks.length).toBeGreaterThan(0);
  expect(result.verdict).toMatchObject({ ok: true, lost: 0, acknowledged: result.put });
});
