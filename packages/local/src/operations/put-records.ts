import { limits } from "@shardline/model";
import type { AppendedRecord } from "../stream-model/changes.ts";
import { invalidArgument } from "../stream-model/errors.ts";
import { arrivalOf } from "../stream-model/kinesis-model.ts";
import type { ModelStream } from "../stream-model/stream.ts";
import { define } from "./define.ts";
import type { Operation, OperationContext } from "./operation.ts";
import { firstStep, place, type Placed, refuseDryRun, shardThrottled } from "./put.ts";
import { requireData, resolveStream } from "./resolve.ts";
import { boolean, data, hashKey, partitionKey, streamRef } from "./shapes.ts";

const entry = {
  type: "structure",
  javaName: "PutRecordsRequestEntry",
  members: {
    PartitionKey: partitionKey,
    ExplicitHashKey: hashKey,
    Data: { ...data, required: true },
  },
} as const;

/** All entries are checked before the first is stored; quotas refuse entries one by one. */
export const putRecords: Operation = define(
  {
    Records: {
      type: "list",
      member: entry,
      min: 1,
      max: limits.MAX_PUT_RECORDS_ENTRIES,
      required: true,
    },
    DryRun: boolean,
    ...streamRef,
  },
  (input, context) => {
    const stream = resolveStream(input, "PutRecords", context);
    requireData(stream);
    refuseDryRun(input.DryRun);
    const placed = input.Records.map((record) => place(stream, record, context));
    const totalBytes = placed.reduce((sum, record) => sum + record.sizeBytes, 0);
    if (totalBytes > limits.MAX_PUT_RECORDS_BYTES) {
      throw invalidArgument("Records size exceeds 10 MB limit");
    }
    const { results, failed } = store(stream, placed, context);
    return {
      FailedRecordCount: failed,
      Records: results,
      ...(stream.settings.keyId === undefined ? {} : { EncryptionType: "KMS" }),
    };
  },
);

function store(
  stream: ModelStream,
  placed: readonly Placed[],
  context: OperationContext,
): { readonly results: readonly object[]; readonly failed: number } {
  const { quotas } = context.model.config;
  const arrival = arrivalOf(context);
  const appended: AppendedRecord[] = [];
  let grownBytes = 0;
  let step = firstStep(context);
  const results = placed.map((record) => {
    const { shard } = record;
    const { shardId } = shard;
    if (quotas && !shard.quota.tryWrite(record.sizeBytes, context.nowMs)) {
      const ErrorMessage = shardThrottled(stream, shard);
      return { ErrorCode: "ProvisionedThroughputExceededException", ErrorMessage };
    }
    const beforeBytes = shard.log.retainedBytes;
    const stored = stream.append(shard, record, arrival, step);
    step = 1;
    grownBytes += shard.log.retainedBytes - beforeBytes;
    appended.push({ shardId, record: stored });
    return { SequenceNumber: stored.SequenceNumber, ShardId: shardId };
  });
  context.model.recordsAppended(stream, appended, grownBytes);
  return { results, failed: placed.length - appended.length };
}
