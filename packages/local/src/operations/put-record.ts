import { invalidArgument, throughputExceeded } from "../stream-model/errors.ts";
import { arrivalOf } from "../stream-model/kinesis-model.ts";
import { parseSequenceNumber } from "../stream-model/sequence-number.ts";
import type { ModelStream } from "../stream-model/stream.ts";
import { define } from "./define.ts";
import type { Operation } from "./operation.ts";
import { firstStep, place, refuseDryRun, shardThrottled } from "./put.ts";
import { requireData, resolveStream } from "./resolve.ts";
import { boolean, data, hashKey, partitionKey, sequenceNumber, streamRef } from "./shapes.ts";

export const putRecord: Operation = define(
  {
    SequenceNumberForOrdering: sequenceNumber,
    PartitionKey: partitionKey,
    ExplicitHashKey: hashKey,
    Data: { ...data, required: true },
    DryRun: boolean,
    ...streamRef,
  },
  (input, context) => {
    const stream = resolveStream(input, "PutRecord", context);
    requireData(stream);
    refuseDryRun(input.DryRun);
    checkOrdering(stream, input.SequenceNumberForOrdering);
    const placed = place(stream, input, context);
    const { shard } = placed;
    if (context.model.config.quotas && !shard.quota.tryWrite(placed.sizeBytes, context.nowMs)) {
      throw throughputExceeded(shardThrottled(stream, shard));
    }
    const beforeBytes = shard.log.retainedBytes;
    const record = stream.append(shard, placed, arrivalOf(context), firstStep(context));
    const grownBytes = shard.log.retainedBytes - beforeBytes;
    context.model.recordsAppended(stream, [{ shardId: shard.shardId, record }], grownBytes);
    return {
      ShardId: shard.shardId,
      SequenceNumber: record.SequenceNumber,
      ...(record.EncryptionType === undefined ? {} : { EncryptionType: record.EncryptionType }),
    };
  },
);

/** Numbers always grow here, so any number of this stream orders; one of no shard of it is refused. */
function checkOrdering(stream: ModelStream, text: string | undefined): void {
  if (text === undefined) return;
  const { accountId } = stream.identity;
  if (stream.settings.strategy === "AUTO") {
    throw invalidArgument(
      `SequenceNumberForOrdering is not supported for stream ${stream.name} under account ${accountId} with record distribution strategy AUTO.`,
    );
  }
  if (text !== "0" && parseSequenceNumber(text) === undefined) {
    throw invalidArgument(
      `ExclusiveMinimumSequenceNumber ${text} used in PutRecord on stream ${stream.name} under account ${accountId} is invalid.`,
    );
  }
}
