/**
 * Our words → the members of the service's requests, for all who speak its protocol: the adapter
 * over the SDK and the local service. How a time is written is theirs, so they give the writer.
 */

import type { IteratorPosition, ShardFilter, StreamRef } from "./kinesis-api.ts";

type WriteTime<Time> = (epochMs: number) => Time;

/** How a request names its stream. */
export type StreamParameters = { readonly StreamName: string } | { readonly StreamARN: string };

/** `ShardFilter` of ListShards; without one it answers with every shard that is not trimmed. */
export interface FilterParameters<Time> {
  readonly ShardFilter?: {
    readonly Type: "AT_LATEST" | "AT_TRIM_HORIZON" | "AT_TIMESTAMP";
    readonly Timestamp?: Time;
  };
}

/** Where GetShardIterator is to begin. */
export type PositionParameters<Time> =
  | { readonly ShardIteratorType: "TRIM_HORIZON" | "LATEST" }
  | { readonly ShardIteratorType: "AT_TIMESTAMP"; readonly Timestamp: Time }
  | {
      readonly ShardIteratorType: "AT_SEQUENCE_NUMBER" | "AFTER_SEQUENCE_NUMBER";
      readonly StartingSequenceNumber: string;
    };

export function streamParameters(stream: StreamRef): StreamParameters {
  return "streamArn" in stream
    ? { StreamARN: stream.streamArn }
    : { StreamName: stream.streamName };
}

export function filterParameters<Time>(
  filter: ShardFilter,
  time: WriteTime<Time>,
): FilterParameters<Time> {
  switch (filter.kind) {
    case "all":
      return {};
    case "at-latest":
      return { ShardFilter: { Type: "AT_LATEST" } };
    case "at-trim-horizon":
      return { ShardFilter: { Type: "AT_TRIM_HORIZON" } };
    case "at-timestamp":
      return { ShardFilter: { Type: "AT_TIMESTAMP", Timestamp: time(filter.timestampMs) } };
  }
}

export function positionParameters<Time>(
  position: IteratorPosition,
  time: WriteTime<Time>,
): PositionParameters<Time> {
  switch (position.kind) {
    case "trim-horizon":
      return { ShardIteratorType: "TRIM_HORIZON" };
    case "latest":
      return { ShardIteratorType: "LATEST" };
    case "at-timestamp":
      return { ShardIteratorType: "AT_TIMESTAMP", Timestamp: time(position.timestampMs) };
    case "at-sequence-number":
      return {
        ShardIteratorType: "AT_SEQUENCE_NUMBER",
        StartingSequenceNumber: position.sequenceNumber,
      };
    case "after-sequence-number":
      return {
        ShardIteratorType: "AFTER_SEQUENCE_NUMBER",
        StartingSequenceNumber: position.sequenceNumber,
      };
  }
}
