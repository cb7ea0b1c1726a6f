/**
 * Bugs on purpose: for each hazard a part of the producer is made wrong, and the checks that the other
 * tests rely on must notice. Parts are changed from outside; production code knows nothing of it.
 */

import { decodeAggregate } from "@shardline/aggregation";
import { VirtualClock } from "@shardline/local";
import { failure } from "@shardline/model";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Admission } from "../src/admission.ts";
import { Collector } from "../src/core/collect.ts";
import { Entry } from "../src/core/entry.ts";
import { EntryQueue } from "../src/core/entry-queue.ts";
import { Lanes } from "../src/core/lanes.ts";
import { ShardLimiter } from "../src/core/limit.ts";
import { Settler } from "../src/core/settler.ts";
import { ShardMap } from "../src/core/shard-map.ts";
import { producerEvents } from "../src/diagnostics.ts";
import { Ledger } from "../src/ledger.ts";
import { RunLoop } from "../src/run-loop.ts";
import {
  survivesSplit,
  keepsOrder,
  isHonest,
  settlesInTime,
  throttleAll,
  sparesThrottledShard,
  staysWithinRate,
  isBounded,
  sparesNeighbours,
  resendsSameBytes,
  flushEnds,
  sharesRequests,
  outlivesItsPort,
  recoversAfterOutage,
  refusesAtTheLimit,
  saysThatItIsDegraded,
} from "./planted-checks.ts";
import { ScriptedKinesis } from "./scripted-kinesis.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

/** The method as it is, to be called by its replacement. */
function methodOf<T extends object, K extends keyof T>(prototype: T, name: K): T[K] {
  return prototype[name];
}

interface Hazard {
  readonly name: string;
  /** Makes one part wrong. */
  readonly plant: () => void;
  /** Answers true if everything is as it should be. */
  readonly holds: () => Promise<boolean>;
}

