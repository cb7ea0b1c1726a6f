/**
 * Beginning a tenure. It begins only with a definite "yes" to a write of our own: a take whose
 * answer is in doubt is confirmed by a renewal, because two workers of one name would both
 * recognise the row that only one of them wrote (F7).
 */

import { bounded, type Lease, type LeaseWrite, type StreamIdentity } from "@shardline/model";
import type { Ports } from "./ports.ts";

export type Taken =
  | { readonly kind: "taken"; readonly lease: Lease; readonly sentMs: number }
  /** Somebody was faster; `current` is the row now. */
  | { readonly kind: "missed"; readonly current: Lease | undefined }
  | { readonly kind: "failed" };

/** Takes and confirmations in doubt before it is left to the lease's expiry. */
const MAX_CONFIRMATIONS = 3;

export async function takeLease(
  seen: Lease,
  workerId: string,
  stream: StreamIdentity,
  timeoutMs: number,
  { leases, clock }: Ports,
): Promise<Taken> {
  let sentMs = clock.nowMs();
  let answer: LeaseWrite = await bounded(clock, { timeoutMs }, (options) =>
    leases.take(seen, workerId, stream, options),
  );
  let counter = seen.counter + 1;
  for (let confirmations = 0; ; confirmations++) {
    if (answer.kind === "ok") return { kind: "taken", lease: answer.lease, sentMs };
    if (answer.kind === "obsolete") return { kind: "missed", current: answer.current };
    if (!answer.ambiguous || confirmations === MAX_CONFIRMATIONS) return { kind: "failed" };
    const read = await bounded(clock, { timeoutMs }, (options) =>
      leases.get(seen.leaseKey, options),
    );
    if (read.kind === "failed") return { kind: "failed" };
    const row = read.lease;
    const perhapsOurs =
      row?.owner === workerId && row.checkpointOwner === undefined && row.counter === counter;
    if (!perhapsOurs) return { kind: "missed", current: row };
    counter++;
    sentMs = clock.nowMs();
    answer = await bounded(clock, { timeoutMs }, (options) =>
      leases.renew(row, undefined, options),
    );
  }
}
