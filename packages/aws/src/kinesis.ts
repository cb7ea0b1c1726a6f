/** The Kinesis port over the AWS SDK. */

import { setMaxListeners } from "node:events";
import {
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type KinesisClient,
  ListShardsCommand,
  type ListShardsCommandInput,
  type ListShardsCommandOutput,
  PutRecordCommand,
  PutRecordsCommand,
} from "@aws-sdk/client-kinesis";
import {
  type CallOptions,
  ClosedError,
  filterParameters,
  type GetRecordsAnswer,
  type KinesisApi,
  type Outcome,
  positionParameters,
  type PutRecordRequest,
  type PutRecordsAnswer,
  type PutRecordsRequest,
  type Shard,
  type StreamDescription,
  streamParameters,
} from "@shardline/model";
import { bounded } from "./bounded.ts";
import { connectKinesis, type Connected, watchSent } from "./clients.ts";
import { FastClient } from "./fast/fast-client.ts";
import { http1Wire } from "./fast/http1-wire.ts";
import { http2Wire } from "./fast/http2-wire.ts";
import type { Progress, Wire } from "./fast/wire.ts";
import { readGetRecordsOutput, SDK_NOTATION } from "./get-records/answer.ts";
import { fastGetRecords } from "./get-records/fast-get-records.ts";
import { getRecordsParameters, type GetRecordsRequest } from "./get-records/parameters.ts";
import {
  MalformedAnswer,
  needText,
  optionalText,
  problemOf,
  toDescription,
  toShard,
} from "./kinesis-words.ts";
import { type KinesisConfig, kinesisConfig, type KinesisOptions } from "./options.ts";
import { type CallSite, malformed } from "./outcome.ts";
import { readPutRecordsOutput } from "./put-records/answer.ts";
import { FastPutRecords } from "./put-records/fast-put-records.ts";
import { CONTROL_PLANE, retrying, type RetryPorts } from "./retrying.ts";

/** A listing starts over when its token expires (F49), this often at most. */
const MAX_LISTING_RESTARTS = 3;

/**
 * Kinesis through the AWS SDK: region, credentials and endpoint as the SDK finds them.
 * @throws InvalidOptionsError
 */
export function createKinesis(options: KinesisOptions = {}): KinesisApi {
  return new SdkKinesis(kinesisConfig(options));
}

type Call<T> = (client: KinesisClient, signal: AbortSignal) => Promise<T>;

class SdkKinesis implements KinesisApi {
  readonly #config: KinesisConfig;
  readonly #connected: Connected<KinesisClient>;
  readonly #fast: FastClient | undefined;
  readonly #fastPut: FastPutRecords | undefined;
  readonly #wire: Wire;
  readonly #closing = new AbortController();
  readonly #bounds: RetryPorts;

