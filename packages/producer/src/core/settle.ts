import type { Failure } from "@shardline/model";

/**
 * What a failed request means for its entries.
 * `again`: send them later. `split`: one of them may be to blame, find it. `give-up`: no repetition
 * of the same request can succeed.
 */
export type RequestVerdict = "again" | "split" | "give-up";

export function verdictOnRequest(failed: Failure): RequestVerdict {
  switch (failed.reason) {
    case "throttled":
    case "unavailable":
    case "timeout":
    case "aborted":
    case "in-use":
    case "credentials":
    case "malformed":
    case "unknown":
      return "again";
    case "invalid":
      return "split";
    case "denied":
    case "not-found":
    case "kms":
    case "expired-iterator":
    case "expired-token":
      return "give-up";
  }
}

const THROTTLED_CODE = "ProvisionedThroughputExceededException";

/** Error codes of single entries in an answer that was otherwise fine.
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecordsResultEntry.html */
export function verdictOnEntry(code: string): "throttled" | "again" | "give-up" {
  if (code === THROTTLED_CODE || code === "KMSThrottlingException") return "throttled";
  return /^(KMS|AccessDenied|ResourceNotFound)/.test(code) ? "give-up" : "again";
}

/**
 * The page above says of every entry with an error that it was not added. Of a throttled or refused one
 * that is believed. `InternalFailure` and codes that nobody knows are failures inside the service, which
 * prove nothing: believing them costs a promise, doubting them only makes an expired record "unknown".
 */
export function isEntryAmbiguous(code: string): boolean {
  return verdictOnEntry(code) === "again";
}

/**
 * The search for the entry that makes the service refuse a whole request. If nothing but refusals
 * comes back, the request itself is wrong and the search ends.
 */
export class Bisection {
  #refused = 0;
  #accepted = false;

  static readonly MAX_LONE_REFUSALS: number = 8;

  get isHopeless(): boolean {
    return !this.#accepted && this.#refused >= Bisection.MAX_LONE_REFUSALS;
  }

  refusedOne(): void {
    this.#refused++;
  }

  acceptedSome(): void {
    this.#accepted = true;
  }
}
