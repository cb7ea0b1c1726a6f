/** The account's minimum throughput billing commitment, as the service shows it. */

import type { BillingCommitment, ModelAccount } from "../stream-model/account.ts";
import { Timestamp } from "./operation.ts";

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_MinimumThroughputBillingCommitmentInput.html */
const MIN_DURATION_MS = 24 * 60 * 60 * 1000;

export function earliestEndMs(commitment: BillingCommitment): number {
  return commitment.startedAtMs + MIN_DURATION_MS;
}

/** A commitment that was to end by itself has ended once its time has come. */
export function currentCommitment(
  account: ModelAccount,
  wallMs: number,
): BillingCommitment | undefined {
  const { commitment } = account;
  return commitment?.endedAtMs !== undefined && commitment.endedAtMs <= wallMs
    ? undefined
    : commitment;
}

export function wireCommitment(account: ModelAccount, wallMs: number): object {
  const { commitment } = account;
  if (commitment === undefined) return { Status: "DISABLED" };
  const { startedAtMs, endedAtMs } = commitment;
  const StartedAt = new Timestamp(startedAtMs);
  if (currentCommitment(account, wallMs) === undefined) {
    return { Status: "DISABLED", StartedAt, EndedAt: new Timestamp(endedAtMs as number) };
  }
  return {
    Status: endedAtMs === undefined ? "ENABLED" : "ENABLED_UNTIL_EARLIEST_ALLOWED_END",
    StartedAt,
    EarliestAllowedEndAt: new Timestamp(earliestEndMs(commitment)),
  };
}
