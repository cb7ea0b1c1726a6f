/** Bugs on the way from the stream to the application. */

import {
  type CallOptions,
  type GetRecordsAnswer,
  type KinesisApi,
  type Outcome,
} from "@shardline/model";
import { ForwardKinesis } from "./forward.ts";
import type { Plant } from "./plant.ts";

type ReadRequest = Parameters<KinesisApi["getRecords"]>[0];
type IteratorRequest = Parameters<KinesisApi["getShardIterator"]>[0];
type Read = Outcome<GetRecordsAnswer>;

const END: Read = {
  kind: "ok",
  records: [],
  nextShardIterator: undefined,
  millisBehindLatest: 0,
  childShards: [],
};

/** The KCL's synthetic SHARD_END (K9), here for iterators that have expired. */
class TroubleIsTheEnd extends ForwardKinesis {
  override async getRecords(request: ReadRequest, options: CallOptions): Promise<Read> {
    const answer = await this.next.getRecords(request, options);
    return answer.kind === "failed" && answer.reason === "expired-iterator" ? END : answer;
  }
}

/** An empty answer is the end of the shard (F47). */
class EmptyIsTheEnd extends ForwardKinesis {
  override async getRecords(request: ReadRequest, options: CallOptions): Promise<Read> {
    const answer = await this.next.getRecords(request, options);
    return answer.kind === "ok" && answer.records.length === 0 ? END : answer;
  }
}

/** The last record of a full answer gets lost. */
class LosesARecord extends ForwardKinesis {
  override async getRecords(request: ReadRequest, options: CallOptions): Promise<Read> {
    const answer = await this.next.getRecords(request, options);
    if (answer.kind !== "ok" || answer.records.length < 3) return answer;
    return { ...answer, records: answer.records.slice(0, -1) };
  }
}

/** What comes after the end of a page is forgotten with the answer that brought the end. */
class EndWithoutItsRecords extends ForwardKinesis {
  override async getRecords(request: ReadRequest, options: CallOptions): Promise<Read> {
    const answer = await this.next.getRecords(request, options);
    const atEnd = answer.kind === "ok" && answer.nextShardIterator === undefined;
    return atEnd ? { ...answer, records: [] } : answer;
  }
}

/** After AFTER_SEQUENCE_NUMBER comes the next but one. */
class ResumesAtTheTip extends ForwardKinesis {
  override getShardIterator(
    request: IteratorRequest,
    options: CallOptions,
  ): ReturnType<KinesisApi["getShardIterator"]> {
    const { position } = request;
    const kind = position.kind === "after-sequence-number" ? { kind: "latest" as const } : position;
    return this.next.getShardIterator({ ...request, position: kind }, options);
  }
}

/** A closed shard that is gone from the answer counts as trimmed (K8). */
class ClosedLooksTrimmed extends ForwardKinesis {
  override async listShards(
    request: Parameters<KinesisApi["listShards"]>[0],
    options: CallOptions,
  ): ReturnType<KinesisApi["listShards"]> {
    const answer = await this.next.listShards(request, options);
    if (answer.kind !== "ok") return answer;
    const open = answer.shards.filter((shard) => shard.endingSequenceNumber === undefined);
    return { ...answer, shards: open };
  }
}

export const READING_BUGS: readonly Plant[] = [
  {
    name: "trouble-is-the-end",
    properties: ["S5b", "S2b", "S2"],
    seed: 87,
    breaks: "R11, S5b (K9)",
    kinesis: (port) => new TroubleIsTheEnd(port),
  },
  {
    name: "empty-is-the-end",
    properties: ["S5b", "S2", "L1"],
    seed: 87,
    breaks: "R11, F47",
    kinesis: (port) => new EmptyIsTheEnd(port),
  },
  {
    name: "loses-a-record",
    properties: ["S2c"],
    seed: 1,
    breaks: "S2",
    kinesis: (port) => new LosesARecord(port),
  },
  {
    name: "end-without-its-records",
    properties: ["S2b"],
    seed: 1,
    breaks: "S2, S5b",
    kinesis: (port) => new EndWithoutItsRecords(port),
  },
  {
    name: "resumes-at-the-tip",
    properties: ["S2c"],
    seed: 5,
    breaks: "S2c, F45",
    kinesis: (port) => new ResumesAtTheTip(port),
  },
  {
    name: "closed-looks-trimmed",
    properties: ["S5"],
    seed: 1,
    breaks: "R7, S5 (K8)",
    kinesis: (port) => new ClosedLooksTrimmed(port),
  },
];
