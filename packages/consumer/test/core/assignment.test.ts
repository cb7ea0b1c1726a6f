import fc from "fast-check";
import { SeededRandom } from "@shardline/local";
import { describe, expect, it } from "vitest";
import { Assignment, type Candidate } from "../../src/core/assignment.ts";

const SCAN_MS = 1_000;

interface Row {
  owner: string | undefined;
  /** Asked for by, while a hand-off runs. */
  next: string | undefined;
  previous: string | undefined;
  freeSinceMs: number;
}

/** Workers that scan in turn and see the truth; hand-offs are completed when the owner scans next. */
class Fleet {
  readonly rows = new Map<string, Row>();
  readonly workers = new Map<string, Assignment>();
  readonly random: SeededRandom;
  readonly maxLeases: Map<string, number> = new Map();
  nowMs = 0;
  moves = 0;
  takes = 0;

  constructor(leases: number, seed: number) {
    this.random = new SeededRandom(seed);
    for (let i = 0; i < leases; i++) {
      this.rows.set(`s${String(i).padStart(4, "0")}`, {
        owner: undefined,
        next: undefined,
        previous: undefined,
        freeSinceMs: 0,
      });
    }
  }

  join(workerId: string, maxLeases = 1_000): void {
    this.maxLeases.set(workerId, maxLeases);
    const config = { workerId, maxLeases, overdueMs: 1.5 * SCAN_MS, patienceMs: 10 * SCAN_MS };
    this.workers.set(workerId, new Assignment(config, new SeededRandom(this.random.below(1e9))));
  }

  /** A graceful stop: everything is released. */
  leave(workerId: string): void {
    this.workers.delete(workerId);
    for (const row of this.rows.values()) {
      if (row.owner !== workerId) continue;
      Object.assign(row, { owner: undefined, previous: workerId, freeSinceMs: this.nowMs });
    }
  }

  /** Every worker scans once, in random order. */
  round(): void {
    this.nowMs += SCAN_MS;
    const ids = [...this.workers.keys()];
    while (ids.length > 0) this.#turn(ids.splice(this.random.below(ids.length), 1)[0] as string);
  }

  load(workerId: string): number {
    return [...this.rows.values()].filter((row) => (row.next ?? row.owner) === workerId).length;
  }

  spread(): number {
    const loads = [...this.workers.keys()].map((id) => this.load(id));
    return Math.max(...loads) - Math.min(...loads);
  }

  free(): number {
    return [...this.rows.values()].filter(({ owner }) => owner === undefined).length;
  }

  #turn(workerId: string): void {
    for (const row of this.rows.values()) {
      if (row.owner !== workerId || row.next === undefined) continue;
      row.owner = row.next;
      row.next = undefined;
      this.moves++;
    }
    const candidates: Candidate[] = [...this.rows].map(([leaseKey, row]) => ({
      leaseKey,
      avoid: false,
      holding:
        row.owner === undefined
          ? {
              kind: "free",
              freeForMs: this.nowMs - row.freeSinceMs,
              previousOwner: row.previous,
              expired: false,
            }
          : { kind: "owned", owner: row.next ?? row.owner, handingOff: row.next !== undefined },
    }));
    const plan = this.workers.get(workerId)?.plan(candidates, this.nowMs);
    for (const key of plan?.take ?? []) {
      const row = this.rows.get(key) as Row;
      if (row.owner === undefined) {
        row.owner = workerId;
        this.takes++;
      }
    }
    for (const key of plan?.request ?? []) {
      const row = this.rows.get(key) as Row;
      if (row.owner !== workerId && row.next === undefined) row.next = workerId;
    }
    if (this.load(workerId) > (this.maxLeases.get(workerId) ?? 0)) {
      throw new Error(`${workerId} has more than its maxLeases`);
    }
  }
}

const sizes = fc.record({
  leases: fc.integer({ min: 0, max: 40 }),
  workers: fc.integer({ min: 1, max: 6 }),
  seed: fc.nat(),
});

function settled(leases: number, workers: number, seed: number): Fleet {
  const fleet = new Fleet(leases, seed);
  for (let i = 0; i < workers; i++) fleet.join(`w${i}`);
  for (let i = 0; i < 60; i++) fleet.round();
  return fleet;
}