const HAZARDS: readonly Hazard[] = [
  {
    name: "the way out dies (4): what was on it is forgotten",
    plant: () => {
      const complete = methodOf(Settler.prototype, "complete");
      vi.spyOn(Settler.prototype, "complete").mockImplementation(function (
        this: Settler,
        request,
        outcome,
        nowMs,
      ) {
        if (outcome.kind === "ok") complete.call(this, request, outcome, nowMs);
      });
    },
    holds: outlivesItsPort,
  },
  {
    name: "put() after a failure (5): refused from then on",
    plant: () => {
      const expire = methodOf(Settler.prototype, "expire");
      let died = false;
      vi.spyOn(Settler.prototype, "expire").mockImplementation(function (
        this: Settler,
        entry,
        nowMs,
      ) {
        died = true;
        expire.call(this, entry, nowMs);
      });
      const accept = methodOf(RunLoop.prototype, "accept");
      vi.spyOn(RunLoop.prototype, "accept").mockImplementation(function (
        this: RunLoop,
        arrival,
        nowMs,
      ) {
        accept.call(this, arrival, nowMs);
        if (died) this.abandon("Dead", "restart me", false);
      });
    },
    holds: recoversAfterOutage,
  },
  {
    name: "wedged (7): a request that hangs is waited for without end",
    plant: () => {
      const setTimer = methodOf(VirtualClock.prototype, "setTimer");
      vi.spyOn(VirtualClock.prototype, "setTimer").mockImplementation(function (
        this: VirtualClock,
        delayMs,
        fire,
      ) {
        // The requests' deadline is the only timer of this length.
        return delayMs === 1050 ? { cancel() {} } : setTimer.call(this, delayMs, fire);
      });
    },
    holds: outlivesItsPort,
  },
  {
    name: "size limit (12): the stream's own limit is not learned",
    plant: () => {
      vi.spyOn(ScriptedKinesis.prototype, "describeStream").mockResolvedValue(
        failure("denied", "AccessDeniedException", ""),
      );
    },
    holds: refusesAtTheLimit,
  },
  {
    name: "no ListShards (15): nobody is told",
    plant: () => {
      vi.spyOn(producerEvents, "publish").mockReturnValue();
    },
    holds: saysThatItIsDegraded,
  },
  {
    name: "bounded memory (1, 2, 3): admission lets everyone in",
    plant: () => vi.spyOn(Admission.prototype, "tryEnter").mockReturnValue(true),
    holds: isBounded,
  },
  {
    name: "flush under load (6): it waits for what comes after it",
    plant: () => {
      // The count that it waits for never comes down to nothing while puts go on.
      vi.spyOn(Ledger.prototype, "onAllSettled").mockImplementation(() => () => false);
    },
    holds: flushEnds,
  },
  {
    name: "throttling storm (8): no pause after a throttle",
    plant: () => {
      const complete = methodOf(Settler.prototype, "complete");
      vi.spyOn(Settler.prototype, "complete").mockImplementation(function (
        this: Settler,
        request,
        outcome,
        nowMs,
      ) {
        complete.call(this, request, outcome, nowMs);
        for (const { lane } of request.entries) {
          lane.pausedUntilMs = 0;
          lane.throttledInARow = 0;
        }
        for (const entry of request.entries) entry.readyAtMs = 0;
      });
      vi.spyOn(ShardLimiter.prototype, "onThrottled").mockReturnValue();
    },
    holds: sparesThrottledShard,
  },
  {
    name: "static limiter (9): tokens are not counted",
    plant: () => vi.spyOn(ShardLimiter.prototype, "take").mockReturnValue(0),
    holds: staysWithinRate,
  },
  {
    name: "fatal errors (10, 18): nothing ever expires",
    plant: () => {
      vi.spyOn(Settler.prototype, "expire").mockReturnValue();
    },
    holds: () => settlesInTime(throttleAll),
  },
  {
    name: "poison entry (11): a refused request fails all its entries",
    plant: () => {
      const complete = methodOf(Settler.prototype, "complete");
      vi.spyOn(Settler.prototype, "complete").mockImplementation(function (
        this: Settler,
        request,
        outcome,
        nowMs,
      ) {
        const denied =
          outcome.kind === "failed" ? failure("denied", outcome.code, outcome.message) : outcome;
        complete.call(this, request, denied, nowMs);
      });
    },
    holds: sparesNeighbours,
  },
  {
    name: "order (13): two entries of a shard in flight",
    plant: () => {
      const fill = methodOf(Collector.prototype, "fill");
      vi.spyOn(Collector.prototype, "fill").mockImplementation(function (this: Collector, nowMs) {
        for (const lane of this.lanes()) lane.busy = 0;
        fill.call(this, nowMs);
      });
    },
    holds: keepsOrder,
  },
  {
    name: "order (13): a failed entry goes to the end of its lane",
    plant: () => {
      const push = methodOf(EntryQueue.prototype, "push");
      vi.spyOn(EntryQueue.prototype, "pushFront").mockImplementation(push);
    },
    holds: keepsOrder,
  },
  {
    name: "wrong shard (14): every acknowledgement is taken",
    plant: () => {
      vi.spyOn(ShardMap.prototype, "rangeOf").mockReturnValue({
        start: "0".repeat(32),
        end: "f".repeat(32),
      });
    },
    holds: survivesSplit,
  },
  {
    name: "shard map (17): a newer map is not used",
    plant: () => {
      const replaceMap = methodOf(Lanes.prototype, "replaceMap");
      let loaded = 0;
      vi.spyOn(Lanes.prototype, "replaceMap").mockImplementation(function (
        this: Lanes,
        shards,
        nowMs,
      ) {
        return loaded++ === 0 ? replaceMap.call(this, shards, nowMs) : [];
      });
    },
    holds: survivesSplit,
  },
  {
    name: "doubt (S1b): an ambiguous try is forgotten",
    plant: () => {
      const addAttempt = methodOf(Entry.prototype, "addAttempt");
      vi.spyOn(Entry.prototype, "addAttempt").mockImplementation(function (this: Entry, attempt) {
        addAttempt.call(this, { ...attempt, ambiguous: false });
      });
    },
    holds: isHonest,
  },
  {
    name: "frozen resends (19): a retry is made anew",
    plant: () => {
      const complete = methodOf(Settler.prototype, "complete");
      vi.spyOn(Settler.prototype, "complete").mockImplementation(function (
        this: Settler,
        request,
        outcome,
        nowMs,
      ) {
        for (const entry of request.entries) {
          const decoded = decodeAggregate(entry.data);
          if (decoded.kind === "aggregate")
            Object.assign(entry, { data: Buffer.from(entry.data).reverse() });
        }
        complete.call(this, request, outcome, nowMs);
      });
    },
    holds: resendsSameBytes,
  },
];

describe("a hot shard (34)", () => {
  it("leaves room for the others in a request", async () => {
    expect(await sharesRequests()).toBe(true);
  });
});

describe.each(HAZARDS)("$name", ({ plant, holds }) => {
  it("holds as it is", async () => {
    expect(await holds()).toBe(true);
  });

  it("is noticed when planted", async () => {
    plant();
    const noticed = await holds().then(
      (held) => !held,
      () => true,
    );
    expect(noticed).toBe(true);
  });
});