  constructor(config: KinesisConfig) {
    this.#config = config;
    this.#connected = connectKinesis(config);
    // Every call under way listens to it: no leak for Node.js to warn of.
    setMaxListeners(0, this.#closing.signal);
    const { clock, random } = config;
    this.#bounds = { clock, random, closing: this.#closing.signal };
    const { client, agents } = this.#connected;
    this.#wire =
      config.transport === "http1"
        ? http1Wire(agents)
        : http2Wire({ maxSessions: config.maxConnections });
    if (config.dataPath === "fast") {
      this.#fast = new FastClient(client, this.#wire, this.#bounds);
      this.#fastPut = new FastPutRecords(this.#fast);
    }
  }

  putRecords(request: PutRecordsRequest, options: CallOptions): Promise<Outcome<PutRecordsAnswer>> {
    if (request.entries.length === 0) return Promise.resolve({ kind: "ok", entries: [] });
    return this.#fastPut?.call(request, options) ?? this.#putRecordsBySdk(request, options);
  }

  #putRecordsBySdk(
    request: PutRecordsRequest,
    options: CallOptions,
  ): Promise<Outcome<PutRecordsAnswer>> {
    const command = new PutRecordsCommand({
      ...streamParameters(request.stream),
      Records: request.entries.map((entry) => ({
        PartitionKey: entry.partitionKey,
        Data: entry.data,
        ...(entry.explicitHashKey === undefined ? {} : { ExplicitHashKey: entry.explicitHashKey }),
      })),
    });
    return this.#call(
      "PutRecords",
      options,
      (client, abortSignal) => client.send(command, { abortSignal }),
      (output) => readPutRecordsOutput(output, request.entries.length),
      watchSent(command),
    );
  }

  putRecord(
    request: PutRecordRequest,
    options: CallOptions,
  ): Promise<Outcome<{ readonly shardId: string; readonly sequenceNumber: string }>> {
    const command = new PutRecordCommand({
      ...streamParameters(request.stream),
      PartitionKey: request.partitionKey,
      Data: request.data,
      ExplicitHashKey: request.explicitHashKey,
      SequenceNumberForOrdering: request.sequenceNumberForOrdering,
    });
    return this.#call(
      "PutRecord",
      options,
      (client, abortSignal) => client.send(command, { abortSignal }),
      (output) => ({
        shardId: needText(output.ShardId, "ShardId"),
        sequenceNumber: needText(output.SequenceNumber, "SequenceNumber"),
      }),
      watchSent(command),
    );
  }

  describeStream(
    stream: PutRecordsRequest["stream"],
    options: CallOptions,
  ): Promise<Outcome<{ readonly description: StreamDescription }>> {
    const command = new DescribeStreamSummaryCommand(streamParameters(stream));
    return retrying(this.#bounds, CONTROL_PLANE, options, (attempt) =>
      this.#call(
        "DescribeStreamSummary",
        attempt,
        (client, abortSignal) => client.send(command, { abortSignal }),
        (output) => ({ description: toDescription(output.StreamDescriptionSummary) }),
      ),
    );
  }

  async listShards(
    request: Parameters<KinesisApi["listShards"]>[0],
    options: CallOptions,
  ): Promise<Outcome<{ readonly shards: readonly Shard[] }>> {
    const { clock } = this.#config;
    const endMs = clock.nowMs() + options.timeoutMs;
    const first = {
      ...streamParameters(request.stream),
      ...filterParameters(request.filter, toDate),
    };
    let shards: Shard[] = [];
    let nextToken: string | undefined;
    for (let restarts = 0; ; ) {
      const page = await this.#listPage(
        nextToken === undefined ? first : { NextToken: nextToken },
        {
          timeoutMs: Math.max(1, endMs - clock.nowMs()),
          signal: options.signal,
        },
      );
      if (page.kind === "failed") {
        const expired = page.reason === "expired-token" && restarts++ < MAX_LISTING_RESTARTS;
        if (!expired) return page;
        shards = [];
        nextToken = undefined;
        continue;
      }
      shards.push(...page.shards);
      if (page.nextToken === undefined) return { kind: "ok", shards };
      nextToken = page.nextToken;
    }
  }

  #listPage(
    input: ListShardsCommandInput,
    options: CallOptions,
  ): Promise<
    Outcome<{ readonly shards: readonly Shard[]; readonly nextToken: string | undefined }>
  > {
    return retrying(this.#bounds, CONTROL_PLANE, options, (attempt) =>
      this.#call(
        "ListShards",
        attempt,
        (client, abortSignal) => client.send(new ListShardsCommand(input), { abortSignal }),
        (output: ListShardsCommandOutput) => ({
          // Absent is not empty: an empty listing would prove shards trimmed (R7).
          shards: needList(output.Shards, "Shards").map(toShard),
          nextToken: optionalText(output.NextToken, "NextToken"),
        }),
      ),
    );
  }

  getShardIterator(
    request: Parameters<KinesisApi["getShardIterator"]>[0],
    options: CallOptions,
  ): Promise<Outcome<{ readonly shardIterator: string }>> {
    const command = new GetShardIteratorCommand({
      ...streamParameters(request.stream),
      ShardId: request.shardId,
      ...positionParameters(request.position, toDate),
    });
    return this.#call(
      "GetShardIterator",
      options,
      (client, abortSignal) => client.send(command, { abortSignal }),
      (output) => ({ shardIterator: needText(output.ShardIterator, "ShardIterator") }),
    );
  }

  getRecords(request: GetRecordsRequest, options: CallOptions): Promise<Outcome<GetRecordsAnswer>> {
    return this.#fast === undefined
      ? this.#getRecordsBySdk(request, options)
      : fastGetRecords(this.#fast, request, options);
  }

  #getRecordsBySdk(
    request: GetRecordsRequest,
    options: CallOptions,
  ): Promise<Outcome<GetRecordsAnswer>> {
    const command = new GetRecordsCommand(getRecordsParameters(request));
    return this.#call(
      "GetRecords",
      options,
      (client, abortSignal) => client.send(command, { abortSignal }),
      (output) => readGetRecordsOutput(output, SDK_NOTATION),
    );
  }

  close(): Promise<void> {
    this.#closing.abort(new ClosedError("Kinesis"));
    this.#wire.close();
    this.#connected.client.destroy();
    this.#connected.agents.destroy();
    return Promise.resolve();
  }

  async #call<T, R extends object>(
    operation: string,
    options: CallOptions,
    call: Call<T>,
    read: (value: T) => R,
    /** Of a call that writes. */
    progress?: Progress,
  ): Promise<Outcome<R>> {
    const { client, last } = this.#connected;
    const site = (): CallSite => ({
      service: "Kinesis",
      operation,
      writes: progress?.sent ?? false,
      url: last.url,
    });
    const outcome = await bounded(this.#bounds, options, site, (s) => call(client, s));
    if (outcome.kind === "failed") return outcome;
    try {
      return { kind: "ok", ...read(outcome.value) };
    } catch (error) {
      return malformed(site(), problemOf(error));
    }
  }
}

function toDate(epochMs: number): Date {
  return new Date(epochMs);
}

function needList<T>(list: readonly T[] | undefined, name: string): readonly T[] {
  if (!Array.isArray(list)) throw new MalformedAnswer(`${name} is missing`);
  return list as readonly T[];
}
