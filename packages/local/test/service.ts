/** A service on a virtual clock, called without a wire. */

import { payloadBytes } from "../src/stream-model/payload.ts";
import { SeededRandom } from "../src/memory/seeded-random.ts";
import { operations } from "../src/operations/index.ts";
import { ServiceError, type Subscription } from "../src/operations/operation.ts";
import { DEFAULT_ACCOUNT_ID } from "../src/stream-model/account-id.ts";
import type { Change } from "../src/stream-model/changes.ts";
import type { ModelConfig } from "../src/stream-model/config.ts";
import { KinesisModel } from "../src/stream-model/kinesis-model.ts";
import type { WireShard } from "../src/stream-model/shard.ts";
import type { WireChildShard, WireRecord } from "../src/stream-model/wire-record.ts";

// biome-ignore lint: answers are read by tests only
export type Answer = Record<string, never> & {
  readonly Records: readonly (WireRecord & {
    readonly ErrorCode?: string;
    readonly ShardId?: string;
  })[];
  readonly Shards: readonly WireShard[];
  readonly ChildShards?: readonly WireChildShard[];
  readonly NextShardIterator?: string;
  readonly ShardIterator: string;
  readonly NextToken?: string;
  readonly MillisBehindLatest: number;
};

export const ACCOUNT: string = DEFAULT_ACCOUNT_ID;
export const REGION = "us-east-1";
export const HALF: string = (2n ** 127n).toString();

export class Service {
  readonly model: KinesisModel;
  readonly changes: Change[] = [];
  nowMs = 1000;
  wallMs: number = Date.UTC(2026, 0, 1);
  accountId: string = ACCOUNT;

  constructor(config: Partial<ModelConfig> = {}) {
    this.model = new KinesisModel({ random: new SeededRandom(7), ...config });
    this.model.onChange((change) => this.changes.push(structuredCloneOf(change)));
  }

  pass(ms: number): void {
    this.nowMs += ms;
    this.wallMs += ms;
  }

  call(name: string, input: Record<string, unknown> = {}): Answer {
    const operation = operations.get(name);
    if (operation === undefined) throw new Error(`no operation ${name}`);
    const { model, accountId, nowMs, wallMs } = this;
    return operation(input, { model, accountId, region: REGION, nowMs, wallMs }) as Answer;
  }

  subscribe(input: Record<string, unknown>): Subscription {
    return this.call("SubscribeToShard", input) as unknown as Subscription;
  }

  /** The error's code and message; fails the test if there is none. */
  error(
    name: string,
    input: Record<string, unknown> = {},
  ): { readonly code: string; readonly message: string } {
    try {
      this.call(name, input);
    } catch (error) {
      if (error instanceof ServiceError) return { code: error.code, message: error.message };
      throw error;
    }
    throw new Error(`${name} succeeded`);
  }

  create(shards = 1, name = "s"): string {
    this.call("CreateStream", { StreamName: name, ShardCount: shards });
    return arnOf(name, this.accountId);
  }

  put(
    text: string,
    partitionKey = text,
    name = "s",
  ): { readonly ShardId: string; readonly SequenceNumber: string } {
    const Data = Buffer.from(text).toString("base64");
    return this.call("PutRecord", { StreamName: name, PartitionKey: partitionKey, Data }) as never;
  }

  split(shardId: string, at: string = HALF, name = "s"): void {
    this.call("SplitShard", { StreamName: name, ShardToSplit: shardId, NewStartingHashKey: at });
  }

  iterator(shardId: string, type = "TRIM_HORIZON", more: Record<string, unknown> = {}): string {
    const input = { StreamName: "s", ShardId: shardId, ShardIteratorType: type, ...more };
    return this.call("GetShardIterator", input).ShardIterator;
  }

  read(shardId: string, type?: string, more?: Record<string, unknown>): Answer {
    return this.call("GetRecords", { ShardIterator: this.iterator(shardId, type, more) });
  }

  texts(shardId: string, type?: string, more?: Record<string, unknown>): string[] {
    return this.read(shardId, type, more).Records.map(textOf);
  }

  shards(input: Record<string, unknown> = {}): readonly WireShard[] {
    return this.call("ListShards", { StreamName: "s", ...input }).Shards;
  }
}

export function arnOf(name: string, accountId: string = ACCOUNT): string {
  return `arn:aws:kinesis:${REGION}:${accountId}:stream/${name}`;
}

export function textOf(record: WireRecord): string {
  return Buffer.from(payloadBytes(record.Data)).toString();
}

export function shardId(index: number): string {
  return `shardId-${String(index).padStart(12, "0")}`;
}

/** Snapshots must be plain data: what a store would write and read. */
function structuredCloneOf(change: Change): Change {
  return change.kind === "records" ? change : (JSON.parse(JSON.stringify(change)) as Change);
}
