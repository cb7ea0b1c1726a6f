import type { ChannelState } from "../stream-model/channel.ts";
import { invalidArgument } from "../stream-model/errors.ts";
import { define } from "./define.ts";
import { epochMs } from "./epoch.ts";
import { type Operation, Timestamp } from "./operation.ts";
import { openToken, sealToken } from "./page-token.ts";
import type { InputOf } from "./shape.ts";
import { nextToken, pageLimit, streamArn, timestamp } from "./shapes.ts";

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListChannels.html */
const MAX_PAGE_CHANNELS = 100;
const KIND = "list-channels";

const streamFilter = {
  type: "structure",
  javaName: "StreamFilter",
  members: { StreamARN: { ...streamArn, required: true }, StreamCreationTimestamp: timestamp },
} as const;

export const listChannels: Operation = define(
  {
    StreamFilter: { type: "list", member: streamFilter, min: 1, max: 100 },
    MaxResults: pageLimit,
    NextToken: nextToken,
  },
  (input, context) => {
    const account = context.model.account(context.accountId, context.region);
    const filters = JSON.stringify(input.StreamFilter ?? []);
    const [after, of] =
      input.NextToken === undefined ? ["", filters] : openToken(KIND, input.NextToken, context);
    if (of !== filters)
      throw invalidArgument("The NextToken belongs to a request with another StreamFilter.");
    const sorted = [...account.channels.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
    const rest = sorted.filter(
      (channel) => channel.name > String(after) && passes(channel, input.StreamFilter),
    );
    const page = rest.slice(0, Math.min(input.MaxResults ?? MAX_PAGE_CHANNELS, MAX_PAGE_CHANNELS));
    const last = page.at(-1);
    const answer = { ChannelSummaries: page.map(summary) };
    if (last === undefined || page.length === rest.length) return answer;
    return { ...answer, NextToken: sealToken(KIND, [last.name, filters], context) };
  },
);

function passes(
  channel: ChannelState,
  filters: readonly InputOf<typeof streamFilter.members>[] | undefined,
): boolean {
  if (filters === undefined) return true;
  return filters.some((filter) => {
    const createdAtMs = epochMs(filter.StreamCreationTimestamp);
    const sameTime =
      createdAtMs === undefined ||
      Math.floor(createdAtMs / 1000) === Math.floor(channel.streamCreatedAtMs / 1000);
    return filter.StreamARN === channel.streamArn && sameTime;
  });
}

function summary(channel: ChannelState): object {
  return {
    ChannelName: channel.name,
    ChannelARN: channel.arn,
    ChannelId: channel.channelId,
    ChannelStatus: channel.status,
    ChannelCreationTimestamp: new Timestamp(channel.createdAtMs),
    ChannelDestinationType: channel.s3 === undefined ? "S3_TABLES" : "S3",
    Streams: [
      {
        StreamARN: channel.streamArn,
        StreamCreationTimestamp: new Timestamp(channel.streamCreatedAtMs),
      },
    ],
  };
}
