/**
 * An item of the KCL's lease table ↔ `Lease` (KCL counterpart: `DynamoDBLeaseSerializer`).
 *
 * A reader accepts what any version of the KCL writes: sets that are absent because they would be
 * empty, rows without `entityType`, a number where `pendingCheckpointState` should be bytes. Rows of
 * other kinds share the table. Attributes of others are never touched: items are only updated.
 */

import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import {
  type Checkpoint,
  hashKeyFromDecimal,
  type HashKeyRange,
  hashKeyToDecimal,
  isSentinel,
  isSequenceNumber,
  type Lease,
  MAX_HASH_KEY_DECIMAL,
  type PendingCheckpoint,
  type StreamIdentity,
} from "@shardline/model";

export type Item = Readonly<Record<string, AttributeValue>>;

export const ATTRIBUTE = {
  leaseKey: "leaseKey",
  owner: "leaseOwner",
  counter: "leaseCounter",
  switches: "ownerSwitchesSinceCheckpoint",
  checkpoint: "checkpoint",
  checkpointSub: "checkpointSubSequenceNumber",
  pending: "pendingCheckpoint",
  pendingSub: "pendingCheckpointSubSequenceNumber",
  pendingState: "pendingCheckpointState",
  /** A set, despite its name. */
  parents: "parentShardId",
  children: "childShardIds",
  startingHashKey: "startingHashKey",
  endingHashKey: "endingHashKey",
  throughput: "throughputKBps",
  checkpointOwner: "checkpointOwner",
  entityType: "entityType",
  // Ours: the KCL updates in place and keeps what it does not know.
  streamArn: "shardlineStreamArn",
  streamCreated: "shardlineStreamCreated",
  startTimestamp: "startTimestampMs",
} as const;

const LEASE_ENTITY = "LEASE";

export type ReadItem =
  | { readonly kind: "lease"; readonly lease: Lease }
  /** A row of another kind: leader lock, migration state, worker metrics, stream. */
  | { readonly kind: "other"; readonly entityType: string }
  | { readonly kind: "unreadable"; readonly problem: string };

/** Any item gives an answer; nothing throws. */
export function readItem(item: Item): ReadItem {
  const entity = item[ATTRIBUTE.entityType]?.S;
  if (item[ATTRIBUTE.entityType] !== undefined && entity !== LEASE_ENTITY) {
    return { kind: "other", entityType: entity ?? "unknown" };
  }
  try {
    return { kind: "lease", lease: readLease(item) };
  } catch (error) {
    const problem = error instanceof Unreadable ? error.message : "it is no item";
    return { kind: "unreadable", problem };
  }
}

/** The item of a new lease, as the KCL writes it. */
export function leaseItem(lease: Lease): Record<string, AttributeValue> {
  const { pending, hashKeyRange } = lease;
  const item: Record<string, AttributeValue | undefined> = {
    [ATTRIBUTE.leaseKey]: { S: lease.leaseKey },
    [ATTRIBUTE.owner]: textValue(lease.owner),
    [ATTRIBUTE.checkpointOwner]: textValue(lease.checkpointOwner),
    [ATTRIBUTE.counter]: numberValue(lease.counter),
    [ATTRIBUTE.switches]: numberValue(lease.ownerSwitchesSinceCheckpoint),
    [ATTRIBUTE.checkpoint]: { S: lease.checkpoint.sequenceNumber },
    [ATTRIBUTE.checkpointSub]: numberValue(lease.checkpoint.subSequenceNumber),
    [ATTRIBUTE.pending]: textValue(pending?.checkpoint.sequenceNumber),
    [ATTRIBUTE.pendingSub]:
      pending === undefined ? undefined : numberValue(pending.checkpoint.subSequenceNumber),
    [ATTRIBUTE.pendingState]: pending?.state === undefined ? undefined : { B: pending.state },
    [ATTRIBUTE.parents]: setValue(lease.parentShardIds),
    [ATTRIBUTE.children]: setValue(lease.childShardIds),
    [ATTRIBUTE.startingHashKey]: hashKeyValue(hashKeyRange?.start),
    [ATTRIBUTE.endingHashKey]: hashKeyValue(hashKeyRange?.end),
    [ATTRIBUTE.throughput]:
      lease.throughputKBps === undefined ? undefined : throughputValue(lease.throughputKBps),
    [ATTRIBUTE.entityType]: { S: LEASE_ENTITY },
    [ATTRIBUTE.streamArn]: textValue(lease.stream?.streamArn),
    [ATTRIBUTE.streamCreated]:
      lease.stream === undefined ? undefined : numberValue(lease.stream.streamCreationTimestampMs),
    [ATTRIBUTE.startTimestamp]:
      lease.startTimestampMs === undefined ? undefined : numberValue(lease.startTimestampMs),
  };
  return Object.fromEntries(Object.entries(item).filter(hasValue));
}

export function numberValue(value: number): AttributeValue {
  return { N: String(value) };
}

/** Six decimals, as the KCL rounds. */
export function throughputValue(kiloBytesPerSecond: number): AttributeValue {
  return numberValue(Math.round(kiloBytesPerSecond * 1e6) / 1e6);
}

/** DynamoDB has no empty set: absent stands for it. */
export function setValue(texts: readonly string[]): AttributeValue | undefined {
  return texts.length === 0 ? undefined : { SS: [...new Set(texts)] };
}

