import type { Clock, Random } from "@shardline/model";
import type { ActiveFault, FaultAction, FaultRule, FaultTarget } from "./fault.ts";
import { checkFaultRule } from "./fault-check.ts";

interface Entry {
  readonly id: number;
  readonly rule: FaultRule;
  readonly untilMs: number;
  hits: number;
}

/** The faults of one local server. None by default; the first rule that meets a request decides. */
export class Faults {
  readonly #clock: Clock;
  readonly #random: Random;
  #entries: readonly Entry[] = [];
  #nextId = 1;

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  /**
   * Adds a rule behind the others.
   * @returns its id, for `remove`.
   * @throws InvalidOptionsError naming what is wrong with the rule.
   */
  add(rule: FaultRule): number {
    checkFaultRule(rule);
    const id = this.#nextId++;
    const untilMs = this.#clock.nowMs() + (rule.forMs ?? Number.POSITIVE_INFINITY);
    this.#entries = [...this.#entries, { id, rule, untilMs, hits: 0 }];
    return id;
  }

  remove(id: number): boolean {
    const before = this.#entries.length;
    this.#entries = this.#entries.filter((entry) => entry.id !== id);
    return this.#entries.length < before;
  }

  clear(): void {
    this.#entries = [];
  }

  list(): ActiveFault[] {
    this.#forgetOver();
    return this.#entries.map(({ id, rule, hits }) => ({ id, rule, hits }));
  }

  /** What is to happen to this request; counts as a hit. */
  meet(target: FaultTarget): FaultAction | undefined {
    if (this.#entries.length === 0) return undefined;
    this.#forgetOver();
    for (const entry of this.#entries) {
      if (!matches(entry.rule, target)) continue;
      const { probability } = entry.rule;
      if (probability !== undefined && this.#random.next() >= probability) continue;
      entry.hits++;
      return entry.rule.action;
    }
    return undefined;
  }

  #forgetOver(): void {
    const nowMs = this.#clock.nowMs();
    const over = (entry: Entry): boolean =>
      entry.hits >= (entry.rule.times ?? Number.POSITIVE_INFINITY) || nowMs >= entry.untilMs;
    if (this.#entries.some(over)) this.#entries = this.#entries.filter((entry) => !over(entry));
  }
}

function matches(rule: FaultRule, target: FaultTarget): boolean {
  return (
    (rule.service === undefined || rule.service === target.service) &&
    (rule.operation === undefined || rule.operation === target.operation) &&
    (rule.resource === undefined || rule.resource === target.resource) &&
    (rule.action.kind !== "failEntries" || target.operation === "PutRecords")
  );
}
