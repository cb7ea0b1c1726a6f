/** Reads all shards of a stream at once, children after their parents. */

import { setMaxListeners } from "node:events";
import {
  type Failure,
  type InitialPosition,
  isRetryable,
  type KinesisRecord,
  type Outcome,
  type Shard,
  type StreamRef,
} from "@shardline/model";
import { type ShardStart, TailPlan } from "./plan.ts";
import { ShardReader, type ShardReaderPorts } from "./shard-reader.ts";

export interface TailOptions {
  readonly stream: StreamRef;
  readonly from: InitialPosition;
  readonly follow: boolean;
  readonly signal: AbortSignal;
  /** Calls for one shard never overlap; those for several do. */
  readonly deliver: (shardId: string, records: readonly KinesisRecord[]) => Promise<void>;
}

const LIST_TIMEOUT_MS = 10_000;

/** Ends when stopped, or, without `follow`, when each shard is read. A failure ends all readers. */
export async function tailStream(
  ports: ShardReaderPorts,
  options: TailOptions,
): Promise<Outcome<object>> {
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  // Every shard's reader listens to it: no leak for Node.js to warn of.
  setMaxListeners(0, signal);
  const plan = new TailPlan(options.from);
  const listed = await listShards(ports, options.stream, signal);
  if (listed.kind === "failed") return options.signal.aborted ? { kind: "ok" } : listed;

  let failed: Failure | undefined;
  const readAll = async (starts: readonly ShardStart[]): Promise<void> => {
    await Promise.all(starts.map(readOne));
  };
  const readOne = async ({ shardId, position }: ShardStart): Promise<void> => {
    const { stream, follow } = options;
    const deliver = (records: readonly KinesisRecord[]): Promise<void> =>
      options.deliver(shardId, records);
    const reader = new ShardReader(ports, { stream, shardId, position, follow, signal, deliver });
    const end = await reader.run();
    if (end.kind === "shard-end") {
      const family = await familyOf(ports, options.stream, end.childShards, signal);
      if (family.kind === "ok") return readAll(plan.ended(shardId, family.shards));
      failed ??= family;
      stop.abort();
    } else if (end.kind === "failed" && !signal.aborted) {
      failed ??= end;
      stop.abort();
    }
  };
  try {
    await readAll(plan.begin(listed.shards));
  } catch (error) {
    stop.abort();
    throw error;
  }
  return failed === undefined || options.signal.aborted ? { kind: "ok" } : failed;
}

type Family = Pick<Shard, "shardId" | "parentShardIds">;

/** Some emulators end a shard without naming its children: then the whole list is asked for. */
async function familyOf(
  ports: ShardReaderPorts,
  stream: StreamRef,
  childShards: readonly Family[],
  signal: AbortSignal,
): Promise<Outcome<{ readonly shards: readonly Family[] }>> {
  if (childShards.length > 0) return { kind: "ok", shards: childShards };
  return listShards(ports, stream, signal);
}

async function listShards(
  { kinesis }: ShardReaderPorts,
  stream: StreamRef,
  signal: AbortSignal,
): Promise<Outcome<{ readonly shards: readonly Shard[] }>> {
  const request = { stream, filter: { kind: "all" } } as const;
  const call = { timeoutMs: LIST_TIMEOUT_MS, signal };
  const first = await kinesis.listShards(request, call);
  if (first.kind === "ok" || !isRetryable(first)) return first;
  return kinesis.listShards(request, call);
}
