/**
 * The end of a shard, in the order that never loses a child: leases of the children, their ids on
 * the parent, the user's `onShardEnd`, SHARD_END (S5c, rule R11).
 */

import {
  bounded,
  type ChildShard,
  type Failure,
  newLease,
  SHARD_END,
  type StreamIdentity,
  TRIM_HORIZON,
} from "@shardline/model";
import type { Ports } from "./ports.ts";
import type { StreamWatch } from "./stream-watch.ts";
import type { Tenure, TenureWrite } from "./tenure.ts";

export type EndStep = "ok" | "lost" | Failure;

/**
 * The children of a shard that was read to its end. A service that ends a shard without naming them
 * is not believed until a listing shows the shard closed. Undefined: not closed after all.
 */
export async function childrenOf(
  shardId: string,
  told: readonly ChildShard[],
  watch: StreamWatch,
): Promise<readonly ChildShard[] | Failure | undefined> {
  if (told.length > 0) return told;
  const failed = await watch.refresh();
  if (failed !== undefined) return failed;
  const shards = watch.shards ?? [];
  const children = shards.filter(({ parentShardIds }) => parentShardIds.includes(shardId));
  if (children.length > 0) return children;
  // Closed with its children not listed yet: the next look will show them.
  return undefined;
}

/** Makes the rows of the children; those that exist stay as they are. */
export async function createChildren(
  children: readonly ChildShard[],
  stream: StreamIdentity,
  { leaseCallTimeoutMs: timeoutMs }: { readonly leaseCallTimeoutMs: number },
  tenure: Tenure,
  { leases, clock }: Ports,
  created: (shardId: string) => void,
): Promise<EndStep> {
  for (const child of children) {
    if (!tenure.isHeld()) return "lost";
    const lease = newLease(child.shardId, TRIM_HORIZON, child, stream);
    const answer = await bounded(clock, { timeoutMs, signal: tenure.signal }, (options) =>
      leases.create(lease, options),
    );
    if (!tenure.isHeld()) return "lost";
    if (answer.kind === "failed") return answer;
    if (answer.kind === "ok") created(child.shardId);
  }
  return step(await tenure.setChildren(children.map(({ shardId }) => shardId)));
}

export async function writeShardEnd(tenure: Tenure): Promise<EndStep> {
  return step(await tenure.checkpoint(SHARD_END));
}

function step(result: TenureWrite): EndStep {
  if (result.kind === "ok") return "ok";
  return result.kind === "lost" ? "lost" : result;
}
