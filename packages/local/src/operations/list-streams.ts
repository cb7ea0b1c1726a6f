import { define } from "./define.ts";
import { type Operation, Timestamp } from "./operation.ts";
import { openToken, sealToken } from "./page-token.ts";
import { nextToken, pageLimit, streamName } from "./shapes.ts";

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListStreams.html */
const MAX_PAGE_STREAMS = 100;
const KIND = "list-streams";

export const listStreams: Operation = define(
  { Limit: pageLimit, ExclusiveStartStreamName: streamName, NextToken: nextToken },
  (input, context) => {
    const account = context.model.account(context.accountId, context.region);
    const token =
      input.NextToken === undefined ? undefined : openToken(KIND, input.NextToken, context);
    const after = token === undefined ? (input.ExclusiveStartStreamName ?? "") : String(token[0]);
    const sorted = [...account.streams.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
    const rest = sorted.filter((stream) => stream.name > after);
    const page = rest.slice(0, Math.min(input.Limit ?? MAX_PAGE_STREAMS, MAX_PAGE_STREAMS));
    const last = page.at(-1);
    const more = last !== undefined && page.length < rest.length;
    return {
      StreamNames: page.map((stream) => stream.name),
      HasMoreStreams: more,
      ...(more ? { NextToken: sealToken(KIND, [last.name], context) } : {}),
      StreamSummaries: page.map(({ name, arn, settings }) => ({
        StreamName: name,
        StreamARN: arn,
        StreamStatus: settings.status,
        StreamModeDetails: { StreamMode: settings.mode },
        StreamCreationTimestamp: new Timestamp(settings.createdAtMs),
      })),
    };
  },
);
