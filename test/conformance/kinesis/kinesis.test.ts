/** The local service against kinesalite: the same commands, the same answers, or a known reason. */

import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Command, sequences } from "./commands.ts";
import { type Endpoint, openKinesalite, openLocal } from "./endpoint.ts";
import { EXPLANATIONS, explain, type Pair } from "./explained.ts";
import { Session } from "./session.ts";

const RUNS = Number(process.env["CONFORMANCE_RUNS"] ?? 60);
/** Fixed, so that a rare answer of the other service does not fail a build; set it to explore. */
const SEED = Number(process.env["CONFORMANCE_SEED"] ?? 1);

const table = new URL("../../../docs/design/conformance.md", import.meta.url);

describe("explanations", () => {
  it("are those of the table in the design notes", () => {
    const rows = readFileSync(table, "utf8").matchAll(/^\| `([a-z-]+)` \|/gm);
    const ids = [...rows].map(([, id]) => id);
    expect(ids).toEqual(EXPLANATIONS.map((explanation) => explanation.id));
  });
});

describe("local and kinesalite", () => {
  let ends: readonly [Endpoint, Endpoint];

  beforeAll(async () => {
    ends = await Promise.all([openLocal(), openKinesalite()]);
  });

  afterAll(async () => {
    await Promise.all(ends.map((end) => end.close()));
  });

  it("answer any sequence of commands alike", async () => {
    await fc.assert(
      fc.asyncProperty(sequences, async (commands) => {
        expect(await firstDifference(ends, commands)).toBeUndefined();
      }),
      { numRuns: RUNS, seed: SEED },
    );
  }, 120_000);
});

/** The first answers that differ without a known reason. */
async function firstDifference(
  ends: readonly [Endpoint, Endpoint],
  commands: readonly Command[],
): Promise<Pair | undefined> {
  const [local, kinesalite] = [new Session(ends[0]), new Session(ends[1])];
  try {
    for (const command of commands) {
      const inputs = [local.inputOf(command), kinesalite.inputOf(command)] as const;
      if (inputs[0] === undefined || inputs[1] === undefined) continue;
      const [ours, theirs] = await Promise.all([
        local.run(command, inputs[0]),
        kinesalite.run(command, inputs[1]),
      ]);
      const { pair } = explain({ command, local: ours, kinesalite: theirs });
      if (!isDeepStrictEqual(pair.local, pair.kinesalite)) return pair;
      // One did what the other refused: from here on their states differ.
      if ((ours.status === 200) !== (theirs.status === 200)) return undefined;
      if (local.isAmbiguous || kinesalite.isAmbiguous) return undefined;
    }
    return undefined;
  } finally {
    await Promise.all([local.clean(), kinesalite.clean()]);
  }
}
