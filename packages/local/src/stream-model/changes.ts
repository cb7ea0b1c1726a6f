/**
 * What a listener (the data directory) learns of, as plain data, in the order in which it happened.
 * Giving the same entries to `KinesisModel.restore` in that order rebuilds the model.
 *
 * `stream` and `account` entries are whole: a later one replaces an earlier one of the same key, so
 * a store may keep only the last. They are rare (control-plane calls); `records` is the hot one.
 */

import type { WireRecord } from "./wire-record.ts";

export type Change =
  | StreamChange
  | StreamDeletedChange
  | RecordsChange
  | TrimmedChange
  | AccountChange;

/** A stream was created or anything about it but its records changed. Key: `streamId`. */
export interface StreamChange {
  readonly kind: "stream";
  readonly stream: StreamSnapshot;
}

/** The stream and its records are gone. */
export interface StreamDeletedChange {
  readonly kind: "stream-deleted";
  readonly streamId: string;
}

/** Records of one PutRecord or PutRecords call, in order; those of one shard are ascending. */
export interface RecordsChange {
  readonly kind: "records";
  readonly streamId: string;
  readonly appended: readonly AppendedRecord[];
}

export interface AppendedRecord {
  readonly shardId: string;
  readonly record: WireRecord;
}

/** All records of the shard up to and including this one are gone. */
export interface TrimmedChange {
  readonly kind: "trimmed";
  readonly streamId: string;
  readonly shardId: string;
  readonly throughSequenceNumber: string;
  readonly reason: "retention" | "memory";
  readonly records: number;
}

/** Settings and channels of one account in one region. Key: `accountId` and `region`. */
export interface AccountChange {
  readonly kind: "account";
  readonly account: AccountSnapshot;
}

/** JSON-safe. Its members are the model's business: store and give back unread. */
export interface StreamSnapshot {
  readonly streamId: string;
  readonly accountId: string;
  readonly region: string;
  readonly streamName: string;
  readonly state: Readonly<Record<string, unknown>>;
}

/** JSON-safe, as above. */
export interface AccountSnapshot {
  readonly accountId: string;
  readonly region: string;
  readonly state: Readonly<Record<string, unknown>>;
}
