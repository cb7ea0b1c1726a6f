import { currentCommitment, earliestEndMs, wireCommitment } from "./commitment.ts";
import { define } from "./define.ts";
import type { Operation } from "./operation.ts";

/** A commitment ended early runs on to the end of its first day; enabling it again cancels that. */
export const updateAccountSettings: Operation = define(
  {
    MinimumThroughputBillingCommitment: {
      type: "structure",
      required: true,
      members: { Status: { type: "string", values: ["ENABLED", "DISABLED"], required: true } },
    },
  },
  (input, context) => {
    const account = context.model.account(context.accountId, context.region);
    const wallMs = Math.floor(context.wallMs);
    const current = currentCommitment(account, wallMs);
    if (input.MinimumThroughputBillingCommitment.Status === "ENABLED") {
      account.commitment = { startedAtMs: current?.startedAtMs ?? wallMs };
    } else if (current !== undefined) {
      account.commitment = { ...current, endedAtMs: Math.max(wallMs, earliestEndMs(current)) };
    }
    context.model.accountChanged(account);
    return { MinimumThroughputBillingCommitment: wireCommitment(account, wallMs) };
  },
);
