import { invalidArgument, resourceInUse, resourceNotFound } from "../stream-model/errors.ts";
import type { ModelStream } from "../stream-model/stream.ts";
import { define } from "./define.ts";
import { epochMs } from "./epoch.ts";
import type { Operation, OperationContext } from "./operation.ts";
import { openToken, sealToken } from "./page-token.ts";
import { canonicalShardId, resolveStream } from "./resolve.ts";
import type { InputOf } from "./shape.ts";
import { checkFilter, type FilterSpec, filterShards } from "./shard-filter.ts";
import { nextToken, pageLimit, shardId, streamRef, timestamp } from "./shapes.ts";

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListShards.html */
const MAX_PAGE_SHARDS = 1000;
const KIND = "list-shards";

const members = {
  ExclusiveStartShardId: shardId,
  MaxResults: pageLimit,
  NextToken: nextToken,
  StreamCreationTimestamp: timestamp,
  ...streamRef,
  ShardFilter: {
    type: "structure",
    members: {
      Type: {
        type: "string",
        values: [
          "AFTER_SHARD_ID",
          "AT_TRIM_HORIZON",
          "FROM_TRIM_HORIZON",
          "AT_LATEST",
          "AT_TIMESTAMP",
          "FROM_TIMESTAMP",
        ],
        required: true,
      },
      ShardId: shardId,
      Timestamp: timestamp,
    },
  },
} as const;

type Input = InputOf<typeof members>;

interface Query {
  readonly stream: ModelStream;
  readonly filter: FilterSpec;
  /** Shards up to and including this id were given before. */
  readonly after: string;
}

export const listShards: Operation = define(members, (input, context) => {
  const query = input.NextToken
    ? continued(input, input.NextToken, context)
    : begun(input, context);
  const { stream, filter } = query;
  if (stream.settings.status === "CREATING" || stream.settings.status === "DELETING") {
    throw resourceInUse(
      `Stream ${stream.name} under account ${stream.identity.accountId} not ACTIVE, instead in state ${stream.settings.status}`,
    );
  }
  context.model.trimStream(stream, context);
  const shards = filterShards(stream, filter, context).filter(
    (shard) => shard.shardId > query.after,
  );
  const page = shards.slice(0, Math.min(input.MaxResults ?? MAX_PAGE_SHARDS, MAX_PAGE_SHARDS));
  const answer = { Shards: page.map((shard) => shard.toWire()) };
  const last = page.at(-1);
  if (last === undefined || page.length === shards.length) return answer;
  const place = [
    stream.identity.streamId,
    filter.type,
    filter.shardId,
    filter.timestampMs,
    last.shardId,
  ];
  return { ...answer, NextToken: sealToken(KIND, place, context) };
});

function begun(input: Input, context: OperationContext): Query {
  if (input.StreamName === undefined && input.StreamARN === undefined) {
    throw invalidArgument("Either NextToken or StreamName should be provided.");
  }
  const stream = resolveStream(input, "ListShards", context);
  checkCreation(stream, epochMs(input.StreamCreationTimestamp));
  const given = input.ShardFilter;
  if (given !== undefined && input.ExclusiveStartShardId !== undefined) {
    throw invalidArgument("ShardFilter and ExclusiveStartShardId cannot be provided together.");
  }
  const filter = checkFilter(
    given?.Type ?? "FROM_TRIM_HORIZON",
    given?.ShardId,
    epochMs(given?.Timestamp),
  );
  const after = input.ExclusiveStartShardId;
  return { stream, filter, after: after === undefined ? "" : canonicalShardId(after) };
}

function continued(input: Input, token: string, context: OperationContext): Query {
  for (const name of [
    "StreamName",
    "ExclusiveStartShardId",
    "StreamCreationTimestamp",
    "ShardFilter",
  ] as const) {
    if (input[name] !== undefined)
      throw invalidArgument(`NextToken and ${name} cannot be provided together.`);
  }
  const [streamId, type, filterShardId, timestampMs, after] = openToken(KIND, token, context);
  const stream = context.model.streamById(String(streamId));
  if (stream === undefined || (input.StreamARN !== undefined && input.StreamARN !== stream.arn)) {
    throw resourceNotFound("The stream of the NextToken was not found.");
  }
  const filter: FilterSpec = {
    type: type as FilterSpec["type"],
    shardId: String(filterShardId),
    timestampMs: Number(timestampMs),
  };
  return { stream, filter, after: String(after) };
}

/** Names are used again: a caller may say which stream of the name it means, to the second. */
export function checkCreation(stream: ModelStream, createdAtMs: number | undefined): void {
  if (createdAtMs === undefined) return;
  if (Math.floor(createdAtMs / 1000) === Math.floor(stream.settings.createdAtMs / 1000)) return;
  throw resourceNotFound(
    `Stream ${stream.name} under account ${stream.identity.accountId} created at ${createdAtMs / 1000} not found.`,
  );
}
