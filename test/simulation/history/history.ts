/**
 * What happened in a run, as the world saw it and not as the machines tell it: the only input of the
 * checkers. Times are virtual milliseconds of the simulator unless a name says otherwise.
 */

import type { LeaseVerb } from "@shardline/local";
import type { Lease, Shard } from "@shardline/model";
import type { FaultKind, Schedule } from "../faults/fault.ts";
import { StreamTruth } from "../oracle/stream-truth.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { type Skip, skipsOf } from "./skips.ts";
import { type LivedTenure, livedTenures, Tenures } from "./tenures.ts";

/** `ok`, or how a put failed; `unknown`: it may or may not be in the stream. */
export type PutResult =
  | {
      readonly kind: "ok";
      readonly shardId: string;
      readonly sequenceNumber: string;
      readonly subSequenceNumber: number;
    }
  | { readonly kind: "rejected"; readonly code: string }
  | { readonly kind: "unknown"; readonly code: string };

export interface Put {
  /** `producer-1#1:17`: the first bytes of the payload, so every copy can be told. */
  readonly id: string;
  readonly incarnation: string;
  /** Counts the puts of the incarnation, in the order of the calls. */
  readonly number: number;
  readonly partitionKey: string;
  readonly explicitHashKey: string | undefined;
  readonly data: string;
  /** The service will not take it, nor any request that it is part of. */
  readonly isPoison: boolean;
  atMs: number;
  /** How often it settled: once, if all is well. */
  settled: number;
  settledAtMs: number | undefined;
  result: PutResult | undefined;
  /** Attempts whose outcome the producer could not know, as it reports them itself. */
  ambiguousAttempts: number;
}

/** A Kinesis record that the stream holds. */
export interface StoredRecord {
  readonly shardId: string;
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  readonly data: Uint8Array;
  readonly atMs: number;
}

export interface RowWrite {
  readonly verb: LeaseVerb;
  readonly leaseKey: string;
  readonly before: Lease | undefined;
  readonly after: Lease | undefined;
  /** The process whose request it was; undefined for an operator. */
  readonly incarnation: string | undefined;
  readonly atMs: number;
  /** How many deliveries had begun, and how many calls of the history there were, before it. */
  readonly step: number;
}

export interface DeliveredRecord {
  readonly sequenceNumber: string;
  readonly subSequenceNumber: number;
  readonly putId: string;
}

/** One call of the application's processor. */
export interface Delivery {
  readonly incarnation: string;
  readonly workerId: string;
  readonly shardId: string;
  readonly fence: number;
  readonly records: readonly DeliveredRecord[];
  readonly beginMs: number;
  readonly beginStep: number;
  endMs: number | undefined;
  endStep: number | undefined;
  /**
   * Undefined while it runs, and for ever if the process died meanwhile. `returned`: the application
   * does not mean by it that the records are done.
   */
  outcome: "ok" | "returned" | "threw" | undefined;
  /** What the application has said to be done other than by returning: how many records, and when. */
  readonly vouched: { readonly records: readonly DeliveredRecord[]; readonly step: number }[];
}

/** A call of one of the application's other functions. */
export interface HookCall {
  readonly incarnation: string;
  readonly shardId: string;
  readonly fence: number;
  readonly hook: "lease-lost" | "shard-end" | "stop" | "start";
  readonly atMs: number;
  readonly step: number;
}

export interface WorldEvent {
  readonly incarnation: string | undefined;
  /** Of the machines: the channel's event name. Of the world: `world.…`. */
  readonly name: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly atMs: number;
  readonly step: number;
}

export type ProcessEnd = "killed" | "stopped" | "failed";

export interface ProcessLife {
  readonly incarnation: string;
  readonly place: string;
  readonly role: "worker" | "producer";
  readonly workerId: string | undefined;
  readonly startMs: number;
  /** When a graceful end was asked for. */
  stopAskedMs: number | undefined;
  endMs: number | undefined;
  end: ProcessEnd | undefined;
  error: unknown;
  /** Total time in which it was stopped by SIGSTOP, and the longest. */
  pausedMs: number;
}

export interface ShardTruth {
  readonly shard: Shard;
  readonly createdMs: number;
  closedMs: number | undefined;
  /** When the stream forgot it, with all of its records. */
  goneMs: number | undefined;
  /** Every record up to it was trimmed. */
  trimmedThrough: string | undefined;
}

const GRACEFUL: ReadonlySet<FaultKind> = new Set([
  "stop",
  "join",
  "split",
  "merge",
  "clock-jump",
  "partial-put",
  "stale-list",
  "stale-shards",
  "expired-iterator",
  "empty-read",
]);

export class History {
  readonly scenario: Scenario;
  readonly puts: Map<string, Put> = new Map();
  readonly stored: StoredRecord[] = [];
  readonly rowWrites: RowWrite[] = [];
  readonly deliveries: Delivery[] = [];
  /** Records given to the application's dead-letter function. */
  readonly letters: Delivery[] = [];
  readonly hooks: HookCall[] = [];
  readonly events: WorldEvent[] = [];
  /** Lone entries that the service refused as invalid. */
  readonly refusedAlone: { readonly data: Uint8Array; readonly incarnation: string }[] = [];
  readonly lives: Map<string, ProcessLife> = new Map();
  readonly shards: Map<string, ShardTruth> = new Map();
  /** Shards whose lease has ever been at SHARD_END. */
  readonly endedShards: Set<string> = new Set();
  /** How often the run reached each state that the generator must reach. */
  readonly counters: Map<string, number> = new Map();
  /** When no more faults are injected. */
  healMs = 0;
  /** When everything had come to rest after that, or the time for it was up, and all were asked to stop. */
  closeMs = 0;
  /** When the run was over. */
  endMs = 0;
  readonly schedule: Schedule;
  #step = 0;
  #truth: StreamTruth | undefined;
  #tenures: Tenures | undefined;
  #lived: readonly LivedTenure[] | undefined;
  #skips: readonly Skip[] | undefined;

  constructor(scenario: Scenario, schedule: Schedule) {
    this.scenario = scenario;
    this.schedule = schedule;
  }

  /** Nothing in the schedule may cost a lease or a checkpoint. */
  get onlyGracefulFaults(): boolean {
    return this.schedule.every(({ kind }) => GRACEFUL.has(kind));
  }

  /** Numbers what happened in one order, also within one moment. */
  nextStep(): number {
    return ++this.#step;
  }

  count(state: string, times: number = 1): void {
    this.counters.set(state, (this.counters.get(state) ?? 0) + times);
  }

  /** Of a finished run. */
  get truth(): StreamTruth {
    this.#truth ??= new StreamTruth(this);
    return this.#truth;
  }

  /** Leases whose row somebody deleted by hand: what it knew is gone. */
  get tampered(): ReadonlySet<string> {
    return new Set(
      this.rowWrites.flatMap(({ verb, leaseKey }) => (verb === "operator" ? [leaseKey] : [])),
    );
  }

  /** Of a finished run. */
  get lived(): readonly LivedTenure[] {
    this.#lived ??= livedTenures(this.deliveries, this.rowWrites, this.tenures);
    return this.#lived;
  }

  /** What the machines said they would not deliver, of a finished run. */
  get skips(): readonly Skip[] {
    this.#skips ??= skipsOf(this);
    return this.#skips;
  }

  /** Of a finished run. */
  get tenures(): Tenures {
    this.#tenures ??= new Tenures(this.rowWrites);
    return this.#tenures;
  }
}
