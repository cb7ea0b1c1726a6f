/** Differences that are meant, each with its reason in docs/design/conformance.md under the same id. */

import type { Command } from "./commands.ts";
import { NO_ANSWER } from "./endpoint.ts";
import type { Observed } from "./session.ts";

export interface Pair {
  readonly command: Command;
  readonly local: Observed;
  readonly kinesalite: Observed;
}

interface Explanation {
  readonly id: string;
  /** Is the difference there? */
  readonly seen: (pair: Pair) => boolean;
  /** Both answers without it. Default: whatever else there is in this pair is not compared. */
  readonly without?: (observed: Observed) => Observed;
}

const NEWER_MEMBERS = new Set([
  "StreamModeDetails",
  "StreamSummaries",
  "MaxRecordSizeInKiB",
  "ChannelCount",
  "ChildShards",
  "NextToken",
]);

export const EXPLANATIONS: readonly Explanation[] = [
  {
    id: "newer-members",
    seen: ({ local }) => hasMember(local.body, NEWER_MEMBERS),
    without: (observed) => ({
      ...observed,
      body: withoutMembers(observed.body, NEWER_MEMBERS) as Observed["body"],
    }),
  },
  {
    id: "shard-end",
    seen: ({ command, local, kinesalite }) =>
      command.operation === "GetRecords" &&
      local.status === 200 &&
      !("NextShardIterator" in local.body) &&
      "NextShardIterator" in kinesalite.body,
    without: (observed) => ({
      ...observed,
      body: withoutMembers(observed.body, new Set(["NextShardIterator"])) as Observed["body"],
    }),
  },
  {
    id: "millis-behind",
    seen: ({ local, kinesalite }) =>
      local.body["MillisBehindLatest"] !== kinesalite.body["MillisBehindLatest"],
    without: (observed) => ({
      ...observed,
      body: withoutMembers(observed.body, new Set(["MillisBehindLatest"])) as Observed["body"],
    }),
  },
  {
    id: "shard-count-optional",
    seen: ({ command, kinesalite }) =>
      (command.input["ShardCount"] ?? undefined) === undefined &&
      text(kinesalite).includes("Value null at 'shardCount'"),
  },
  {
    id: "no-answer",
    seen: ({ kinesalite }) => kinesalite.status === NO_ANSWER,
  },
  {
    id: "stream-name-optional",
    seen: ({ command, kinesalite }) =>
      (command.input["StreamName"] ?? undefined) === undefined &&
      text(kinesalite).includes("Value null at 'streamName'"),
  },
  {
    id: "message-case",
    seen: ({ kinesalite }) => "Message" in kinesalite.body,
    without: ({ status, body }) => {
      const { Message, message, ...rest } = body;
      return { status, body: { ...rest, message: Message ?? message } };
    },
  },
  {
    id: "pattern-anchors",
    seen: ({ local }) => /regular expression pattern: 0\|\(\[1-9\]/.test(text(local)),
  },
  {
    id: "merge-order",
    seen: ({ command, local, kinesalite }) =>
      command.operation === "MergeShards" &&
      local.status === 200 &&
      text(kinesalite).includes("are not an adjacent pair"),
  },
  {
    id: "closed-shard",
    seen: ({ local }) => text(local).includes("has already been merged or split"),
  },
  {
    id: "partition-key-optional",
    seen: ({ command, local, kinesalite }) =>
      command.operation.startsWith("PutRecord") &&
      text(kinesalite).includes(
        "artitionKey' failed to satisfy constraint: Member must not be null",
      ) &&
      local.status !== 200,
  },
  {
    id: "old-sequence-numbers",
    seen: ({ local }) => text(local).includes("StartingSequenceNumber 77 used in"),
  },
  {
    id: "recreated-stream",
    seen: ({ command, local, kinesalite }) =>
      (command.operation === "GetRecords" &&
        text(local).endsWith("does not exist") &&
        kinesalite.status === 200) ||
      // The second of its creation tells a stream from the next of its name, and the two services
      // may have seen different ones.
      [local, kinesalite].some((observed) =>
        text(observed).includes("did not come from this stream"),
      ),
  },
  {
    id: "short-shard-id",
    seen: ({ command }) =>
      command.operation === "ListShards" &&
      /^shardId-\d{1,11}$/.test(textOf(command.input["ExclusiveStartShardId"])),
  },
  {
    id: "retention-bounds",
    seen: ({ kinesalite }) => text(kinesalite).includes("'retentionPeriodHours' failed"),
  },
];

/** The pair without its explained differences, and the ids of those that were there. */
export function explain(pair: Pair): { readonly pair: Pair; readonly used: readonly string[] } {
  const used: string[] = [];
  let current = pair;
  for (const { id, seen, without } of EXPLANATIONS) {
    if (!seen(current)) continue;
    used.push(id);
    const { command, local, kinesalite } = current;
    current =
      without === undefined
        ? { command, local, kinesalite: local }
        : { command, local: without(local), kinesalite: without(kinesalite) };
  }
  return { pair: current, used };
}

function text({ body }: Observed): string {
  return textOf(body["message"] ?? body["Message"]);
}

function hasMember(value: unknown, names: ReadonlySet<string>): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(([name, item]) => names.has(name) || hasMember(item, names));
}

function withoutMembers(value: unknown, names: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutMembers(item, names));
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([name]) => !names.has(name));
  return Object.fromEntries(kept.map(([name, item]) => [name, withoutMembers(item, names)]));
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
