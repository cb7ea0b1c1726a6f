export type { BackoffPolicy } from "./backoff.ts";
export { backoffMs } from "./backoff.ts";
export { bounded } from "./bounded.ts";
export type { Clock, Timer } from "./clock.ts";
export { closest } from "./closest.ts";
export type { EventChannel, EventMap } from "./diagnostics.ts";
export { eventChannel } from "./diagnostics.ts";
export type { ErrorCode, OptionProblem } from "./errors.ts";
export {
  AbortedError,
  ClosedError,
  InvalidOptionsError,
  InvalidRecordError,
  ShardlineError,
} from "./errors.ts";
export type { HashKey, HashKeyRange } from "./hash-key.ts";
export {
  FULL_HASH_KEY_RANGE,
  hashKeyFromDecimal,
  hashKeyOf,
  hashKeyOfPartitionKey,
  hashKeyToDecimal,
  MAX_HASH_KEY,
  MAX_HASH_KEY_DECIMAL,
  MIN_HASH_KEY,
  rangeContains,
} from "./hash-key.ts";
export type {
  GetRecordsAnswer,
  IteratorPosition,
  KinesisApi,
  PutRecordRequest,
  PutRecordsAnswer,
  PutRecordsEntry,
  PutRecordsEntryOutcome,
  PutRecordsRequest,
  ShardFilter,
  StreamDescription,
  StreamRef,
} from "./kinesis-api.ts";
export type { Lease, PendingCheckpoint, StreamIdentity } from "./lease.ts";
export { effectiveOwner, newLease } from "./lease.ts";
export type { CheckpointWrite, LeaseTable, LeaseWrite } from "./lease-table.ts";
export * as limits from "./limits.ts";
export type { LogFields, Logger } from "./logger.ts";
export { silentLogger } from "./logger.ts";
export type { MetricDimensions, Metrics, MetricUnit } from "./metrics.ts";
export { silentMetrics } from "./metrics.ts";
export type { OptionSpec, OptionTable } from "./options.ts";
export { compileOptions, optionsMarkdown, optionValueText, withoutDefault } from "./options.ts";
export type { CallOptions, Failure, FailureReason, Outcome } from "./outcome.ts";
export { failure, isRetryable } from "./outcome.ts";
export type { Random } from "./random.ts";
export type { KinesisRecord, ReceivedRecord, RecordPosition, UserRecord } from "./record.ts";
export {
  checkExplicitHashKey,
  checkPartitionKey,
  checkRecordSize,
  dataBytes,
  utf8ByteLength,
} from "./record.ts";
export type { Checkpoint, InitialPosition, Sentinel } from "./sequence.ts";
export {
  AT_TIMESTAMP,
  compareCheckpoints,
  compareSequenceNumbers,
  isSentinel,
  isSequenceNumber,
  isShardEnd,
  LATEST,
  SHARD_END,
  sameCheckpoint,
  TRIM_HORIZON,
} from "./sequence.ts";
export type { ChildShard, Shard } from "./shard.ts";
export { isOpen } from "./shard.ts";
export { Slots } from "./slots.ts";
export { systemClock, systemRandom } from "./system.ts";
export { TokenBucket } from "./token-bucket.ts";
export type { Deferred } from "./waiting.ts";
export { deadlineSignal, deferred, sleep } from "./waiting.ts";
export type { FilterParameters, PositionParameters, StreamParameters } from "./wire-parameters.ts";
export { filterParameters, positionParameters, streamParameters } from "./wire-parameters.ts";
