/** The errors of the consumer. Compare `code`; the classes are `ShardlineError`s. */

import { type Checkpoint, type Failure, isRetryable, ShardlineError } from "@shardline/model";

/** The stream does not exist, or is being deleted. */
export class StreamNotFoundError extends ShardlineError {
  constructor(stream: string) {
    super(
      "STREAM_NOT_FOUND",
      `stream ${stream} does not exist: check its name, the region and the endpoint`,
    );
  }
}

/** The stream was deleted and made anew: the checkpoints in the table mean nothing in it (rule R10). */
export class StreamReplacedError extends ShardlineError {
  constructor(stream: string, table: string) {
    super(
      "STREAM_REPLACED",
      `stream ${stream} was deleted and created again since table ${table} was written: ` +
        "use another applicationName, or delete the table to begin anew",
    );
  }
}

/** The lease table belongs to another stream (rule R10). */
export class TableMismatchError extends ShardlineError {
  constructor(table: string, found: string, wanted: string) {
    super(
      "TABLE_MISMATCH",
      `table ${table} holds the leases of ${found}, not of ${wanted}: use another applicationName`,
    );
  }
}

/** Thrown by `checkpoint` after the lease went to another worker. KCL counterpart: `ShutdownException`. */
export class LeaseLostError extends ShardlineError {
  constructor(shardId: string) {
    super("LEASE_LOST", `the lease of ${shardId} is no longer held by this worker`);
  }
}

/** Thrown by `checkpoint` for a position that was not delivered. KCL: `IllegalArgumentException`. */
export class CheckpointOutOfRangeError extends ShardlineError {
  constructor(shardId: string, given: Checkpoint, lastDelivered: Checkpoint) {
    super(
      "CHECKPOINT_OUT_OF_RANGE",
      `${shardId}: checkpoint at ${text(given)}, but the last record delivered is ${text(lastDelivered)}`,
    );
  }
}

/** `run()` ends with it under `errorPolicy: "halt"`; the processor's own error is the `cause`. */
export class ProcessorFailedError extends ShardlineError {
  readonly shardId: string;

  constructor(shardId: string, cause: unknown) {
    super("PROCESSOR_FAILED", `processRecords failed on ${shardId}, and errorPolicy is "halt"`, {
      cause,
    });
    this.shardId = shardId;
  }
}

/** Data was trimmed before it was read, and `gapPolicy` is "halt". */
export class RecordsTrimmedError extends ShardlineError {
  constructor(shardId: string, after: Checkpoint) {
    super(
      "SERVICE_FAILED",
      `${shardId}: records after ${text(after)} were trimmed before they were read, and gapPolicy is "halt"`,
    );
  }
}

/** A service refuses, or did not answer for as long as the options allow. */
export class ServiceFailedError extends ShardlineError {
  constructor(what: string, failed: Failure) {
    super("SERVICE_FAILED", `${what}: ${failed.code}: ${failed.message}`, {
      retryable: isRetryable(failed),
    });
  }
}

function text({ sequenceNumber, subSequenceNumber }: Checkpoint): string {
  return subSequenceNumber === 0 ? sequenceNumber : `${sequenceNumber}/${subSequenceNumber}`;
}
