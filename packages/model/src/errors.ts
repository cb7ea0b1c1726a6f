/**
 * Errors thrown to users: one base class with a closed set of codes. Expected outcomes of the
 * services are values (`outcome.ts`), not exceptions.
 */

export type ErrorCode =
  | "INVALID_RECORD"
  | "INVALID_OPTIONS"
  | "ABORTED"
  | "CLOSED"
  | "RECORD_REJECTED"
  | "RECORD_OUTCOME_UNKNOWN"
  | "STREAM_NOT_FOUND"
  | "STREAM_REPLACED"
  | "TABLE_MISMATCH"
  | "LEASE_LOST"
  | "CHECKPOINT_OUT_OF_RANGE"
  | "PROCESSOR_FAILED"
  | "SERVICE_FAILED";

const BRAND = Symbol.for("shardline.error");

/** Base of every error that Shardline throws. Compare `code`, which survives two copies of the package. */
export class ShardlineError extends Error {
  readonly code: ErrorCode;
  /** True if the same call may succeed later without a change. */
  readonly retryable: boolean;

  constructor(
    code: ErrorCode,
    message: string,
    options: { readonly cause?: unknown; readonly retryable?: boolean } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.retryable = options.retryable ?? false;
    Object.defineProperty(this, BRAND, { value: true });
  }

  static isShardlineError(value: unknown): value is ShardlineError {
    return typeof value === "object" && value !== null && BRAND in value;
  }
}

/** A record that the service would refuse; thrown before anything is sent. */
export class InvalidRecordError extends ShardlineError {
  readonly field: string;
  readonly value: string;
  readonly expected: string;

  /** `value` describes what was given without quoting record data. */
  constructor(field: string, value: string, expected: string) {
    super("INVALID_RECORD", `${field}: got ${value}, expected ${expected}`);
    this.field = field;
    this.value = value;
    this.expected = expected;
  }
}

export interface OptionProblem {
  readonly path: string;
  readonly value: string;
  readonly expected: string;
}

/** All problems of a set of options at once. */
export class InvalidOptionsError extends ShardlineError {
  readonly problems: readonly OptionProblem[];

  constructor(subject: string, problems: readonly OptionProblem[]) {
    const lines = problems.map((p) => `${p.path}: got ${p.value}, expected ${p.expected}`);
    super("INVALID_OPTIONS", `${subject}: ${lines.join("; ")}`);
    this.problems = problems;
  }
}

/** A wait ended by the caller's AbortSignal; the signal's reason is the `cause`. */
export class AbortedError extends ShardlineError {
  constructor(cause: unknown) {
    super("ABORTED", "aborted by the caller's signal", { cause });
  }

  static from(signal: AbortSignal | undefined): AbortedError {
    return new AbortedError(signal?.reason);
  }
}

/** Used after close() or stop(). */
export class ClosedError extends ShardlineError {
  constructor(what: string) {
    super("CLOSED", `${what} is closed`);
  }
}
