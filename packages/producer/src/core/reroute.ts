import { decodeAggregate, encodeAggregate } from "@shardline/aggregation";
import {
  type HashKeyRange,
  hashKeyFromDecimal,
  hashKeyOf,
  hashKeyToDecimal,
  rangeContains,
  type UserRecord,
} from "@shardline/model";
import { Entry, type PendingRecord } from "./entry.ts";
import type { Lane } from "./lane.ts";

interface Group {
  readonly lane: Lane;
  readonly records: UserRecord[];
  readonly members: PendingRecord[];
}

/** May a KCL reader of a shard with this range see the entry? It drops an aggregate with one stranger. */
export function isVisibleIn(range: HashKeyRange, entry: Entry): boolean {
  if (!entry.aggregated) return true;
  return recordsOf(entry).every((record) =>
    rangeContains(range, hashKeyOf(record.partitionKey, record.explicitHashKey)),
  );
}

/**
 * The entry for the lanes of another shard map: itself if all its members go to one lane, else one
 * new entry for each lane, members in their order. The history goes along.
 */
export function reroute(
  entry: Entry,
  laneOf: (partitionKey: string, explicitHashKey: string | undefined) => Lane,
): Entry[] {
  if (!entry.aggregated) {
    entry.lane = laneOf(entry.partitionKey, entry.explicitHashKey);
    return [entry];
  }
  const groups = new Map<Lane | UserRecord, Group>();
  for (const [i, record] of recordsOf(entry).entries()) {
    const lane = laneOf(record.partitionKey, record.explicitHashKey);
    // Records whose shard is not known have nothing in common.
    const key = lane.shardId === undefined ? record : lane;
    const group = groups.get(key) ?? { lane, records: [], members: [] };
    groups.set(key, group);
    group.records.push(record);
    group.members.push(entry.members[i] as PendingRecord);
  }
  const [only] = groups.values();
  if (groups.size === 1 && only !== undefined && holdsOuterKey(only.lane, entry)) {
    entry.lane = only.lane;
    return [entry];
  }
  return Array.from(groups.values(), ({ lane, records, members }) => {
    const rerouted = newEntry(entry, lane, records, members);
    rerouted.attempts = entry.attempts;
    rerouted.inDoubt = entry.inDoubt;
    rerouted.readyAtMs = entry.readyAtMs;
    return rerouted;
  });
}

/** A lane of no shard has the whole range. */
function holdsOuterKey(lane: Lane, entry: Entry): boolean {
  return rangeContains(lane.range, hashKeyFromDecimal(entry.explicitHashKey));
}

function newEntry(
  entry: Entry,
  lane: Lane,
  records: readonly UserRecord[],
  members: readonly PendingRecord[],
): Entry {
  const [first] = records as [UserRecord];
  const explicitHashKey =
    first.explicitHashKey ?? hashKeyToDecimal(hashKeyOf(first.partitionKey, undefined));
  const wire = {
    data: encodeAggregate(records),
    userBytes: records.reduce((sum, record) => sum + record.data.length, 0),
    partitionKey: entry.partitionKey,
    partitionKeyBytes: entry.bytes - entry.data.length,
    explicitHashKey,
    aggregated: true,
  };
  return new Entry(wire, members, lane, entry.expiresAtMs);
}

function recordsOf(entry: Entry): readonly UserRecord[] {
  const decoded = decodeAggregate(entry.data);
  return decoded.kind === "aggregate" ? decoded.records : [];
}
