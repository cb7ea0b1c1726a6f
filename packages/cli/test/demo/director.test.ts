import { newLease, SHARD_END, TRIM_HORIZON } from "@shardline/model";
import { describe, expect, it } from "vitest";
import { chooseVictim, Director } from "../../src/demo/director.ts";

const scene = (acknowledged: number, processed = acknowledged, producerEnded = false) => ({
  records: 100,
  acknowledged,
  processed,
  producerEnded,
});

describe("Director", () => {
  it("splits and kills amid the flow, once each", () => {
    const director = new Director();
    const cues = [0, 10, 19, 20, 21, 44, 45, 46, 100].map((n) => {
      const due = director.due(scene(n));
      for (const cue of due) director.done(cue);
      return due.join();
    });
    expect(cues).toEqual(["", "", "", "split", "", "", "kill", "", ""]);
    expect(director.isFinished).toBe(true);
  });

  it("asks again until it is done", () => {
    const director = new Director();
    expect(director.due(scene(20))).toEqual(["split"]);
    expect(director.due(scene(20))).toEqual(["split"]);
    expect(director.isFinished).toBe(false);
  });

  it("waits with the kill until something is processed", () => {
    const director = new Director();
    expect(director.due(scene(90, 0))).toEqual(["split"]);
    expect(director.due(scene(90, 1))).toEqual(["split", "kill"]);
  });

  it("gives both when the producer has ended early", () => {
    expect(new Director().due(scene(1, 1, true))).toEqual(["split", "kill"]);
  });
});

describe("chooseVictim", () => {
  const lease = (shard: string, owner: string | undefined, more: object = {}) => ({
    ...newLease(shard, TRIM_HORIZON, { parentShardIds: [], hashKeyRange: undefined }, undefined),
    owner,
    ...more,
  });

  it("takes the owner of most unfinished shards, and of equals the busier", () => {
    const leases = [
      lease("1", "a"),
      lease("2", "b"),
      lease("3", "b"),
      lease("4", "c", { checkpoint: SHARD_END }),
      lease("5", "c", { checkpoint: SHARD_END }),
      lease("6", "c"),
      lease("7", undefined),
    ];
    expect(chooseVictim(leases, () => 0)).toBe("b");
    const busy = (worker: string): number => (worker === "c" ? 10 : 1);
    expect(
      chooseVictim(
        [leases[0], leases[5]].filter((x) => x !== undefined),
        busy,
      ),
    ).toBe("c");
  });

  it("passes over leases that are being handed over, and finds nobody where nobody holds", () => {
    const handOff = lease("1", "a", { checkpointOwner: "b" });
    expect(chooseVictim([handOff, lease("2", undefined)], () => 0)).toBeUndefined();
  });
});
