import {
  backoffMs,
  type Failure,
  type Outcome,
  type PutRecordsAnswer,
  type PutRecordsEntryOutcome,
  type Random,
} from "@shardline/model";
import type { CoreConfig } from "./config.ts";
import type { Entry, EntryAttempt, Settlement } from "./entry.ts";
import type { Lane } from "./lane.ts";
import type { Request } from "./request.ts";
import { Bisection, isEntryAmbiguous, verdictOnEntry, verdictOnRequest } from "./settle.ts";

const PAUSE = { baseMs: 20, capMs: 1000 };

export interface SettlerSink {
  /** `front`: before everything else of its lane. */
  again(entry: Entry, front: boolean): void;
  /** It waits for a request of its own. */
  split(entry: Entry): void;
  landed(entry: Entry, shardId: string, sequenceNumber: string): void;
  throttled(lane: Lane): void;
}

/** Turns the outcomes of requests into ends and repetitions of their entries. */
export class Settler {
  readonly #config: CoreConfig;
  readonly #random: Random;
  readonly #sink: SettlerSink;
  #settled: Settlement[] = [];
  #split: Request[] = [];

  constructor(config: CoreConfig, random: Random, sink: SettlerSink) {
    this.#config = config;
    this.#random = random;
    this.#sink = sink;
  }

