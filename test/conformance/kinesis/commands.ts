/**
 * Commands of the operations that kinesalite has, right and wrong ones. Sequence numbers, iterators
 * and times differ from service to service, so commands name them by the order in which they came.
 */

import fc from "fast-check";

export interface Command {
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  /** Which of the numbers given so far goes into the input, counted from the first one, modulo. */
  readonly sequenceNumber?: { readonly field: string; readonly pick: number };
  /** Likewise of the iterators. */
  readonly iterator?: number;
}

const KEY_SPACE = 2n ** 128n;

const streamName = fc.oneof(
  { weight: 30, arbitrary: fc.constantFrom("a", "a", "a", "b") },
  { weight: 1, arbitrary: fc.constantFrom("none", "", "no spaces", "x".repeat(129)) },
);
const shardId = fc.oneof(
  { weight: 20, arbitrary: fc.nat(5).map((index) => `shardId-${String(index).padStart(12, "0")}`) },
  { weight: 1, arbitrary: fc.constantFrom("shardId-0", "nonsense", "", "shardId-99", "a b") },
);
const hashKey = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.nat(64).map((share) => ((KEY_SPACE * BigInt(share)) / 64n).toString()),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom("1", "01", "-1", (KEY_SPACE - 1n).toString(), "9".repeat(40)),
  },
);
const partitionKey = fc.oneof(
  { weight: 8, arbitrary: fc.nat(40).map((i) => `key-${i}`) },
  { weight: 1, arbitrary: fc.constantFrom("", "k".repeat(257), "ü€😀") },
);
const data = fc.oneof(
  { weight: 8, arbitrary: fc.nat(1_000_000).map((n) => Buffer.from(String(n)).toString("base64")) },
  { weight: 1, arbitrary: fc.constantFrom("", "QQ==") },
);
const limit = fc.constantFrom(undefined, undefined, 1, 2, 3, 1, 2, 10_000, 0, 10_001);
const pick = fc.nat(50);

const entry = fc.record(
  { PartitionKey: partitionKey, Data: data, ExplicitHashKey: hashKey },
  { requiredKeys: ["PartitionKey", "Data"] },
);
const tags = fc.dictionary(
  fc.constantFrom("one", "two", "three words", "ü", "bad;key", "k".repeat(129)),
  fc.constantFrom("", "value", "a=b/c", "bad\nvalue"),
  { minKeys: 0, maxKeys: 4 },
);
const hours = fc.constantFrom(0, 23, 24, 25, 48, 168);

function command(
  operation: string,
  fields: Record<string, fc.Arbitrary<unknown>>,
): fc.Arbitrary<Command> {
  return fc.record(fields).map((input) => ({ operation, input: withoutUndefined(input) }));
}

/** Now and then a member that is missing or of the wrong type. */
function spoiled(made: fc.Arbitrary<Command>): fc.Arbitrary<Command> {
  const wrong = fc.constantFrom<unknown>(null, true, 1, "text", [], {});
  return fc.tuple(made, fc.nat(19), fc.nat(9), wrong).map(([good, dice, member, value]) => {
    const names = Object.keys(good.input);
    const name = names[member % Math.max(1, names.length)];
    if (dice !== 0 || name === undefined) return good;
    return { ...good, input: { ...good.input, [name]: value } };
  });
}

const create = command("CreateStream", {
  StreamName: streamName,
  ShardCount: fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 1, max: 7 }) },
    fc.constantFrom(0, -1),
  ),
});

const iterator = fc
  .tuple(
    command("GetShardIterator", {
      StreamName: streamName,
      ShardId: shardId,
      ShardIteratorType: fc.constantFrom(
        ...["TRIM_HORIZON", "TRIM_HORIZON", "LATEST", "AT_SEQUENCE_NUMBER"],
        ...["AFTER_SEQUENCE_NUMBER", "AT_TIMESTAMP", "SOON"],
      ),
      StartingSequenceNumber: fc.constantFrom(
        undefined,
        undefined,
        undefined,
        undefined,
        "77",
        "01",
      ),
      Timestamp: fc.constantFrom(undefined, undefined, undefined, 1_000_000_000, 4_000_000_000),
    }),
    pick,
  )
  .map(([made, number]): Command => {
    const wanted = String(made.input["ShardIteratorType"]).endsWith("SEQUENCE_NUMBER");
    const given = "StartingSequenceNumber" in made.input;
    if (!wanted || given || number % 6 === 0) return made;
    return { ...made, sequenceNumber: { field: "StartingSequenceNumber", pick: number } };
  });

