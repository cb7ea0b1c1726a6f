/**
 * The way of a record through the producer, for one stream:
 *
 *   accept → route → aggregate → (lane) → limit → collect → request → settle
 *                                   ↑                          │
 *                                   └──────── again ───────────┘
 *
 * Pure: facts and `nowMs` go in, requests and settlements come out. Before the first shard map is
 * known records are parked; a map that cannot be had makes the pipeline go on without one, record by
 * record, except in an order mode, which waits for it.
 */

import type { Outcome, PutRecordsAnswer, Random, Shard } from "@shardline/model";
import { Aggregator, type Arrival } from "./aggregate.ts";
import { Collector } from "./collect.ts";
import type { CoreConfig } from "./config.ts";
import type { Entry, Settlement } from "./entry.ts";
import type { Lane } from "./lane.ts";
import { Lanes, releaseHeirs } from "./lanes.ts";
import { Parking } from "./parking.ts";
import { isVisibleIn, reroute } from "./reroute.ts";
import { Settler } from "./settler.ts";
import type { Request } from "./request.ts";

/** Expired entries are looked for this often, and when the next one is due. */
const SWEEP_INTERVAL_MS = 50;

export interface PipelineEvents {
  /** An acknowledgement named another shard than the one that was predicted. */
  wrongShard(entry: Entry, shardId: string, resent: boolean): void;
  throttled(shardId: string | undefined, share: number | undefined): void;
}

export class Pipeline {
  readonly #config: CoreConfig;
  readonly #lanes: Lanes;
  readonly #aggregator: Aggregator;
  readonly #collector: Collector;
  readonly #settler: Settler;
  readonly #parking = new Parking();
  readonly #events: PipelineEvents;
  #routing: "waiting" | "by-shard" | "unrouted" = "waiting";
  /** Acknowledged by a shard that no map shows yet. */
  #strays: { readonly entry: Entry; readonly shardId: string; readonly sequenceNumber: string }[] =
    [];
  #mapWanted = true;
  #hurry = false;
  #sweepAtMs = Number.POSITIVE_INFINITY;

