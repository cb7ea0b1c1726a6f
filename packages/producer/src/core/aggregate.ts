import { decodeAggregate, encodeAggregate, hasMagic } from "@shardline/aggregation";
import { hashKeyOf, hashKeyToDecimal, utf8ByteLength } from "@shardline/model";
import type { CoreConfig } from "./config.ts";
import { Entry, type PendingRecord } from "./entry.ts";
import type { Lane, OpenAggregate } from "./lane.ts";

/** The KPL's outer partition key: one byte, and the explicit hash key decides anyway. */
const OUTER_PARTITION_KEY = "a";
/** Nothing fits any more that would be worth waiting for. */
const FULL_SLACK_BYTES = 8;

export interface Arrival {
  readonly record: PendingRecord;
  readonly partitionKey: string;
  readonly explicitHashKey: string | undefined;
  readonly data: Uint8Array | string;
  readonly dataBytes: number;
}

/** Opens and closes the aggregates of the lanes: one a shard, closed by size, count or age. */
export class Aggregator {
  readonly #config: CoreConfig;
  readonly #lingerMs: number;
  /** Open aggregates in the order of their opening, which is the order of their deadlines. */
  #opened: OpenAggregate[] = [];
  #head = 0;

  constructor(config: CoreConfig) {
    this.#config = config;
    this.#lingerMs = config.lingerMs - config.collectMs;
  }

  /** Adds a record to the lane's aggregate; closed ones go to `close`. */
  join(lane: Lane, arrival: Arrival, nowMs: number, close: (entry: Entry) => void): void {
    const { partitionKey, explicitHashKey, data, dataBytes, record } = arrival;
    const { builder } = lane;
    // Members expire together: one that waited for room must not take younger ones along.
    const oldestMs = lane.open?.members[0]?.acceptedAtMs ?? record.acceptedAtMs;
    if (record.acceptedAtMs - oldestMs > this.#lingerMs) close(this.close(lane) as Entry);
    if (!builder.tryAdd(partitionKey, explicitHashKey, data, dataBytes)) {
      close(this.close(lane) as Entry);
      builder.tryAdd(partitionKey, explicitHashKey, data, dataBytes);
    }
    if (lane.open === undefined) {
      const members: PendingRecord[] = [];
      lane.open = { lane, members, partitionKey, explicitHashKey, openedAtMs: nowMs };
      this.#opened.push(lane.open);
    }
    lane.open.members.push(record);
    const full =
      builder.byteLength + FULL_SLACK_BYTES > builder.maxBytes ||
      builder.recordCount >= builder.maxRecords;
    if (full) close(this.close(lane) as Entry);
  }

  close(lane: Lane): Entry | undefined {
    const { open } = lane;
    if (open === undefined) return undefined;
    lane.open = undefined;
    return entryOf(lane, open, this.#config);
  }

  closeDue(nowMs: number, close: (entry: Entry) => void): void {
    while (this.nextDueMs() <= nowMs) this.#closeFirst(close);
  }

  closeAll(close: (entry: Entry) => void): void {
    while (this.nextDueMs() !== Number.POSITIVE_INFINITY) this.#closeFirst(close);
  }

  /** When the oldest open aggregate must close. */
  nextDueMs(): number {
    for (;;) {
      const first = this.#opened[this.#head];
      if (first === undefined) break;
      if (first.lane.open === first) return first.openedAtMs + this.#lingerMs;
      this.#head++;
    }
    this.#opened = [];
    this.#head = 0;
    return Number.POSITIVE_INFINITY;
  }

  #closeFirst(close: (entry: Entry) => void): void {
    const first = this.#opened[this.#head++] as OpenAggregate;
    const entry = this.close(first.lane);
    if (entry !== undefined) close(entry);
  }
}

function entryOf(lane: Lane, open: OpenAggregate, config: CoreConfig): Entry {
  const { members } = open;
  const userBytes = lane.builder.dataByteLength;
  const expiresAtMs = (members[0] as PendingRecord).acceptedAtMs + config.recordTtlMs;
  if (members.length > 1 || config.alwaysWrap) {
    return aggregateEntry(lane, open, lane.builder.finish(), userBytes, expiresAtMs);
  }
  const raw = lane.builder.finishRaw();
  // A reader would take such a payload for an aggregate of ours and open it.
  if (hasMagic(raw) && decodeAggregate(raw).kind === "aggregate") {
    const { partitionKey, explicitHashKey } = open;
    const wrapped = encodeAggregate([{ partitionKey, explicitHashKey, data: raw }]);
    return aggregateEntry(lane, open, wrapped, userBytes, expiresAtMs);
  }
  return rawEntry(lane, open, raw, expiresAtMs);
}

function aggregateEntry(
  lane: Lane,
  open: OpenAggregate,
  data: Uint8Array,
  userBytes: number,
  expiresAtMs: number,
): Entry {
  const wire = {
    data,
    userBytes,
    partitionKey: OUTER_PARTITION_KEY,
    partitionKeyBytes: 1,
    explicitHashKey: decimalHashKey(open.partitionKey, open.explicitHashKey),
    aggregated: true,
  };
  return new Entry(wire, open.members, lane, expiresAtMs);
}

/** A lone record under its own key. Its hash key is always given, as the KPL does. */
function rawEntry(lane: Lane, open: OpenAggregate, data: Uint8Array, expiresAtMs: number): Entry {
  const wire = {
    data,
    userBytes: data.length,
    partitionKey: open.partitionKey,
    partitionKeyBytes: utf8ByteLength(open.partitionKey),
    explicitHashKey: decimalHashKey(open.partitionKey, open.explicitHashKey),
    aggregated: false,
  };
  return new Entry(wire, open.members, lane, expiresAtMs);
}

function decimalHashKey(partitionKey: string, explicitHashKey: string | undefined): string {
  return explicitHashKey ?? hashKeyToDecimal(hashKeyOf(partitionKey, undefined));
}