class Unreadable extends Error {}

function readLease(item: Item): Lease {
  return {
    leaseKey: textOf(item, ATTRIBUTE.leaseKey) ?? missing(ATTRIBUTE.leaseKey),
    owner: textOf(item, ATTRIBUTE.owner),
    checkpointOwner: textOf(item, ATTRIBUTE.checkpointOwner),
    counter: integerOf(item, ATTRIBUTE.counter) ?? missing(ATTRIBUTE.counter),
    checkpoint:
      checkpointOf(item, ATTRIBUTE.checkpoint, ATTRIBUTE.checkpointSub) ??
      missing(ATTRIBUTE.checkpoint),
    pending: pendingOf(item),
    ownerSwitchesSinceCheckpoint: integerOf(item, ATTRIBUTE.switches) ?? 0,
    parentShardIds: setOf(item, ATTRIBUTE.parents),
    childShardIds: setOf(item, ATTRIBUTE.children),
    hashKeyRange: rangeOf(item),
    throughputKBps: numberOf(item, ATTRIBUTE.throughput),
    stream: streamOf(item),
    startTimestampMs: numberOf(item, ATTRIBUTE.startTimestamp),
  };
}

function checkpointOf(item: Item, name: string, subName: string): Checkpoint | undefined {
  const sequenceNumber = textOf(item, name);
  if (sequenceNumber === undefined) return undefined;
  if (!isSentinel(sequenceNumber) && !isSequenceNumber(sequenceNumber)) {
    throw new Unreadable(`${name} is neither a number nor a sentinel`);
  }
  return { sequenceNumber, subSequenceNumber: integerOf(item, subName) ?? 0 };
}

function pendingOf(item: Item): PendingCheckpoint | undefined {
  const checkpoint = checkpointOf(item, ATTRIBUTE.pending, ATTRIBUTE.pendingSub);
  if (checkpoint === undefined) return undefined;
  const state = item[ATTRIBUTE.pendingState];
  // N: the KCL's create writes a sub-sequence number here by mistake; it is no state.
  const bytes = state?.B ?? (state?.S === undefined ? undefined : Buffer.from(state.S, "utf8"));
  return bytes === undefined ? { checkpoint } : { checkpoint, state: bytes };
}

function rangeOf(item: Item): HashKeyRange | undefined {
  const start = hashKeyOf(item, ATTRIBUTE.startingHashKey);
  const end = hashKeyOf(item, ATTRIBUTE.endingHashKey);
  if (start === undefined || end === undefined) return undefined;
  if (start > end) throw new Unreadable("startingHashKey is above endingHashKey");
  return { start, end };
}

function hashKeyOf(item: Item, name: string): string | undefined {
  const decimal = textOf(item, name);
  if (decimal === undefined) return undefined;
  const { length } = MAX_HASH_KEY_DECIMAL;
  const valid =
    /^(0|[1-9][0-9]*)$/.test(decimal) &&
    (decimal.length < length || (decimal.length === length && decimal <= MAX_HASH_KEY_DECIMAL));
  if (!valid) throw new Unreadable(`${name} is no hash key`);
  return hashKeyFromDecimal(decimal);
}

function streamOf(item: Item): StreamIdentity | undefined {
  const streamArn = textOf(item, ATTRIBUTE.streamArn);
  const streamCreationTimestampMs = numberOf(item, ATTRIBUTE.streamCreated);
  if (streamArn === undefined || streamCreationTimestampMs === undefined) return undefined;
  return { streamArn, streamCreationTimestampMs };
}

function textOf(item: Item, name: string): string | undefined {
  const value = item[name];
  if (value === undefined || value.NULL === true) return undefined;
  if (typeof value.S !== "string") throw new Unreadable(`${name} is no string`);
  return value.S;
}

function numberOf(item: Item, name: string): number | undefined {
  const value = item[name];
  if (value === undefined || value.NULL === true) return undefined;
  const number = typeof value.N === "string" && value.N !== "" ? Number(value.N) : Number.NaN;
  if (!Number.isFinite(number)) throw new Unreadable(`${name} is no number`);
  return number;
}

function integerOf(item: Item, name: string): number | undefined {
  const number = numberOf(item, name);
  if (number === undefined) return undefined;
  // Beyond 2^53 equality of counters could not be trusted any more.
  if (!Number.isSafeInteger(number)) throw new Unreadable(`${name} is no safe integer`);
  return number;
}

function setOf(item: Item, name: string): readonly string[] {
  const value = item[name];
  if (value === undefined || value.NULL === true) return [];
  if (!Array.isArray(value.SS)) throw new Unreadable(`${name} is no set of strings`);
  // A set has no order: sorted, equal sets compare equal.
  return [...value.SS].sort();
}

function missing(name: string): never {
  throw new Unreadable(`${name} is missing`);
}

function textValue(text: string | undefined): AttributeValue | undefined {
  return text === undefined ? undefined : { S: text };
}

function hashKeyValue(hashKey: string | undefined): AttributeValue | undefined {
  return hashKey === undefined ? undefined : { S: hashKeyToDecimal(hashKey) };
}

function hasValue<T>(entry: [string, T | undefined]): entry is [string, T] {
  return entry[1] !== undefined;
}
