import type { Payload } from "./payload.ts";
import type { Timestamp } from "./timestamp.ts";

/**
 * A record in the shape in which GetRecords and SubscribeToShard give it. Never changed once stored.
 */
export interface WireRecord {
  readonly SequenceNumber: string;
  readonly ApproximateArrivalTimestamp: Timestamp;
  readonly Data: Payload;
  /** Absent if the producer gave none, which only streams with strategy AUTO allow. */
  readonly PartitionKey?: string;
  /** Present on records put while the stream was encrypted. */
  readonly EncryptionType?: "KMS";
}

export interface WireHashKeyRange {
  /** Decimal, as the service writes it. */
  readonly StartingHashKey: string;
  readonly EndingHashKey: string;
}

export interface WireChildShard {
  readonly ShardId: string;
  readonly ParentShards: readonly string[];
  readonly HashKeyRange: WireHashKeyRange;
}