describe("Assignment", () => {
  it("L3: levels to max - min <= 1, then 0 moves for 100 scans (A1)", () => {
    fc.assert(
      fc.property(sizes, ({ leases, workers, seed }) => {
        const fleet = settled(leases, workers, seed);
        expect(fleet.free()).toBe(0);
        expect(fleet.spread()).toBeLessThanOrEqual(1);
        const { moves } = fleet;
        for (let i = 0; i < 100; i++) fleet.round();
        expect(fleet.moves).toBe(moves);
      }),
      { numRuns: 60 },
    );
  });

  it("L3: a join moves at most ceil(N/(M+1)) leases, within ceil(N/M)+3 scans (A2)", () => {
    fc.assert(
      fc.property(sizes, ({ leases, workers, seed }) => {
        const fleet = settled(leases, workers, seed);
        const { moves } = fleet;
        fleet.join("joiner");
        const scans = Math.ceil(leases / workers) + 3;
        for (let i = 0; i < scans; i++) fleet.round();
        fleet.round();
        expect(fleet.spread()).toBeLessThanOrEqual(1);
        expect(fleet.moves - moves).toBeLessThanOrEqual(Math.ceil(leases / (workers + 1)));
      }),
      { numRuns: 60 },
    );
  });

  it("several joiners at once level too, and do not overshoot for long", () => {
    fc.assert(
      fc.property(sizes, fc.integer({ min: 2, max: 5 }), ({ leases, workers, seed }, joiners) => {
        const fleet = settled(leases, workers, seed);
        for (let i = 0; i < joiners; i++) fleet.join(`j${i}`);
        for (let i = 0; i < 60; i++) fleet.round();
        expect(fleet.spread()).toBeLessThanOrEqual(1);
      }),
      { numRuns: 40 },
    );
  });

  it("what a leaver released is taken at the next scan, and moves only its own", () => {
    fc.assert(
      fc.property(sizes, ({ leases, workers, seed }) => {
        fc.pre(workers > 1);
        const fleet = settled(leases, workers, seed);
        const { moves } = fleet;
        fleet.leave("w0");
        fleet.round();
        expect(fleet.free()).toBe(0);
        // A worker without any lease is not known to the others, and may have to ask for one.
        for (let i = 0; leases < workers && i < 6; i++) fleet.round();
        expect(fleet.spread()).toBeLessThanOrEqual(1);
        expect(fleet.moves - moves).toBeLessThanOrEqual(leases < workers ? 1 : 0);
      }),
      { numRuns: 60 },
    );
  });

  it("A3: maxLeases holds; what one may not have the others take within two scans", () => {
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 3 }), ({ leases, seed }, max) => {
        const fleet = new Fleet(leases, seed);
        fleet.join("small", max);
        fleet.join("large");
        for (let i = 0; i < 40; i++) fleet.round();
        expect(fleet.free()).toBe(0);
        expect(fleet.load("small")).toBeLessThanOrEqual(max);
      }),
      { numRuns: 60 },
    );
  });

  it("a full worker that will not level does not keep two others apart for ever", () => {
    const fleet = new Fleet(12, 5);
    fleet.join("full", 1);
    fleet.join("a");
    for (let i = 0; i < 20; i++) fleet.round();
    fleet.join("b");
    for (let i = 0; i < 200; i++) fleet.round();
    expect(Math.abs(fleet.load("a") - fleet.load("b"))).toBeLessThanOrEqual(1);
  });

  it("a lease that I gave up a while ago is left to others", () => {
    const config = { workerId: "me", maxLeases: 10, overdueMs: 1, patienceMs: 1 };
    const assignment = new Assignment(config, new SeededRandom(1));
    const holding = { kind: "free", freeForMs: 99, previousOwner: "me", expired: false } as const;
    expect(assignment.plan([{ leaseKey: "s", holding, avoid: true }], 0).take).toEqual([]);
    expect(assignment.plan([{ leaseKey: "s", holding, avoid: false }], 0).take).toEqual(["s"]);
  });

  it("what was handed to me is taken first of all", () => {
    const config = { workerId: "me", maxLeases: 1, overdueMs: 1, patienceMs: 1 };
    const assignment = new Assignment(config, new SeededRandom(1));
    const free = { kind: "free", freeForMs: 99, previousOwner: undefined, expired: false } as const;
    const plan = assignment.plan(
      [
        { leaseKey: "a", holding: free, avoid: false },
        { leaseKey: "b", holding: { kind: "reserved" }, avoid: false },
      ],
      0,
    );
    expect(plan.take).toEqual(["b"]);
  });
});
