/** Kinesis as one simulated process sees it: the stream in memory behind a link full of trouble. */

import {
  type CallOptions,
  type Failure,
  failure,
  type GetRecordsAnswer,
  type IteratorPosition,
  type KinesisApi,
  type Outcome,
  type PutRecordRequest,
  type PutRecordsAnswer,
  type PutRecordsEntry,
  type PutRecordsEntryOutcome,
  type PutRecordsRequest,
  type Shard,
  type ShardFilter,
  type StreamDescription,
  type StreamRef,
} from "@shardline/model";
import type { CallSite, Link } from "../kernel/link.ts";
import type { World } from "./world.ts";

function site(verb: string, writes: boolean = false): CallSite {
  return { service: "kinesis", verb, writes };
}

export class KinesisPort implements KinesisApi {
  readonly #link: Link;
  readonly #served: KinesisApi;
  readonly #world: World;

  constructor(link: Link, served: KinesisApi, world: World) {
    this.#link = link;
    this.#served = served;
    this.#world = world;
  }

  async putRecords(
    request: PutRecordsRequest,
    options: CallOptions,
  ): Promise<Outcome<PutRecordsAnswer>> {
    // The wire takes a copy when the request is sent: what the caller does to its buffers later is its own business.
    const frozen = { stream: request.stream, entries: request.entries.map(frozenEntry) };
    return this.#link.call(site("PutRecords", true), options, () => this.#put(frozen, options));
  }

  async #put(request: PutRecordsRequest, options: CallOptions): Promise<Outcome<PutRecordsAnswer>> {
    const poisoned = this.#refusal(request.entries);
    if (poisoned !== undefined) return poisoned;
    const fates = request.entries.map(() => this.#world.hit("partial-put")?.fault);
    const accepted = request.entries.filter((_, i) => fates[i] === undefined);
    const mismatch = this.#world.hit("count-mismatch");
    let stored: readonly PutRecordsEntryOutcome[] = [];
    if (accepted.length > 0) {
      const answer = await this.#served.putRecords(
        { stream: request.stream, entries: accepted },
        unhurried(options),
      );
      if (answer.kind !== "ok") return answer;
      stored = answer.entries;
    }
    if (mismatch !== undefined) {
      return failure("malformed", "MalformedAnswer", "results do not match records", true);
    }
    let next = 0;
    const entries = fates.map((fate) =>
      fate === undefined ? (stored[next++] as PutRecordsEntryOutcome) : refused(fate),
    );
    return { kind: "ok", entries };
  }

  /** The service looks at a request as a whole, before anything is stored. */
  #refusal(entries: readonly PutRecordsEntry[]): Failure | undefined {
    if (!entries.some(({ data }) => isPoison(data))) return undefined;
    const [lone] = entries;
    if (entries.length === 1 && lone !== undefined) {
      this.#world.history.refusedAlone.push({
        data: lone.data,
        incarnation: this.#link.process.name,
      });
    }
    return failure("invalid", "ValidationException", "a value fails to satisfy a constraint");
  }

  async putRecord(
    request: PutRecordRequest,
    options: CallOptions,
  ): Promise<Outcome<{ readonly shardId: string; readonly sequenceNumber: string }>> {
    const frozen = { ...request, ...frozenEntry(request) };
    return this.#link.call(site("PutRecord", true), options, async () => {
      const poisoned = this.#refusal([frozen]);
      if (poisoned !== undefined) return poisoned;
      const fate = this.#world.hit("partial-put")?.fault;
      if (fate !== undefined) return entryFailure(fate.code);
      return this.#served.putRecord(frozen, unhurried(options));
    });
  }

  describeStream(
    stream: StreamRef,
    options: CallOptions,
  ): Promise<Outcome<{ readonly description: StreamDescription }>> {
    return this.#link.call(site("DescribeStreamSummary"), options, () =>
      this.#served.describeStream(stream, unhurried(options)),
    );
  }

  listShards(
    request: { readonly stream: StreamRef; readonly filter: ShardFilter },
    options: CallOptions,
  ): Promise<Outcome<{ readonly shards: readonly Shard[] }>> {
    return this.#link.call(site("ListShards"), options, async () => {
      const stale = this.#world.stream.staleShards(request.filter);
      if (stale !== undefined && this.#world.hit("stale-shards") !== undefined) {
        return { kind: "ok" as const, shards: stale };
      }
      return this.#served.listShards(request, unhurried(options));
    });
  }

  getShardIterator(
    request: {
      readonly stream: StreamRef;
      readonly shardId: string;
      readonly position: IteratorPosition;
    },
    options: CallOptions,
  ): Promise<Outcome<{ readonly shardIterator: string }>> {
    return this.#link.call(site("GetShardIterator"), options, () =>
      this.#served.getShardIterator(request, unhurried(options)),
    );
  }

  getRecords(
    request: {
      readonly stream: StreamRef;
      readonly shardIterator: string;
      readonly maxRecords: number;
    },
    options: CallOptions,
  ): Promise<Outcome<GetRecordsAnswer>> {
    return this.#link.call(site("GetRecords"), options, async () => {
      if (this.#world.hit("expired-iterator") !== undefined) {
        return failure("expired-iterator", "ExpiredIteratorException", "the iterator is too old");
      }
      const answer = await this.#served.getRecords(request, unhurried(options));
      if (answer.kind !== "ok" || answer.records.length === 0) return answer;
      if (this.#world.hit("empty-read") === undefined) return answer;
      const nextShardIterator = request.shardIterator;
      return { ...answer, records: [], nextShardIterator, childShards: [], millisBehindLatest: 1 };
    });
  }

  async close(): Promise<void> {}
}

/** In the service there is neither the client's signal nor its deadline. */
export function unhurried(options: CallOptions): CallOptions {
  return { timeoutMs: options.timeoutMs };
}

function frozenEntry({ partitionKey, explicitHashKey, data }: PutRecordsEntry): PutRecordsEntry {
  return { partitionKey, explicitHashKey, data: data.slice() };
}

/** What a poison record's payload holds, alone or in an aggregate. */
export const POISON = "|poison|";

function isPoison(data: Uint8Array): boolean {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).includes(POISON, 0, "latin1");
}

function refused(fate: { readonly code: string }): PutRecordsEntryOutcome {
  return { kind: "failed", code: fate.code, message: "not this one" };
}

function entryFailure(code: string): Failure {
  return code === "InternalFailure"
    ? failure("unavailable", code, "not this one", true)
    : failure("throttled", code, "not this one");
}
