import type { CoreConfig } from "./config.ts";
import type { Entry } from "./entry.ts";
import type { Lane } from "./lane.ts";

/** What one lane may stage before it is the next one's turn. */
const TURN_BYTES = 64 * 1024;
const TURN_ENTRIES = 16;
/** After so many pauses without a success the shard takes nothing: ask with few entries until it does. */
const PROBING_PAUSES = 3;
const PROBES = 4;

/**
 * Takes entries from the lanes, in turns so that a hot shard cannot crowd out the others, and packs
 * them into requests.
 */
export class Collector {
  readonly #config: CoreConfig;
  #circle: Lane[] = [];
  #cursor = 0;
  #staged: Entry[] = [];
  #stagedBytes = 0;
  #nextLaneAtMs = Number.POSITIVE_INFINITY;

  constructor(config: CoreConfig) {
    this.#config = config;
  }

  get staged(): readonly Entry[] {
    return this.#staged;
  }

  /** When a lane that cannot send now may do so. */
  get nextLaneAtMs(): number {
    return this.#nextLaneAtMs;
  }

  list(lane: Lane): void {
    if (lane.listed) return;
    lane.listed = true;
    this.#circle.push(lane);
  }

  lanes(): readonly Lane[] {
    return this.#circle;
  }

  /** Moves what may be sent now from the lanes to the stage, until a request is full. */
  fill(nowMs: number): void {
    this.#nextLaneAtMs = Number.POSITIVE_INFINITY;
    const visits = this.#circle.length;
    let idle = 0;
    let emptied = false;
    for (let i = 0; idle < visits && !this.#isFull(); i++) {
      if (this.#cursor >= visits) this.#cursor = 0;
      const lane = this.#circle[this.#cursor++] as Lane;
      if (this.#takeTurn(lane, nowMs)) idle = 0;
      else idle++;
      if (lane.isEmpty) emptied = true;
      if (i > visits * this.#config.maxRequestEntries) break;
    }
    if (emptied) this.#removeEmpty();
  }

  /** The next request's entries, if it is full, old enough or asked for at once. */
  take(nowMs: number, atOnce: boolean, slots: number): Entry[] | undefined {
    const due = atOnce || this.#isFull() || this.dueMs() <= nowMs;
    if (!due || this.#staged.length === 0) return undefined;
    const { maxRequestBytes, order } = this.#config;
    // In strict order each entry is a request of its own.
    const maxRequestEntries = order === "strict" ? slots : this.#config.maxRequestEntries;
    let count = 0;
    let bytes = 0;
    while (count < this.#staged.length && count < maxRequestEntries) {
      bytes += (this.#staged[count] as Entry).bytes;
      if (count > 0 && bytes > maxRequestBytes) break;
      count++;
    }
    const batch = this.#staged.splice(0, count);
    for (const entry of batch) this.#stagedBytes -= entry.bytes;
    return batch;
  }

  /** When the oldest staged entry has waited long enough for company. */
  dueMs(): number {
    const oldest = this.#staged[0];
    return oldest === undefined
      ? Number.POSITIVE_INFINITY
      : oldest.stagedAtMs + this.#config.collectMs;
  }

  /** Takes entries off the stage. */
  unstage(leaves: (entry: Entry) => boolean): Entry[] {
    const gone: Entry[] = [];
    const stay: Entry[] = [];
    for (const entry of this.#staged) (leaves(entry) ? gone : stay).push(entry);
    this.#staged = stay;
    for (const entry of gone) {
      this.#stagedBytes -= entry.bytes;
      entry.lane.busy--;
    }
    return gone;
  }

  #isFull(): boolean {
    return (
      this.#staged.length >= this.#config.maxRequestEntries ||
      this.#stagedBytes >= this.#config.maxRequestBytes
    );
  }

  #takeTurn(lane: Lane, nowMs: number): boolean {
    const inOrder = this.#config.order !== "none";
    let bytes = 0;
    let count = 0;
    while (bytes < TURN_BYTES && count < TURN_ENTRIES && !this.#isFull()) {
      if (inOrder && (lane.busy > 0 || lane.gates > 0)) break;
      if (lane.throttledInARow >= PROBING_PAUSES && lane.busy >= PROBES) break;
      const entry = this.#nextOf(lane, nowMs);
      if (entry === undefined) break;
      lane.busy++;
      entry.stagedAtMs = nowMs;
      this.#staged.push(entry);
      this.#stagedBytes += entry.bytes;
      bytes += entry.bytes;
      count++;
    }
    return count > 0;
  }

  #nextOf(lane: Lane, nowMs: number): Entry | undefined {
    const retry = lane.retries[0];
    const retryDue = retry !== undefined && retry.readyAtMs <= nowMs;
    const entry = retryDue ? retry : (lane.fresh.first() ?? retry);
    if (entry === undefined) return undefined;
    let waitMs = Math.max(lane.pausedUntilMs, entry.readyAtMs) - nowMs;
    if (waitMs <= 0) waitMs = lane.limiter?.take(entry.bytes, nowMs) ?? 0;
    if (waitMs > 0) {
      const laneAtMs = Math.max(nowMs + waitMs, nowMs + 1);
      this.#nextLaneAtMs = Math.min(this.#nextLaneAtMs, laneAtMs);
      return undefined;
    }
    if (entry === retry) lane.retries.shift();
    else lane.fresh.shift();
    return entry;
  }

  #removeEmpty(): void {
    this.#circle = this.#circle.filter((lane) => {
      if (!lane.isEmpty) return true;
      lane.listed = false;
      return false;
    });
    this.#cursor = 0;
  }
}
