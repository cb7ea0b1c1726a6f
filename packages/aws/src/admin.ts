/** Making and removing streams and lease tables: for tools and tests. The machines never call it. */

import { DeleteTableCommand } from "@aws-sdk/client-dynamodb";
import {
  CreateStreamCommand,
  DeleteStreamCommand,
  type KinesisClient,
  SplitShardCommand,
} from "@aws-sdk/client-kinesis";
import { type CallOptions, type HashKey, hashKeyToDecimal, type Outcome } from "@shardline/model";
import { bounded } from "./bounded.ts";
import { connectDynamoDb, connectKinesis } from "./clients.ts";
import {
  type KinesisOptions,
  kinesisConfig,
  type LeaseTableOptions,
  leaseTableConfig,
} from "./options.ts";

export interface StreamAdmin {
  /** Provisioned. The stream is CREATING afterwards, perhaps for a minute. */
  createStream(
    stream: { readonly streamName: string; readonly shardCount: number },
    options: CallOptions,
  ): Promise<Outcome<object>>;
  /** `newStartingHashKey` becomes the first hash key of the upper child. */
  splitShard(
    split: {
      readonly streamName: string;
      readonly shardId: string;
      readonly newStartingHashKey: HashKey;
    },
    options: CallOptions,
  ): Promise<Outcome<object>>;
  /** Its registered consumers too. */
  deleteStream(streamName: string, options: CallOptions): Promise<Outcome<object>>;
  close(): void;
}

/** @throws InvalidOptionsError */
export function createStreamAdmin(options: KinesisOptions = {}): StreamAdmin {
  const config = kinesisConfig(options);
  const { client, agents, last } = connectKinesis(config);
  const call = async (
    operation: string,
    callOptions: CallOptions,
    send: (kinesis: KinesisClient, abortSignal: AbortSignal) => Promise<unknown>,
  ): Promise<Outcome<object>> => {
    const site = () => ({ service: "Kinesis", operation, writes: true, url: last.url }) as const;
    const outcome = await bounded(config, callOptions, site, (s) => send(client, s));
    return outcome.kind === "failed" ? outcome : { kind: "ok" };
  };
  return {
    createStream({ streamName, shardCount }, callOptions) {
      const command = new CreateStreamCommand({ StreamName: streamName, ShardCount: shardCount });
      return call("CreateStream", callOptions, (kinesis, abortSignal) =>
        kinesis.send(command, { abortSignal }),
      );
    },
    splitShard({ streamName, shardId, newStartingHashKey }, callOptions) {
      const command = new SplitShardCommand({
        StreamName: streamName,
        ShardToSplit: shardId,
        NewStartingHashKey: hashKeyToDecimal(newStartingHashKey),
      });
      return call("SplitShard", callOptions, (kinesis, abortSignal) =>
        kinesis.send(command, { abortSignal }),
      );
    },
    deleteStream(streamName, callOptions) {
      const command = new DeleteStreamCommand({
        StreamName: streamName,
        EnforceConsumerDeletion: true,
      });
      return call("DeleteStream", callOptions, (kinesis, abortSignal) =>
        kinesis.send(command, { abortSignal }),
      );
    },
    close(): void {
      client.destroy();
      agents.destroy();
    },
  };
}

/**
 * Deletes a table with all its leases.
 * @throws InvalidOptionsError
 */
export async function deleteLeaseTable(
  options: LeaseTableOptions,
  callOptions: CallOptions,
): Promise<Outcome<object>> {
  const config = leaseTableConfig(options);
  const { client, agents, last } = connectDynamoDb(config);
  const site = () =>
    ({ service: "DynamoDB", operation: "DeleteTable", writes: true, url: last.url }) as const;
  try {
    const command = new DeleteTableCommand({ TableName: config.tableName });
    const outcome = await bounded(config, callOptions, site, (abortSignal) =>
      client.send(command, { abortSignal }),
    );
    return outcome.kind === "failed" ? outcome : { kind: "ok" };
  } finally {
    client.destroy();
    agents.destroy();
  }
}
