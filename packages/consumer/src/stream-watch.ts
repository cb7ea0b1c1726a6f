/** What the stream is (rule R10) and which shards it has. */

import {
  bounded,
  type Failure,
  type Shard,
  type ShardFilter,
  type ShardlineError,
  type StreamDescription,
  type StreamIdentity,
} from "@shardline/model";
import type { Listing } from "./core/parents.ts";
import { StreamNotFoundError, StreamReplacedError } from "./errors.ts";
import type { WorkerConfig } from "./options.ts";
import type { Ports } from "./ports.ts";

/** DescribeStreamSummary answers in seconds, other tools in milliseconds. */
const CREATION_TOLERANCE_MS = 1_000;

export type StreamVerdict =
  | { readonly kind: "same" }
  | { readonly kind: "gone"; readonly error: ShardlineError }
  | Failure;

export class StreamWatch {
  readonly #config: WorkerConfig;
  readonly #ports: Ports;
  readonly #stopping: AbortSignal;
  readonly streamName: string;
  readonly identity: StreamIdentity;
  /** As of the start; it is seldom changed. */
  readonly retentionMs: number;
  #shards: readonly Shard[] | undefined;
  #listing: Listing | undefined;
  #listedMs = Number.NEGATIVE_INFINITY;
  #listingUnderWay: Promise<Failure | undefined> | undefined;

  /** @param stopping ends the calls that are under way. */
  constructor(
    description: StreamDescription,
    config: WorkerConfig,
    ports: Ports,
    stopping: AbortSignal,
  ) {
    this.#config = config;
    this.#ports = ports;
    this.#stopping = stopping;
    this.streamName = description.streamName;
    this.identity = identityOf(description);
    this.retentionMs = description.retentionPeriodHours * 3_600_000;
  }

  /** Shard ids of the last complete listing. */
  get listing(): Listing | undefined {
    return this.#listing;
  }

  get shards(): readonly Shard[] | undefined {
    return this.#shards;
  }

  get listedMs(): number {
    return this.#listedMs;
  }

  /** Is the stream still the one that this worker began with? */
  async verify(): Promise<StreamVerdict> {
    const answer = await describe(this.#config, this.#ports, this.#stopping);
    if (answer.kind === "failed") {
      if (answer.reason !== "not-found") return answer;
      return { kind: "gone", error: new StreamNotFoundError(this.#config.streamLabel) };
    }
    if (sameStream(identityOf(answer.description), this.identity)) return { kind: "same" };
    const { streamLabel, tableName } = this.#config;
    return { kind: "gone", error: new StreamReplacedError(streamLabel, tableName) };
  }

  async list(filter: ShardFilter): Promise<readonly Shard[] | Failure> {
    const { clock, kinesis } = this.#ports;
    const call = { timeoutMs: this.#config.kinesisCallTimeoutMs, signal: this.#stopping };
    const answer = await bounded(clock, call, (options) =>
      kinesis.listShards({ stream: this.#config.stream, filter }, options),
    );
    return answer.kind === "failed" ? answer : answer.shards;
  }

  /** Lists all shards anew; callers at the same time share one call. */
  refresh(): Promise<Failure | undefined> {
    this.#listingUnderWay ??= this.#refresh().finally(() => {
      this.#listingUnderWay = undefined;
    });
    return this.#listingUnderWay;
  }

  async #refresh(): Promise<Failure | undefined> {
    const shards = await this.list({ kind: "all" });
    if ("kind" in shards) return shards;
    this.#shards = shards;
    this.#listing = new Set(shards.map(({ shardId }) => shardId));
    this.#listedMs = this.#ports.clock.nowMs();
    return undefined;
  }
}

/**
 * The stream's description at start. What may heal is tried again until `startTimeoutMs`.
 * @throws StreamNotFoundError, ServiceFailedError
 */
export async function openStream(
  config: WorkerConfig,
  ports: Ports,
  stopping: AbortSignal,
  retry: <T extends { readonly kind: string }>(
    what: string,
    call: () => Promise<T | Failure>,
  ) => Promise<T>,
): Promise<StreamDescription> {
  const { description } = await retry(`stream ${config.streamLabel}`, async () => {
    const answer = await describe(config, ports, stopping);
    if (answer.kind === "failed") {
      if (answer.reason === "not-found") throw new StreamNotFoundError(config.streamLabel);
      return answer;
    }
    const { status } = answer.description;
    if (status === "DELETING") throw new StreamNotFoundError(config.streamLabel);
    if (status !== "CREATING") return answer;
    const message = "the stream is being created";
    const waiting: Failure = {
      kind: "failed",
      reason: "in-use",
      code: "CREATING",
      message,
      ambiguous: false,
    };
    return waiting;
  });
  return description;
}

function describe(config: WorkerConfig, { clock, kinesis }: Ports, signal: AbortSignal) {
  const call = { timeoutMs: config.kinesisCallTimeoutMs, signal };
  return bounded(clock, call, (options) => kinesis.describeStream(config.stream, options));
}

function identityOf(description: StreamDescription): StreamIdentity {
  return {
    streamArn: description.streamArn,
    streamCreationTimestampMs: description.creationTimestampMs,
  };
}

export function sameStream(a: StreamIdentity, b: StreamIdentity): boolean {
  const apartMs = Math.abs(a.streamCreationTimestampMs - b.streamCreationTimestampMs);
  return a.streamArn === b.streamArn && apartMs < CREATION_TOLERANCE_MS;
}
