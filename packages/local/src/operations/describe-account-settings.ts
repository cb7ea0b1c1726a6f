import { wireCommitment } from "./commitment.ts";
import { define } from "./define.ts";
import type { Operation } from "./operation.ts";

export const describeAccountSettings: Operation = define({}, (_input, context) => {
  const account = context.model.account(context.accountId, context.region);
  return { MinimumThroughputBillingCommitment: wireCommitment(account, context.wallMs) };
});
