/** The end of a tenure, whichever way it goes. */

import { type ChildShard, type ShardlineError, TRIM_HORIZON } from "@shardline/model";
import type { TenureEnd } from "./core/shard-state.ts";
import { createChildren, type EndStep, writeShardEnd } from "./shard-end.ts";
import { LOOK_AGAIN_MS, type ShardSession, type Stop } from "./shard-session.ts";

export interface RunnerEnd {
  readonly end: TenureEnd;
  /** The worker as a whole cannot go on. */
  readonly fatal?: ShardlineError | undefined;
  /** A listing showed that the shard is gone: nobody can read it any more. */
  readonly trimmed?: boolean;
}

export async function closeShard(session: ShardSession, stop: Stop): Promise<RunnerEnd> {
  switch (stop.kind) {
    case "lost":
      return lost(session);
    case "end":
      return ended(session, stop.children);
    case "blocked":
      return release(session, "blocked");
    case "trimmed":
      return { ...(await release(session, "surrendered")), trimmed: true };
    case "fatal":
      return { ...(await drained(session)), fatal: stop.error };
    case "drain":
      return drained(session);
  }
}

/** Children, `onShardEnd`, SHARD_END, release: each step until it succeeds or the tenure is over. */
async function ended(session: ShardSession, children: readonly ChildShard[]): Promise<RunnerEnd> {
  const { tenure, reporter, shardId, host, config } = session;
  const { onShardEnd } = config;
  const childShardIds = children.map((child) => child.shardId);
  const callHook = async (): Promise<EndStep | "drain"> => {
    if (onShardEnd === undefined) return "ok";
    const context = { ...session.context(), childShardIds };
    const stopped = await session.hook(async () => onShardEnd(context));
    return stopped === undefined ? "ok" : stopped.kind === "lost" ? "lost" : "drain";
  };
  const steps: (() => Promise<EndStep | "drain">)[] = [
    () =>
      createChildren(children, host.watch.identity, config, tenure, host.ports, (id) =>
        reporter.leaseCreated(id, "child", TRIM_HORIZON),
      ),
    callHook,
    () => writeShardEnd(tenure),
  ];
  for (const step of steps) {
    for (;;) {
      const result = await step();
      if (result === "ok") break;
      if (result === "lost" || !tenure.isHeld()) return lost(session);
      if (result === "drain" || session.isDraining) return drained(session);
      await session.pause(LOOK_AGAIN_MS);
    }
  }
  reporter.ended(shardId, childShardIds);
  await tenure.release();
  return { end: "ended" };
}

/** Last checkpoint, `onStop`, release. */
async function drained(session: ShardSession): Promise<RunnerEnd> {
  const { onStop } = session.config;
  const why = session.drainReason ?? "surrender";
  if (!session.tenure.isHeld()) return lost(session);
  session.move("draining");
  if (onStop !== undefined && session.begun && session.leftBehind === undefined) {
    const checkpoint = session.checkpointer.face;
    const context = { ...session.context(), why, checkpoint };
    const result = await session.deliver.guarded(async () => onStop(context));
    if (result.kind === "threw") session.reporter.hookFailed(session.shardId, result.error);
  }
  await session.checkpointer.flush();
  if (!session.tenure.isHeld()) return lost(session);
  return release(session, why === "surrender" ? "surrendered" : "released");
}

async function release(session: ShardSession, end: TenureEnd): Promise<RunnerEnd> {
  const result = await session.tenure.release();
  return result.kind === "ok" ? { end } : lost(session);
}

/** `onLeaseLost` comes after the last call of the tenure has returned, however late that is (S8). */
async function lost(session: ShardSession): Promise<RunnerEnd> {
  const { onLeaseLost } = session.config;
  const reason = session.tenure.loss ?? "taken";
  if (onLeaseLost === undefined || !session.begun) return { end: "lost" };
  const { shardId, streamName, workerId, fence } = session.context();
  const tell = async (): Promise<void> => {
    const context = { shardId, streamName, workerId, fence, reason };
    const result = await session.deliver.guarded(async () => onLeaseLost(context));
    if (result.kind === "threw") session.reporter.hookFailed(shardId, result.error);
  };
  if (session.leftBehind === undefined) await tell();
  else session.leftBehind = session.leftBehind.then(tell);
  return { end: "lost" };
}