const read = fc
  .tuple(command("GetRecords", { Limit: limit }), pick)
  .map(([made, number]): Command => (number === 0 ? made : { ...made, iterator: number }));

const list: readonly { readonly weight: number; readonly arbitrary: fc.Arbitrary<Command> }[] = [
  { weight: 5, arbitrary: create },
  { weight: 1, arbitrary: command("DeleteStream", { StreamName: streamName }) },
  { weight: 2, arbitrary: command("DescribeStream", { StreamName: streamName }) },
  { weight: 2, arbitrary: command("DescribeStreamSummary", { StreamName: streamName }) },
  {
    weight: 1,
    arbitrary: command("ListStreams", {
      Limit: limit,
      ExclusiveStartStreamName: fc.constantFrom(undefined, "a", "aa", ""),
    }),
  },
  {
    weight: 3,
    arbitrary: command("ListShards", {
      StreamName: streamName,
      ExclusiveStartShardId: fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, shardId),
    }),
  },
  {
    weight: 8,
    arbitrary: command("PutRecords", {
      StreamName: streamName,
      Records: fc.array(entry, { maxLength: 6 }),
    }),
  },
  {
    weight: 6,
    arbitrary: command("PutRecord", {
      StreamName: streamName,
      PartitionKey: partitionKey,
      Data: data,
      ExplicitHashKey: fc.option(hashKey, { nil: undefined }),
    }),
  },
  { weight: 10, arbitrary: iterator },
  { weight: 14, arbitrary: read },
  {
    weight: 4,
    arbitrary: command("SplitShard", {
      StreamName: streamName,
      ShardToSplit: shardId,
      NewStartingHashKey: hashKey,
    }),
  },
  {
    weight: 4,
    arbitrary: command("MergeShards", {
      StreamName: streamName,
      ShardToMerge: shardId,
      AdjacentShardToMerge: shardId,
    }),
  },
  { weight: 2, arbitrary: command("AddTagsToStream", { StreamName: streamName, Tags: tags }) },
  {
    weight: 1,
    arbitrary: command("RemoveTagsFromStream", {
      StreamName: streamName,
      TagKeys: fc.array(fc.constantFrom("one", "two", "bad;key", ""), { maxLength: 3 }),
    }),
  },
  {
    weight: 2,
    arbitrary: command("ListTagsForStream", {
      StreamName: streamName,
      ExclusiveStartTagKey: fc.constantFrom(undefined, "one", ""),
      Limit: fc.constantFrom(undefined, 1, 10, 0),
    }),
  },
  {
    weight: 1,
    arbitrary: command("IncreaseStreamRetentionPeriod", {
      StreamName: streamName,
      RetentionPeriodHours: hours,
    }),
  },
  {
    weight: 1,
    arbitrary: command("DecreaseStreamRetentionPeriod", {
      StreamName: streamName,
      RetentionPeriodHours: hours,
    }),
  },
];

/** A stream to work on, then anything. */
export const sequences: fc.Arbitrary<readonly Command[]> = fc
  .tuple(
    fc.constantFrom<readonly Command[]>(
      [{ operation: "CreateStream", input: { StreamName: "a", ShardCount: 2 } }],
      [
        { operation: "CreateStream", input: { StreamName: "a", ShardCount: 1 } },
        { operation: "CreateStream", input: { StreamName: "b", ShardCount: 3 } },
      ],
    ),
    fc.array(spoiled(fc.oneof(...list)), { minLength: 5, maxLength: 40 }),
  )
  .map(([start, rest]) => [...start, ...rest]);

function withoutUndefined(input: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
}
