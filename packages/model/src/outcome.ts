/**
 * Outcomes of calls to the services. A port never rejects: what can be expected to happen is a
 * value on `kind`, and the outside's errors are sorted into `FailureReason` in one file of `aws`.
 */

export type FailureReason =
  /** Too fast: ProvisionedThroughputExceeded, LimitExceeded, Throttling, 429, KMSThrottling. */
  | "throttled"
  /** 5xx, connection refused or reset, DNS. */
  | "unavailable"
  /** Our own deadline passed. */
  | "timeout"
  /** The caller's signal. */
  | "aborted"
  | "not-found"
  /** ResourceInUse: being created, changed or deleted, or already there. */
  | "in-use"
  /** Not allowed: AccessDenied and wrong keys. */
  | "denied"
  /** No credentials, expired ones or a clock too far off: may heal by itself. */
  | "credentials"
  /** The request itself is wrong. */
  | "invalid"
  | "expired-iterator"
  | "expired-token"
  /** A KMS key that is missing, disabled or forbidden. */
  | "kms"
  /** An answer that makes no sense: unparsable body, wrong count. */
  | "malformed"
  | "unknown";

export interface Failure {
  readonly kind: "failed";
  readonly reason: FailureReason;
  /** The service's own code (`ProvisionedThroughputExceededException`) or ours (`Timeout`). */
  readonly code: string;
  readonly message: string;
  /** True if the service may have applied the request all the same. */
  readonly ambiguous: boolean;
}

export type Outcome<T> = ({ readonly kind: "ok" } & T) | Failure;

export interface CallOptions {
  /** Enforced by the port itself; the answer is then a failure with reason `timeout`. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export function failure(
  reason: FailureReason,
  code: string,
  message: string,
  ambiguous = false,
): Failure {
  return { kind: "failed", reason, code, message, ambiguous };
}

const RETRYABLE: ReadonlySet<FailureReason> = new Set([
  "throttled",
  "unavailable",
  "timeout",
  "in-use",
  "credentials",
  "malformed",
  "unknown",
]);

/** May the same call succeed later? */
export function isRetryable(failed: Failure): boolean {
  return RETRYABLE.has(failed.reason);
}