  requestsFor(entries: readonly Entry[]): Request[] {
    if (this.#config.order !== "strict") return [newRequest(entries, undefined)];
    return entries.map((entry) => ({
      ...newRequest([entry], undefined),
      kind: "put-record" as const,
      sequenceNumberForOrdering: entry.lane.lastSequenceNumber,
    }));
  }

  /** Halves of refused requests, to be sent on their own. */
  takeSplit(slots: number): Request[] {
    return this.#split.splice(0, slots);
  }

  /** Takes those that are `due` out of the halves. */
  takeSplitEntries(due: (entry: Entry) => boolean): Entry[] {
    const taken: Entry[] = [];
    this.#split = this.#split.flatMap((request) => {
      const left = request.entries.filter((entry) => {
        if (!due(entry)) return true;
        entry.lane.busy--;
        taken.push(entry);
        return false;
      });
      return left.length === 0 ? [] : [{ ...request, entries: left }];
    });
    return taken;
  }

  takeSettled(): Settlement[] {
    const settled = this.#settled;
    if (settled.length > 0) this.#settled = [];
    return settled;
  }

  complete(request: Request, outcome: Outcome<PutRecordsAnswer>, nowMs: number): void {
    if (outcome.kind === "failed") {
      this.#requestFailed(request, outcome, nowMs);
      return;
    }
    if (outcome.entries.length !== request.entries.length) {
      const message = `${outcome.entries.length} results for ${request.entries.length} records`;
      for (const entry of request.entries) this.#malformed(entry, request, message, nowMs);
      return;
    }
    request.bisection?.acceptedSome();
    // From the back: what goes to the front of a lane keeps its order.
    for (let i = request.entries.length - 1; i >= 0; i--) {
      const result = outcome.entries[i] as PutRecordsEntryOutcome;
      this.#entryEnded(request.entries[i] as Entry, request, result, nowMs);
    }
  }

  succeed(entry: Entry, shardId: string, sequenceNumber: string): void {
    entry.lane.lastSequenceNumber = sequenceNumber;
    this.#settled.push({ kind: "ok", entry, shardId, sequenceNumber });
  }

  fail(entry: Entry, code: string, message: string): void {
    const kind = entry.inDoubt ? "unknown" : "rejected";
    this.#settled.push({ kind, entry, code, message });
  }

  expire(entry: Entry, nowMs: number): void {
    const last = entry.attempts.at(-1);
    const ageMs = Math.round(nowMs - entry.expiresAtMs + this.#config.recordTtlMs);
    const cause =
      last?.code === undefined
        ? "it could not be sent in time"
        : `the last try failed with ${last.code}: ${last.message}`;
    this.fail(
      entry,
      "Expired",
      `recordTtlMs ${this.#config.recordTtlMs} passed after ${ageMs} ms; ${cause}`,
    );
  }

  /** Stored, but where readers of the KCL's kind drop it: it must be sent again. */
  markInvisible(entry: Entry, shardId: string): void {
    const last = entry.attempts.at(-1) as EntryAttempt;
    const message = `stored in ${shardId}, whose range does not hold every record of the aggregate`;
    entry.attempts = [
      ...entry.attempts.slice(0, -1),
      { ...last, code: "WrongShard", message, ambiguous: true },
    ];
    entry.inDoubt = true;
  }

  #requestFailed(request: Request, failed: Failure, nowMs: number): void {
    const { entries } = request;
    for (const entry of entries) {
      entry.addAttempt(attempt(request, nowMs, failed.code, failed.message, failed.ambiguous));
    }
    const verdict = verdictOnRequest(failed);
    if (verdict === "split" && entries.length > 1 && !request.bisection?.isHopeless) {
      this.#splitInTwo(request);
      return;
    }
    if (verdict === "split") request.bisection?.refusedOne();
    const fails =
      verdict !== "again" || (failed.reason === "throttled" && this.#config.failIfThrottled);
    for (const entry of entries.toReversed()) {
      if (failed.reason === "throttled") this.#throttled(entry.lane, nowMs);
      if (fails) this.fail(entry, failed.code, failed.message);
      else this.#again(entry, nowMs);
    }
  }

  #splitInTwo(request: Request): void {
    const bisection = request.bisection ?? new Bisection();
    const middle = request.entries.length >>> 1;
    for (const half of [request.entries.slice(0, middle), request.entries.slice(middle)]) {
      for (const entry of half) {
        entry.lane.busy++;
        this.#sink.split(entry);
      }
      this.#split.push(newRequest(half, bisection));
    }
  }

  #entryEnded(entry: Entry, request: Request, result: PutRecordsEntryOutcome, nowMs: number): void {
    if (result.kind === "ok") {
      if (result.sequenceNumber === "" || result.shardId === "") {
        this.#malformed(entry, request, "a result without its position", nowMs);
        return;
      }
      entry.addAttempt(attempt(request, nowMs, undefined, undefined, false));
      entry.lane.throttledInARow = 0;
      this.#sink.landed(entry, result.shardId, result.sequenceNumber);
      return;
    }
    const { code, message } = result;
    entry.addAttempt(attempt(request, nowMs, code, message, isEntryAmbiguous(code)));
    const verdict = verdictOnEntry(code);
    if (verdict === "throttled") this.#throttled(entry.lane, nowMs);
    const fails =
      verdict === "give-up" || (verdict === "throttled" && this.#config.failIfThrottled);
    if (fails) this.fail(entry, code, message);
    else this.#again(entry, nowMs);
  }

  /** An answer that cannot be read: whatever was stored, nobody can say where. */
  #malformed(entry: Entry, request: Request, message: string, nowMs: number): void {
    entry.addAttempt(attempt(request, nowMs, "MalformedAnswer", message, true));
    this.fail(entry, "MalformedAnswer", message);
  }

  #again(entry: Entry, nowMs: number): void {
    if (entry.expiresAtMs <= nowMs) {
      this.expire(entry, nowMs);
      return;
    }
    const waitMs = backoffMs(this.#config.retry, entry.attempts.length - 1, this.#random);
    entry.readyAtMs = Math.min(nowMs + waitMs, entry.expiresAtMs);
    this.#sink.again(entry, this.#config.order !== "none");
  }

  #throttled(lane: Lane, nowMs: number): void {
    lane.limiter?.onThrottled(nowMs);
    if (lane.pausedUntilMs <= nowMs) {
      const pauseMs = backoffMs(PAUSE, lane.throttledInARow++, this.#random);
      lane.pausedUntilMs = nowMs + pauseMs;
    }
    this.#sink.throttled(lane);
  }
}

function newRequest(entries: readonly Entry[], bisection: Bisection | undefined): Request {
  return {
    kind: "put-records",
    entries,
    sequenceNumberForOrdering: undefined,
    bisection,
    startedAtMs: 0,
  };
}

function attempt(
  request: Request,
  endedAtMs: number,
  code: string | undefined,
  message: string | undefined,
  ambiguous: boolean,
): EntryAttempt {
  return { startedAtMs: request.startedAtMs, endedAtMs, code, message, ambiguous };
}
