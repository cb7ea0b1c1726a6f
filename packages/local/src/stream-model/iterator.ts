/** Shard iterators: a sealed place in a shard, good for five minutes. */

import { invalidArgument, resourceNotFound } from "./errors.ts";
import type { Instant } from "./instant.ts";
import type { KinesisModel } from "./kinesis-model.ts";
import { ServiceError } from "./service-error.ts";
import type { ModelShard } from "./shard.ts";
import type { ModelStream } from "./stream.ts";

/** Reading begins at the first record at this number, or after it. */
export interface ShardPosition {
  readonly sequenceNumber: string;
  readonly after: boolean;
}

const KIND = "shard-iterator";

export function sealIterator(
  model: KinesisModel,
  stream: ModelStream,
  shard: ModelShard,
  position: ShardPosition,
  instant: Instant,
): string {
  const place = [position.sequenceNumber, position.after ? 1 : 0];
  const { accountId, streamName, streamId } = stream.identity;
  return model.tokens.seal(KIND, [
    streamId,
    accountId,
    streamName,
    shard.shardId,
    ...place,
    Math.floor(instant.wallMs),
  ]);
}

/** @throws ServiceError InvalidArgumentException, ExpiredIteratorException or ResourceNotFoundException */
export function openIterator(
  model: KinesisModel,
  token: string,
  instant: Instant,
): { readonly stream: ModelStream; readonly shard: ModelShard; readonly position: ShardPosition } {
  const fields = model.tokens.open(KIND, token);
  if (fields === undefined) throw invalidArgument("Invalid ShardIterator.");
  const [streamId, accountId, streamName, shardId, sequenceNumber, after, madeAtMs] = fields;
  const ageMs = instant.wallMs - Number(madeAtMs);
  const lifetimeMs = model.config.iteratorLifetimeMs;
  if (ageMs > lifetimeMs) {
    throw new ServiceError(
      "ExpiredIteratorException",
      `Iterator expired. The iterator was created at time ${Number(madeAtMs)} while right now it is ${Math.floor(instant.wallMs)} (milliseconds since the epoch) which is further in the future than the tolerated delay of ${lifetimeMs} milliseconds.`,
    );
  }
  const stream = model.streamById(String(streamId));
  const shard = stream?.shards.get(String(shardId));
  if (stream === undefined || shard === undefined) {
    throw resourceNotFound(
      `Shard ${String(shardId)} in stream ${String(streamName)} under account ${String(accountId)} does not exist`,
    );
  }
  return {
    stream,
    shard,
    position: { sequenceNumber: String(sequenceNumber), after: after === 1 },
  };
}
