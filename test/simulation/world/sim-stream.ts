/** The stream of a run: Kinesis in memory on the world's own clock, watched from inside. */

import { KinesisModel, MemoryKinesis, ServiceError } from "@shardline/local";
import { hashKeyToDecimal, type KinesisApi, type Shard, type ShardFilter } from "@shardline/model";
import { SimProcess } from "../kernel/process.ts";
import { randomFor } from "../scenario/scenario.ts";
import type { World } from "./world.ts";

export const STREAM_NAME = "simulated";
const MAX_SHARDS = 14;
type Change = Parameters<Parameters<KinesisModel["onChange"]>[0]>[0];

export class SimStream {
  readonly api: KinesisApi;
  readonly #world: World;
  readonly #service: MemoryKinesis;
  readonly #model: KinesisModel;
  readonly #process: SimProcess;
  /** The stream as it was before the last reshard. */
  #before: readonly Shard[] | undefined;

  constructor(world: World) {
    this.#world = world;
    const random = randomFor(world.scenario.seed, "kinesis");
    this.#process = new SimProcess("kinesis", world.kernel, random, { offsetMs: 0, rate: 1 });
    this.#model = new KinesisModel({
      random,
      quotas: world.scenario.quotas,
      updatingMs: world.scenario.reshardMs,
    });
    this.#service = new MemoryKinesis({ model: this.#model, clock: this.#process.clock });
    this.api = this.#service;
    this.#model.onChange((change) => this.#onChange(change));
  }

  create(): void {
    this.#service.call("CreateStream", {
      StreamName: STREAM_NAME,
      ShardCount: this.#world.scenario.shards,
    });
  }

  /** @param pick which open shard. @param at where its range is cut, both in [0, 1). */
  split(pick: number, at: number): void {
    const open = this.#open();
    const shard = open[Math.floor(pick * open.length)];
    if (shard === undefined || this.#shards().length >= MAX_SHARDS) return;
    const start = BigInt(`0x${shard.hashKeyRange.start}`);
    const width = BigInt(`0x${shard.hashKeyRange.end}`) - start;
    const cut = start + (width * BigInt(Math.floor(at * 1e6))) / 1_000_000n;
    this.#reshard("SplitShard", {
      ShardToSplit: shard.shardId,
      NewStartingHashKey: cut.toString(),
    });
  }

  /** Merges the picked open shard with its neighbour above. */
  merge(pick: number): void {
    const open = this.#open();
    const index = Math.floor(pick * (open.length - 1));
    const [shard, neighbour] = [open[index], open[index + 1]];
    if (shard === undefined || neighbour === undefined) return;
    this.#reshard("MergeShards", {
      ShardToMerge: shard.shardId,
      AdjacentShardToMerge: neighbour.shardId,
    });
  }

  /** No split or merge is under way. */
  get isSteady(): boolean {
    return this.#model.transitions.nextDueMs === undefined;
  }

  /** What ListShards said before the last reshard. */
  readonly staleShards = (filter: ShardFilter): readonly Shard[] | undefined =>
    filter.kind === "at-latest"
      ? this.#before?.filter((shard) => shard.endingSequenceNumber === undefined)
      : this.#before;

  #reshard(operation: string, input: Readonly<Record<string, unknown>>): void {
    const before = this.#shards();
    try {
      this.#service.call(operation, { StreamName: STREAM_NAME, ...input });
    } catch (error) {
      // The stream is still busy with the last one.
      if (!(error instanceof ServiceError)) throw error;
      this.#world.history.count("reshard refused");
      return;
    }
    this.#before = before;
    this.#world.history.count(operation);
  }

  #open(): Shard[] {
    return this.#shards()
      .filter((shard) => shard.endingSequenceNumber === undefined)
      .sort((a, b) => (a.hashKeyRange.start < b.hashKeyRange.start ? -1 : 1));
  }

  #shards(): Shard[] {
    const [stream] = this.#model.streams();
    return [...(stream?.shards.all() ?? [])].map((shard) => ({
      shardId: shard.shardId,
      hashKeyRange: shard.range,
      parentShardIds: shard.parents,
      startingSequenceNumber: shard.startingSequenceNumber,
      endingSequenceNumber: shard.endingSequenceNumber,
    }));
  }

  #onChange(change: Change): void {
    const { history, kernel } = this.#world;
    if (change.kind === "stream") {
      this.#refresh();
    } else if (change.kind === "records") {
      for (const { shardId, record } of change.appended) {
        const data = bytesOf(record.Data);
        const { SequenceNumber: sequenceNumber, PartitionKey: partitionKey = "" } = record;
        history.stored.push({ shardId, sequenceNumber, partitionKey, data, atMs: kernel.nowMs });
        const shard = history.shards.get(shardId)?.shard;
        if (shard === undefined || this.#world.scenario.workers === 0) continue;
        this.#world.outstanding.stored(shard, sequenceNumber, data);
      }
    } else if (change.kind === "trimmed") {
      const truth = history.shards.get(change.shardId);
      if (truth !== undefined) truth.trimmedThrough = change.throughSequenceNumber;
      this.#world.outstanding.trimmed(change.shardId, change.throughSequenceNumber);
      this.#world.note("world.trimmed", { ...change });
    }
  }

  #refresh(): void {
    const { history, kernel } = this.#world;
    const shards = this.#shards();
    for (const truth of history.shards.values()) {
      const listed = shards.some(({ shardId }) => shardId === truth.shard.shardId);
      if (!listed) truth.goneMs ??= kernel.nowMs;
    }
    for (const shard of shards) {
      const known = history.shards.get(shard.shardId);
      if (known === undefined) {
        history.shards.set(shard.shardId, {
          shard,
          createdMs: kernel.nowMs,
          closedMs: undefined,
          goneMs: undefined,
          trimmedThrough: undefined,
        });
        this.#world.note("world.shard-opened", {
          shardId: shard.shardId,
          parents: shard.parentShardIds.join("+"),
          from: hashKeyToDecimal(shard.hashKeyRange.start),
        });
      } else if (shard.endingSequenceNumber !== undefined && known.closedMs === undefined) {
        known.closedMs = kernel.nowMs;
        this.#world.note("world.shard-closed", { shardId: shard.shardId });
      }
    }
  }
}

function bytesOf(data: unknown): Uint8Array {
  if (data instanceof Uint8Array) return data;
  throw new Error("the stream in memory keeps bytes");
}