  constructor(config: CoreConfig, random: Random, events: PipelineEvents) {
    this.#config = config;
    this.#lanes = new Lanes(config);
    this.#aggregator = new Aggregator(config);
    this.#collector = new Collector(config);
    this.#events = events;
    this.#settler = new Settler(config, random, {
      again: (entry, front) => this.#again(entry, front),
      split: (entry) => {
        this.#sweepAtMs = Math.min(this.#sweepAtMs, entry.expiresAtMs);
      },
      landed: (entry, shardId, sequenceNumber) => this.#landed(entry, shardId, sequenceNumber),
      throttled: (lane) => events.throttled(lane.shardId, lane.limiter?.share),
    });
  }

  /** True when a newer shard map is needed. The one at hand stays in use until it comes. */
  get wantsShardMap(): boolean {
    return this.#mapWanted;
  }

  get isUnrouted(): boolean {
    return this.#routing === "unrouted";
  }

  accept(arrival: Arrival, nowMs: number): void {
    if (this.#routing === "waiting") {
      this.#parking.add(arrival);
      const expiresAtMs = arrival.record.acceptedAtMs + this.#config.recordTtlMs;
      this.#sweepAtMs = Math.min(this.#sweepAtMs, expiresAtMs);
      return;
    }
    const lane =
      this.#routing === "by-shard"
        ? this.#lanes.laneOf(arrival.partitionKey, arrival.explicitHashKey)
        : this.#lanes.unrouted;
    this.#aggregator.join(lane, arrival, nowMs, this.#closed);
  }

  /** The requests to send now, at most `slots`. */
  poll(nowMs: number, slots: number): Request[] {
    if (this.#hurry) this.#aggregator.closeAll(this.#closed);
    else this.#aggregator.closeDue(nowMs, this.#closed);
    if (nowMs >= this.#sweepAtMs) this.#sweep(nowMs);
    const requests = this.#settler.takeSplit(slots);
    while (requests.length < slots) {
      this.#collector.fill(nowMs);
      const entries = this.#collector.take(nowMs, this.#hurry, slots - requests.length);
      if (entries === undefined) break;
      requests.push(...this.#settler.requestsFor(entries));
    }
    return requests;
  }

  /** When to poll again if nothing happens before. */
  wakeAtMs(slots: number): number {
    const atMs = Math.min(this.#aggregator.nextDueMs(), this.#sweepAtMs);
    // Without a slot nothing can be sent; the next free one is told of.
    if (slots <= 0) return atMs;
    return Math.min(atMs, this.#collector.dueMs(), this.#collector.nextLaneAtMs);
  }

  complete(request: Request, outcome: Outcome<PutRecordsAnswer>, nowMs: number): void {
    const lanes = this.#config.order === "none" ? [] : request.entries.map(({ lane }) => lane);
    for (const entry of request.entries) entry.lane.busy--;
    this.#settler.complete(request, outcome, nowMs);
    for (const lane of lanes) releaseHeirs(lane);
  }

  takeSettled(): Settlement[] {
    return this.#settler.takeSettled();
  }

  /** Closes what is open and sends without waiting for company, until `calm`. */
  hurry(): void {
    this.#hurry = true;
  }

  calm(): void {
    this.#hurry = false;
  }

  /** A shard map came. */
  setShardMap(shards: readonly Shard[], nowMs: number, maxRecordBytes?: number): void {
    this.#mapWanted = false;
    this.#routing = "by-shard";
    const retired = this.#lanes.replaceMap(shards, nowMs, maxRecordBytes);
    for (const lane of retired) this.#moveOut(lane);
    for (const { entry, shardId, sequenceNumber } of this.#strays.splice(0)) {
      const { lane } = entry;
      lane.busy--;
      this.#judge(entry, shardId, sequenceNumber, true);
      releaseHeirs(lane);
    }
    for (const arrival of this.#parking.takeAll()) this.accept(arrival, nowMs);
  }

  /** No map to be had for now, or none that means anything: records go one by one, by no lane. */
  goUnrouted(nowMs: number): void {
    if (this.#routing === "by-shard") {
      for (const lane of this.#lanes.replaceMap([], nowMs)) this.#moveOut(lane);
    }
    this.#routing = "unrouted";
    this.#mapWanted = false;
    for (const arrival of this.#parking.takeAll()) this.accept(arrival, nowMs);
  }

  /** Everything that waits ends now: the stream cannot be written to, or the producer closes. */
  abandon(code: string, message: string): void {
    for (const entry of this.#takeWaiting()) this.#settler.fail(entry, code, message);
  }

  wantShardMap(): void {
    this.#mapWanted = true;
  }

  readonly #closed = (entry: Entry): void => {
    this.#enqueue(entry, false);
  };

  #enqueue(entry: Entry, front: boolean): void {
    const { lane } = entry;
    if (front) lane.fresh.pushFront(entry);
    else lane.fresh.push(entry);
    this.#collector.list(lane);
    this.#sweepAtMs = Math.min(this.#sweepAtMs, entry.expiresAtMs);
  }

  /** A failed entry comes back; if its lane is out of use it goes to the heirs. */
  #again(entry: Entry, front: boolean): void {
    const parts = entry.lane.retired ? reroute(entry, this.#laneOf) : [entry];
    for (const part of front ? parts.toReversed() : parts) {
      // In an order mode an unfinished entry stands at the head of its lane.
      if (front) this.#enqueue(part, true);
      else {
        part.lane.addRetry(part);
        this.#collector.list(part.lane);
        this.#sweepAtMs = Math.min(this.#sweepAtMs, part.expiresAtMs);
      }
    }
  }

  readonly #laneOf = (partitionKey: string, explicitHashKey: string | undefined): Lane =>
    this.#lanes.laneOf(partitionKey, explicitHashKey);

  #landed(entry: Entry, shardId: string, sequenceNumber: string): void {
    const predicted = entry.lane.shardId;
    if (predicted !== undefined && predicted !== shardId && !entry.lane.retired) {
      this.#mapWanted = true;
    }
    this.#judge(entry, shardId, sequenceNumber, false);
  }

  /** Can readers of the shard see the entry? If no map knows the shard, the next one may. */
  #judge(entry: Entry, shardId: string, sequenceNumber: string, mapIsNew: boolean): void {
    if (shardId === entry.lane.shardId || !entry.aggregated) {
      this.#settler.succeed(entry, shardId, sequenceNumber);
      return;
    }
    const range = this.#lanes.map?.rangeOf(shardId);
    if (range !== undefined && isVisibleIn(range, entry)) {
      this.#events.wrongShard(entry, shardId, false);
      this.#settler.succeed(entry, shardId, sequenceNumber);
      return;
    }
    if (range === undefined && !mapIsNew) {
      entry.inDoubt = true;
      entry.lane.busy++;
      this.#strays.push({ entry, shardId, sequenceNumber });
      this.#mapWanted = true;
      this.#sweepAtMs = Math.min(this.#sweepAtMs, entry.expiresAtMs);
      return;
    }
    this.#settler.markInvisible(entry, shardId);
    this.#events.wrongShard(entry, shardId, true);
    const parts = reroute(entry, this.#laneOf);
    for (const part of parts.toReversed()) this.#enqueue(part, true);
  }

  /** What waits in a lane that is out of use goes to its heirs, in order. */
  #moveOut(lane: Lane): void {
    for (const entry of this.#takeLane(lane)) {
      for (const part of reroute(entry, this.#laneOf)) this.#enqueue(part, false);
    }
  }

  #takeLane(lane: Lane): Entry[] {
    const entries = [...lane.retries.splice(0), ...lane.fresh.takeAll()];
    const open = this.#aggregator.close(lane);
    if (open !== undefined) entries.push(open);
    return entries;
  }

  #takeWaiting(): Entry[] {
    const entries = this.#collector.unstage(() => true);
    for (const lane of [...this.#lanes.all(), ...this.#collector.lanes(), this.#lanes.unrouted]) {
      entries.push(...this.#takeLane(lane));
    }
    for (const { entry } of this.#strays.splice(0)) {
      entry.lane.busy--;
      entries.push(entry);
    }
    for (const request of this.#settler.takeSplit(Number.POSITIVE_INFINITY)) {
      for (const entry of request.entries) entry.lane.busy--;
      entries.push(...request.entries);
    }
    for (const arrival of this.#parking.takeAll()) {
      this.#aggregator.join(this.#lanes.unrouted, arrival, 0, (entry) => entries.push(entry));
    }
    return entries;
  }

  /** Ends what has outlived its time, and notes when to look again. */
  #sweep(nowMs: number): void {
    let nextMs = Number.POSITIVE_INFINITY;
    const expired = (entry: Entry): boolean => {
      if (entry.expiresAtMs <= nowMs) return true;
      nextMs = Math.min(nextMs, entry.expiresAtMs);
      return false;
    };
    const gone = [...this.#collector.unstage(expired), ...this.#settler.takeSplitEntries(expired)];
    for (const lane of this.#collector.lanes()) {
      // Not in the order of their age once two parents' queues became one.
      for (const entry of lane.fresh.removeWhere(expired)) gone.push(entry);
      for (let i = lane.retries.length - 1; i >= 0; i--) {
        if (expired(lane.retries[i] as Entry)) gone.push(...lane.retries.splice(i, 1));
      }
    }
    this.#strays = this.#strays.filter(({ entry }) => {
      if (!expired(entry)) return true;
      entry.lane.busy--;
      gone.push(entry);
      return false;
    });
    const oldestMs = nowMs - this.#config.recordTtlMs;
    for (const arrival of this.#parking.takeOlder(oldestMs)) {
      this.#aggregator.join(this.#lanes.unrouted, arrival, nowMs, (entry) => gone.push(entry));
    }
    const parkedMs = this.#parking.oldestMs() + this.#config.recordTtlMs;
    this.#sweepAtMs = Math.max(Math.min(nextMs, parkedMs), nowMs + SWEEP_INTERVAL_MS);
    for (const entry of gone) this.#settler.expire(entry, nowMs);
    for (const entry of gone) releaseHeirs(entry.lane);
  }
}
