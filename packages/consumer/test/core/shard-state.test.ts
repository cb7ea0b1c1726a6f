import { describe, expect, it } from "vitest";
import { moved, type ShardPhase } from "../../src/core/shard-state.ts";

describe("moved", () => {
  it("follows the life of a shard and knows when each phase began", () => {
    const path: ShardPhase[] = [
      "reading",
      "processing",
      "retrying",
      "processing",
      "ending",
      "over",
    ];
    let state = { phase: "starting" as ShardPhase, sinceMs: 0 };
    path.forEach((phase, i) => {
      state = moved(state, phase, i + 1);
      expect(state).toEqual({ phase, sinceMs: i + 1 });
    });
  });

  it("refuses what may not follow: nothing begins again after the end (S8)", () => {
    expect(() => moved({ phase: "over", sinceMs: 0 }, "reading", 1)).toThrow(/over to reading/);
    expect(() => moved({ phase: "draining", sinceMs: 0 }, "processing", 1)).toThrow(/draining/);
    expect(() => moved({ phase: "starting", sinceMs: 0 }, "ending", 1)).toThrow(/starting/);
  });
});
