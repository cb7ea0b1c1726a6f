/** Bugs on the way from put() to the stream: the hazards of producers that came before. */

import {
  type CallOptions,
  hashKeyOf,
  type KinesisApi,
  type Outcome,
  type PutRecordsAnswer,
  type PutRecordsRequest,
  rangeContains,
} from "@shardline/model";
import type { World } from "../world/world.ts";
import { ForwardKinesis } from "./forward.ts";
import type { Plant } from "./plant.ts";

type Put = Outcome<PutRecordsAnswer>;

/** Entries that failed count as stored, with the number of a neighbour. */
class FailedEntriesAcknowledged extends ForwardKinesis {
  override async putRecords(request: PutRecordsRequest, options: CallOptions): Promise<Put> {
    const answer = await this.next.putRecords(request, options);
    if (answer.kind !== "ok") return answer;
    const stored = answer.entries.find((entry) => entry.kind === "ok");
    if (stored === undefined) return answer;
    return { kind: "ok", entries: answer.entries.map((one) => (one.kind === "ok" ? one : stored)) };
  }
}

/** Results are matched from the other end. */
class ResultsReversed extends ForwardKinesis {
  override async putRecords(request: PutRecordsRequest, options: CallOptions): Promise<Put> {
    const answer = await this.next.putRecords(request, options);
    return answer.kind === "ok" ? { ...answer, entries: [...answer.entries].reverse() } : answer;
  }
}

/** A partial failure sends everything again. */
class EverythingResent extends ForwardKinesis {
  override async putRecords(request: PutRecordsRequest, options: CallOptions): Promise<Put> {
    const answer = await this.next.putRecords(request, options);
    if (answer.kind !== "ok" || answer.entries.every((one) => one.kind === "ok")) return answer;
    return this.next.putRecords(request, options);
  }
}

/** A request without an answer has certainly not been carried out (P1). */
class DoubtIsDenied extends ForwardKinesis {
  override async putRecords(request: PutRecordsRequest, options: CallOptions): Promise<Put> {
    const answer = await this.next.putRecords(request, options);
    return answer.kind === "failed" ? { ...answer, ambiguous: false } : answer;
  }
}

/** The acknowledgement's shard is not looked at: the one that was predicted must be it (P3, 14). */
class WrongShardAccepted extends ForwardKinesis {
  readonly #world: World;

  constructor(next: KinesisApi, world: World) {
    super(next);
    this.#world = world;
  }

  override async putRecords(request: PutRecordsRequest, options: CallOptions): Promise<Put> {
    const answer = await this.next.putRecords(request, options);
    if (answer.kind !== "ok") return answer;
    const entries = answer.entries.map((entry, i) => {
      const sent = request.entries[i];
      if (entry.kind !== "ok" || sent === undefined) return entry;
      const hashKey = hashKeyOf(sent.partitionKey, sent.explicitHashKey);
      const shards = [...this.#world.history.shards.values()];
      // The map of the first day.
      const predicted = shards.find(({ shard }) => rangeContains(shard.hashKeyRange, hashKey));
      return { ...entry, shardId: predicted?.shard.shardId ?? entry.shardId };
    });
    return { kind: "ok", entries };
  }
}

/** The payload is read again when the answer comes, from a buffer that has been reused. */
class BufferReused extends ForwardKinesis {
  #last: PutRecordsRequest["entries"][number] | undefined;

