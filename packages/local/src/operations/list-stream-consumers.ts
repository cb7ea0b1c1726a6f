import { invalidArgument } from "../stream-model/errors.ts";
import { define } from "./define.ts";
import { wireConsumer } from "./consumer-ref.ts";
import { epochMs } from "./epoch.ts";
import { checkCreation } from "./list-shards.ts";
import type { Operation } from "./operation.ts";
import { openToken, sealToken } from "./page-token.ts";
import { resolveStream } from "./resolve.ts";
import { nextToken, pageLimit, streamArn, streamId, timestamp } from "./shapes.ts";

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListStreamConsumers.html */
const MAX_PAGE_CONSUMERS = 100;
const KIND = "list-stream-consumers";

export const listStreamConsumers: Operation = define(
  {
    StreamARN: { ...streamArn, required: true },
    NextToken: nextToken,
    MaxResults: pageLimit,
    StreamCreationTimestamp: timestamp,
    StreamId: streamId,
  },
  (input, context) => {
    const stream = resolveStream(input, "ListStreamConsumers", context);
    let after = "";
    if (input.NextToken === undefined) {
      checkCreation(stream, epochMs(input.StreamCreationTimestamp));
    } else {
      if (input.StreamCreationTimestamp !== undefined) {
        throw invalidArgument("NextToken and StreamCreationTimestamp cannot be provided together.");
      }
      const [of, last] = openToken(KIND, input.NextToken, context);
      if (of !== stream.identity.streamId) throw invalidArgument("Invalid NextToken.");
      after = String(last);
    }
    const sorted = [...stream.consumers.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
    const rest = sorted.filter((consumer) => consumer.name > after);
    const page = rest.slice(
      0,
      Math.min(input.MaxResults ?? MAX_PAGE_CONSUMERS, MAX_PAGE_CONSUMERS),
    );
    const last = page.at(-1);
    const answer = { Consumers: page.map(wireConsumer) };
    if (last === undefined || page.length === rest.length) return answer;
    return {
      ...answer,
      NextToken: sealToken(KIND, [stream.identity.streamId, last.name], context),
    };
  },
);
