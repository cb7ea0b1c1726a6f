/** Reading a range of one shard outside the lease loop: replay, and a look at what was dead-lettered. */

import {
  type Clock,
  compareCheckpoints,
  type IteratorPosition,
  type KinesisApi,
  type Random,
  type ReceivedRecord,
  type RecordPosition,
  Slots,
  type StreamRef,
  systemClock,
  systemRandom,
  TRIM_HORIZON,
} from "@shardline/model";
import { Unpacker } from "./core/unpack.ts";
import { ServiceFailedError } from "./errors.ts";
import { PollingSource } from "./polling-source.ts";

export interface ReadShardOptions {
  readonly kinesis: KinesisApi;
  readonly stream: StreamRef;
  readonly shardId: string;
  /** The first record to give, or where to begin. Default: the oldest that the stream still has. */
  readonly from?:
    | RecordPosition
    | { readonly timestampMs: number }
    | "trim-horizon"
    | "latest"
    | undefined;
  /** The last record to give. Default: whatever is there when the end is first reached. */
  readonly through?: RecordPosition | undefined;
  /** User records in a batch at most. Default 1,000. */
  readonly maxRecordsPerBatch?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
}

const CALL_TIMEOUT_MS = 10_000;
const NO_PROGRESS_TIMEOUT_MS = 60_000;
const MAX_BATCH_BYTES = 5 * 1024 * 1024;

/**
 * Batches of user records, in order, aggregates opened, at the pace that the service allows. Ends after
 * `through`, at the end of the shard, when the newest record is reached, or when `signal` aborts.
 * @throws ServiceFailedError when the service refuses, or does not answer for a minute.
 */
export async function* readShard(
  options: ReadShardOptions,
): AsyncGenerator<readonly ReceivedRecord[], void, void> {
  const { shardId, through, maxRecordsPerBatch: maxRecords = 1_000 } = options;
  const signal = options.signal ?? new AbortController().signal;
  const source = openSource(options);
  const config = { shardId, hashKeyRange: undefined, hashRangePolicy: "deliver" } as const;
  const unpacker = new Unpacker(config, TRIM_HORIZON);
  try {
    for (;;) {
      const event = await source.next(signal);
      if (event.kind === "aborted" || event.kind === "end") return;
      if (event.kind === "unreadable" || event.kind === "stalled") {
        throw new ServiceFailedError(`reading ${shardId}`, event.failure);
      }
      if (event.kind === "records") unpacker.add(event.records);
      const limits = { maxRecords, maxBytes: MAX_BATCH_BYTES };
      for (let batch = unpacker.next(limits); batch !== undefined; batch = unpacker.next(limits)) {
        const records = batch.records.filter((record) => isWithin(record, options));
        if (records.length > 0) yield records;
        const last = batch.records.at(-1);
        if (through !== undefined && last !== undefined && compareCheckpoints(last, through) >= 0)
          return;
        if (signal.aborted) return;
      }
      if (through === undefined && (event.millisBehindLatest ?? 0) === 0) return;
    }
  } finally {
    source.close();
  }
}

function isWithin(record: ReceivedRecord, { from, through }: ReadShardOptions): boolean {
  if (through !== undefined && compareCheckpoints(record, through) > 0) return false;
  return !isPosition(from) || compareCheckpoints(record, from) >= 0;
}

function openSource(options: ReadShardOptions): PollingSource {
  const { kinesis, stream, shardId, clock = systemClock, random = systemRandom } = options;
  return new PollingSource(
    positionOf(options.from),
    {
      stream,
      shardId,
      maxRecordsPerRead: 10_000,
      idleTimeBetweenReadsMs: 1_000,
      kinesisCallTimeoutMs: CALL_TIMEOUT_MS,
      noProgressTimeoutMs: NO_PROGRESS_TIMEOUT_MS,
      retentionMs: Number.POSITIVE_INFINITY,
    },
    {
      kinesis,
      clock,
      random,
      slots: new Slots(1),
      shareBytes: () => MAX_BATCH_BYTES * 4,
      onCall: () => {},
    },
  );
}

function positionOf(from: ReadShardOptions["from"]): IteratorPosition {
  if (from === undefined || from === "trim-horizon") return { kind: "trim-horizon" };
  if (from === "latest") return { kind: "latest" };
  if (isPosition(from)) return { kind: "at-sequence-number", sequenceNumber: from.sequenceNumber };
  return { kind: "at-timestamp", timestampMs: from.timestampMs };
}

function isPosition(from: ReadShardOptions["from"]): from is RecordPosition {
  return typeof from === "object" && "sequenceNumber" in from;
}
