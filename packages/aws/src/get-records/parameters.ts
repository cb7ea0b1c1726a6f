/** The members of GetRecords' request. */

import type { KinesisApi } from "@shardline/model";

export type GetRecordsRequest = Parameters<KinesisApi["getRecords"]>[0];

export interface GetRecordsParameters {
  readonly StreamARN?: string;
  readonly ShardIterator: string;
  readonly Limit: number;
}

export function getRecordsParameters(request: GetRecordsRequest): GetRecordsParameters {
  const { stream, shardIterator, maxRecords } = request;
  return {
    // The ARN routes to other accounts; a name would be refused here.
    ...("streamArn" in stream ? { StreamARN: stream.streamArn } : {}),
    ShardIterator: shardIterator,
    Limit: maxRecords,
  };
}
