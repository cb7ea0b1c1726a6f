import { ShardlineError } from "@shardline/model";
import type { Attempt } from "./result.ts";

/**
 * The record was certainly not stored. KPL counterpart: `UserRecordFailedException`, which also
 * covers what is `RecordOutcomeUnknownError` here.
 */
export class RecordRejectedError extends ShardlineError {
  /** The service's error code, or one of ours: `Expired`, `Closed`, `RecordTooLarge`. */
  readonly reason: string;
  readonly attempts: readonly Attempt[];

  constructor(reason: string, message: string, attempts: readonly Attempt[]) {
    super("RECORD_REJECTED", `not stored: ${reason}: ${message}`, { retryable: true });
    this.reason = reason;
    this.attempts = attempts;
  }
}

/** The record may or may not be stored: a try ended without an answer that tells. */
export class RecordOutcomeUnknownError extends ShardlineError {
  readonly reason: string;
  readonly attempts: readonly Attempt[];

  constructor(reason: string, message: string, attempts: readonly Attempt[]) {
    super("RECORD_OUTCOME_UNKNOWN", `possibly stored: ${reason}: ${message}`, { retryable: true });
    this.reason = reason;
    this.attempts = attempts;
  }
}
