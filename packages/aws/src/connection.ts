/** The option `aws` of the producer and of the worker: one shape, whichever services it is for. */

import { compileOptions, type OptionTable } from "@shardline/model";
import {
  agentsForHttp2,
  KINESIS_OPTIONS,
  type KinesisOptions,
  type LeaseTableOptions,
  url,
} from "./options.ts";

/** The ports `clock` and `random` are options of the producer and the worker themselves. */
export interface AwsConnection extends Omit<KinesisOptions, "clock" | "random"> {
  /** Instead of `endpoint`, for Kinesis. */
  readonly kinesisEndpoint?: string | undefined;
  /** Instead of `endpoint`, for DynamoDB. */
  readonly dynamodbEndpoint?: string | undefined;
}

const { clock: _clock, random: _random, ...SHARED } = KINESIS_OPTIONS;

export const CONNECTION_OPTIONS: OptionTable<AwsConnection> = {
  ...SHARED,
  endpoint: {
    ...SHARED.endpoint,
    doc: "URL of Kinesis and of DynamoDB. Not given: AWS_ENDPOINT_URL_KINESIS and AWS_ENDPOINT_URL_DYNAMODB, AWS_ENDPOINT_URL, then the region's own.",
  },
  kinesisEndpoint: url("URL of Kinesis alone."),
  dynamodbEndpoint: url("URL of DynamoDB alone; the producer has no use for it."),
};

export interface SplitConnection {
  readonly kinesis: KinesisOptions;
  readonly leases: Omit<LeaseTableOptions, "tableName">;
}

/**
 * What the adapter of each service gets.
 * @param subject for messages, `Producer.aws`.
 * @throws InvalidOptionsError
 */
export function splitConnection(subject: string, aws: AwsConnection): SplitConnection {
  compileOptions(subject, CONNECTION_OPTIONS, aws, agentsForHttp2);
  const { kinesisEndpoint, dynamodbEndpoint, transport, dataPath, ...common } = aws;
  return {
    kinesis: { ...common, transport, dataPath, endpoint: kinesisEndpoint ?? common.endpoint },
    leases: { ...common, endpoint: dynamodbEndpoint ?? common.endpoint },
  };
}
