import type { PutRecordsEntry } from "@shardline/model";
import type { Lane } from "./lane.ts";

/** A user record from its put() to its settlement, as far as the core knows it. */
export interface PendingRecord {
  readonly acceptedAtMs: number;
}

/** One try to write an entry. */
export interface EntryAttempt {
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  /** Undefined for the try that was acknowledged. */
  readonly code: string | undefined;
  readonly message: string | undefined;
  /** True if the service may have stored the entry all the same. */
  readonly ambiguous: boolean;
}

/**
 * What becomes one Kinesis record: an aggregate, or a lone user record as it is. Its bytes never
 * change: a retry sends the same ones, so that a doubtful first try and its repetition are equal.
 */
export class Entry implements PutRecordsEntry {
  /** See docs/design/producer-speed.md, "Kept shapes". */
  static readonly KEPT: Entry = new Entry(
    {
      data: new Uint8Array(),
      partitionKey: "",
      partitionKeyBytes: 0,
      explicitHashKey: "",
      aggregated: false,
      userBytes: 0,
    },
    [],
    {} as Lane,
    Number.POSITIVE_INFINITY,
  );
  readonly data: Uint8Array;
  readonly partitionKey: string;
  readonly explicitHashKey: string;
  readonly aggregated: boolean;
  /** In the order of their sub-sequence numbers. */
  readonly members: readonly PendingRecord[];
  /** As the service counts: data and partition key. */
  readonly bytes: number;
  /** Data of the members, without keys and framing. */
  readonly userBytes: number;
  readonly expiresAtMs: number;
  lane: Lane;
  attempts: readonly EntryAttempt[] = [];
  /** Not to be sent before. */
  readyAtMs: number = Number.NEGATIVE_INFINITY;
  /** When it passed the limiter. */
  stagedAtMs: number = Number.NEGATIVE_INFINITY;
  /** True once a try may have been stored without an acknowledgement that counts. */
  inDoubt = false;

  constructor(
    wire: {
      readonly data: Uint8Array;
      readonly partitionKey: string;
      readonly partitionKeyBytes: number;
      readonly explicitHashKey: string;
      readonly aggregated: boolean;
      readonly userBytes: number;
    },
    members: readonly PendingRecord[],
    lane: Lane,
    expiresAtMs: number,
  ) {
    this.data = wire.data;
    this.partitionKey = wire.partitionKey;
    this.explicitHashKey = wire.explicitHashKey;
    this.aggregated = wire.aggregated;
    this.bytes = wire.data.length + wire.partitionKeyBytes;
    this.userBytes = wire.userBytes;
    this.members = members;
    this.lane = lane;
    this.expiresAtMs = expiresAtMs;
  }

  addAttempt(attempt: EntryAttempt): void {
    this.attempts = [...this.attempts, attempt];
    if (attempt.ambiguous) this.inDoubt = true;
  }
}

/** How an entry, and with it each of its members, ended. */
export type Settlement =
  | {
      readonly kind: "ok";
      readonly entry: Entry;
      readonly shardId: string;
      readonly sequenceNumber: string;
    }
  /** `rejected`: certainly not stored. `unknown`: it may have been. */
  | {
      readonly kind: "rejected" | "unknown";
      readonly entry: Entry;
      readonly code: string;
      readonly message: string;
    };