  override putRecords(request: PutRecordsRequest, options: CallOptions): Promise<Put> {
    const before = this.#last;
    this.#last = request.entries[0];
    const entries = request.entries.map((entry, i) =>
      i === 0 && before !== undefined ? { ...entry, data: before.data } : entry,
    );
    return this.next.putRecords({ ...request, entries }, options);
  }
}

/** The first shard is said to own the whole key space, so everything is aggregated together. */
class OneShardForAll extends ForwardKinesis {
  override async listShards(
    request: Parameters<KinesisApi["listShards"]>[0],
    options: CallOptions,
  ): ReturnType<KinesisApi["listShards"]> {
    const answer = await this.next.listShards(request, options);
    const first = answer.kind === "ok" ? answer.shards[0] : undefined;
    if (first === undefined) return answer;
    const hashKeyRange = { start: "0".repeat(32), end: "f".repeat(32) };
    return { kind: "ok", shards: [{ ...first, hashKeyRange }] };
  }
}

/** One bad record fails all that were sent with it. */
class PoisonSpreads extends ForwardKinesis {
  override async putRecords(request: PutRecordsRequest, options: CallOptions): Promise<Put> {
    const answer = await this.next.putRecords(request, options);
    const refused = answer.kind === "failed" && answer.reason === "invalid";
    // As if the producer did not look for the one that is to blame.
    return refused ? { ...answer, reason: "denied" } : answer;
  }
}

/** A cell of an aggregate's bytes is changed on the way out. */
class BytesChanged extends ForwardKinesis {
  override putRecords(request: PutRecordsRequest, options: CallOptions): Promise<Put> {
    const entries = request.entries.map((entry) => {
      if (entry.data.length < 40) return entry;
      const data = entry.data.slice();
      data[data.length - 20] = (data[data.length - 20] ?? 0) ^ 1;
      return { ...entry, data };
    });
    return this.next.putRecords({ ...request, entries }, options);
  }
}

export const PRODUCING_BUGS: readonly Plant[] = [
  {
    name: "failed-entries-acknowledged",
    properties: ["S1"],
    seed: 32,
    breaks: "S1, F40",
    kinesis: (port) => new FailedEntriesAcknowledged(port),
  },
  {
    name: "results-reversed",
    properties: ["S1"],
    seed: 1,
    breaks: "S1, F43",
    kinesis: (port) => new ResultsReversed(port),
  },
  {
    name: "everything-resent",
    properties: ["D-put"],
    seed: 41,
    breaks: "1.3: resends of what is stored",
    kinesis: (port) => new EverythingResent(port),
  },
  {
    name: "doubt-is-denied",
    properties: ["S1b", "D-put"],
    seed: 1,
    breaks: "S1b (P1)",
    kinesis: (port) => new DoubtIsDenied(port),
  },
  {
    name: "wrong-shard-accepted",
    properties: ["S1"],
    seed: 1,
    breaks: "S1 (hazard 14)",
    kinesis: (port, world) => new WrongShardAccepted(port, world),
  },
  {
    name: "buffer-reused",
    properties: ["S1"],
    seed: 1,
    breaks: "S1",
    kinesis: (port) => new BufferReused(port),
  },
  {
    name: "no-deadline",
    properties: ["L4", "L5", "S6"],
    seed: 1,
    breaks: "L4, L5 (hazards 6, 7): a request that hangs is waited for",
    producerOptions: (options) => ({ ...options, requestTimeoutMs: 600_000 }),
  },
  {
    name: "order-forgotten",
    properties: ["O-put"],
    seed: 1,
    breaks: "O-put (hazard 13)",
    producerOptions: (options) => ({ ...options, order: "none" }),
  },
  {
    name: "time-to-live-from-the-first-try",
    properties: ["L4"],
    seed: 1,
    breaks: "L4 (hazard 18)",
    producerOptions: (options) => ({ ...options, recordTtlMs: (options.recordTtlMs ?? 0) * 3 }),
  },
  {
    name: "buffer-without-bound",
    properties: ["L8"],
    seed: 1,
    breaks: "L8 (hazards 1, 3)",
    producerOptions: (options) => ({ ...options, maxBufferedRecords: 1_000_000 }),
  },
  {
    name: "byte-buffer-without-bound",
    properties: ["L8"],
    seed: 1,
    breaks: "L8 (hazards 1, 3), in bytes",
    producerOptions: (options) => ({ ...options, maxBufferedBytes: 2 ** 30 }),
  },
  {
    name: "poison-spreads",
    properties: ["H11"],
    seed: 32,
    breaks: "hazard 11: one bad record fails a whole request",
    kinesis: (port) => new PoisonSpreads(port),
  },
  {
    name: "bytes-changed",
    properties: ["S9"],
    seed: 1,
    breaks: "S9: what is stored is not what was put",
    kinesis: (port) => new BytesChanged(port),
  },
  {
    name: "aggregates-of-strangers",
    properties: ["S1", "S2", "O-put", "L4"],
    seed: 1,
    breaks: "S9, hazard 14: a map of one shard for all",
    kinesis: (port) => new OneShardForAll(port),
  },
];
