/** The fast read path against the SDK's: the same request to the service, the same outcome of every answer. */

import type { GetRecordsAnswer, KinesisApi, Outcome } from "@shardline/model";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createKinesis } from "../../src/index.ts";
import {
  type Asked,
  CREDENTIALS,
  type Scripted,
  type ScriptedServer,
  scriptedServer,
} from "../support/scripted-server.ts";

const OPTIONS = { timeoutMs: 20_000 };
const READ = { stream: { streamName: "orders" }, shardIterator: 'A"/+é', maxRecords: 1000 };

interface Both {
  readonly fast: Outcome<GetRecordsAnswer>;
  readonly sdk: Outcome<GetRecordsAnswer>;
}

describe.each(["http1", "http2"] as const)("over %s", (transport) => {
  let server: ScriptedServer;
  let script: Scripted = {};
  let fast: KinesisApi;
  let sdk: KinesisApi;

  beforeAll(async () => {
    server = await scriptedServer(() => script, transport);
    const credentials = { ...CREDENTIALS, sessionToken: "token" };
    const common = { endpoint: server.url, region: "eu-central-1", credentials, transport };
    fast = createKinesis({ ...common, dataPath: "fast" });
    sdk = createKinesis({ ...common, dataPath: "sdk" });
  });
  beforeEach(() => {
    server.asked.length = 0;
  });
  afterAll(async () => {
    await Promise.all([fast.close(), sdk.close()]);
    await server.close();
  });

  async function both(scripted: Scripted): Promise<Both> {
    script = scripted;
    const outcomes = await Promise.all([
      fast.getRecords(READ, OPTIONS),
      sdk.getRecords(READ, OPTIONS),
    ]);
    return { fast: deciding(outcomes[0]), sdk: deciding(outcomes[1]) };
  }

  it.each([
    { streamName: "orders" },
    { streamArn: "arn:aws:kinesis:eu-central-1:123456789012:stream/orders" },
  ])("the request for %j says the same to the service", async (stream) => {
    script = { body: { Records: [] } };
    for (const api of [fast, sdk]) await api.getRecords({ ...READ, stream }, OPTIONS);
    const [one, other] = server.asked as [Asked, Asked];
    expect(one.json).toEqual(other.json);
    expect(one.json["StreamARN"]).toBe(stream.streamArn);
    for (const name of ["x-amz-target", "content-type", "x-amz-security-token"]) {
      expect(one.headers[name]).toBe(other.headers[name]);
    }
  });

  const error = (code: string, status: number, message = "said"): [string, Scripted] => [
    `${status} ${code}`,
    { status, body: { __type: `com.amazonaws.kinesis#${code}`, message } },
  ];
  it.each<[string, Scripted]>([
    error("ProvisionedThroughputExceededException", 400),
    error("ExpiredIteratorException", 400),
    error("ResourceNotFoundException", 400),
    error("AccessDeniedException", 400),
    error("ExpiredTokenException", 400),
    error("InvalidSignatureException", 403, "Signature expired: is now earlier than"),
    error("InvalidArgumentException", 400, "Value 'secret' at 'partitionKey' failed to satisfy"),
    error("KMSThrottlingException", 400),
    error("KMSDisabledException", 400),
    error("ThrottlingException", 429),
    error("InternalFailure", 500),
    error("ServiceUnavailable", 503),
    error("NobodyKnowsThisException", 400),
    ["an empty object with status 500", { status: 500 }],
    ["a portal's page with status 200", { body: "<html>please log in</html>" }],
    ["no body", { body: "" }],
    ["a cut JSON", { body: '{"Records":[{"Seq' }],
    ["JSON that is no object", { body: "7" }],
    ["null", { body: "null" }],
    ["a list", { body: "[]" }],
    ["a byte order mark", { body: '\ufeff{"Records":[]}' }],
    ["more after the end", { body: '{"Records":[]}}' }],
    [
      "the end of a shard",
      { body: { Records: [], NextShardIterator: null, ChildShards: [child] } },
    ],
    ["a member twice", { body: '{"Records":[{}],"Records":[]}' }],
    ["another prototype", { body: '{"Records":[],"__proto__":{"NextShardIterator":"x"}}' }],
    ["no finite number", { body: '{"Records":[],"MillisBehindLatest":1e999}' }],
    [
      "white space",
      { body: ` {\n"Records" :\t[ ${JSON.stringify(record)} , ${text(record)}\r\n] } ` },
    ],
    [
      "bytes that are no UTF-8",
      { body: Buffer.from(text(record).replace("key", "\u00ff"), "latin1") },
    ],
  ])("the outcome of %s is the same", async (_, scripted) => {
    const outcomes = await both(scripted);
    expect(outcomes.fast).toEqual(outcomes.sdk);
    expect(outcomes.fast).not.toMatchObject({ ambiguous: true });
  });

  it.each(["reset", "half"] as const)("a lost connection (%s) is told as such", async (instead) => {
    const outcomes = await both({ instead });
    expect(outcomes.fast).toMatchObject({ reason: "unavailable", ambiguous: false });
    // The SDK's HTTP/2 takes what has come for the whole answer.
    expect(outcomes.sdk).toMatchObject(transport === "http1" ? outcomes.fast : { kind: "failed" });
  });

  it("the outcome of any answer in the service's form is the same", async () => {
    await fc.assert(
      fc.asyncProperty(goodAnswer, async (body) => {
        const outcomes = await both({ body });
        expect(outcomes.fast).toEqual(outcomes.sdk);
        expect(outcomes.fast.kind).toBe("ok");
      }),
      { numRuns: transport === "http1" ? 150 : 30 },
    );
  });

  it("the outcome of any odd answer is the same", async () => {
    await fc.assert(
      fc.asyncProperty(oddAnswer, async (body) => {
        const outcomes = await both({ body });
        expect(outcomes.fast).toEqual(outcomes.sdk);
      }),
      { numRuns: transport === "http1" ? 400 : 30 },
    );
  });
});

const record = {
  SequenceNumber: "49680417611849285712948191940741106591401676464361000000",
  ApproximateArrivalTimestamp: 1_767_225_600.123,
  Data: "AQID",
  PartitionKey: "key",
};
const child = {
  ShardId: "shardId-000000000001",
  ParentShards: ["shardId-000000000000"],
  HashKeyRange: { StartingHashKey: "0", EndingHashKey: "340282366920938463463374607431768211455" },
};

function text(value: unknown): string {
  return JSON.stringify(value);
}

const key = fc.oneof(
  fc.string({ minLength: 1, maxLength: 12 }),
  fc.string({ minLength: 1, maxLength: 12, unit: "binary" }),
  fc.constantFrom(
    '"',
    "\\",
    "\\\\",
    "\u0000",
    "\u007f",
    "é",
    "😀",
    "\u2028",
    "\ud800",
    "__proto__",
  ),
);
const data = fc
  .oneof(fc.uint8Array({ maxLength: 20 }), fc.uint8Array({ minLength: 100, maxLength: 3000 }))
  .map((bytes) => Buffer.from(bytes).toString("base64"));
const sequenceNumber = fc.bigInt({ min: 0n, max: 10n ** 56n }).map(String);
const time = fc.oneof(
  fc.integer({ min: 0, max: 2_000_000_000_000 }).map((ms) => ms / 1000),
  fc.double({ min: -1e9, max: 1e12, noNaN: true }),
  fc.constantFrom(0, -0, 1.7e9, 1.0005, 0.0004),
);
const goodRecord = fc.record(
  {
    SequenceNumber: sequenceNumber,
    ApproximateArrivalTimestamp: time,
    Data: data,
    PartitionKey: key,
    EncryptionType: fc.constantFrom("NONE", "KMS"),
    Unheard: fc.jsonValue(),
  },
  { requiredKeys: ["SequenceNumber", "Data", "PartitionKey"] },
);
const goodAnswer = fc
  .record(
    {
      Records: fc.array(goodRecord, { maxLength: 5 }),
      NextShardIterator: fc.oneof(fc.string(), fc.constant(null)),
      MillisBehindLatest: fc.oneof(fc.nat(), fc.constant(null)),
      ChildShards: fc.constantFrom(null, [], [child], [child, child]),
      Unheard: fc.jsonValue(),
    },
    { requiredKeys: ["Records"] },
  )
  .map((answer) => {
    // JavaScript writes no exponents there, other languages do.
    const [first] = answer.Records;
    const { ApproximateArrivalTimestamp: seconds } = first ?? {};
    return seconds === undefined
      ? answer
      : text(answer).replace(
          `"ApproximateArrivalTimestamp":${text(seconds)}`,
          `"ApproximateArrivalTimestamp":${seconds.toExponential().replace("e", "E")}`,
        );
  });

/** What is there may be anything that JSON can say. */
const anything = fc.oneof(
  fc.constantFrom(
    null,
    0,
    -1,
    1e300,
    8.64e12,
    true,
    "",
    "49",
    "1.7E9",
    "Infinity",
    "####",
    "AQI",
    "AQ==",
  ),
  fc.constantFrom("AQ-_", "AQ=A", "ŁAAA", "A A=", "=AAA", "A===", "AAA=AAA="),
  fc.constantFrom<unknown>([], {}, [null], { tag: 1, value: 5 }, { __type: "x" }, "-0"),
  fc.jsonValue({ maxDepth: 2 }),
);
const oddRecord = fc.record(
  {
    __type: fc.constant("record"),
    SequenceNumber: fc.oneof({ weight: 6, arbitrary: sequenceNumber }, anything),
    ApproximateArrivalTimestamp: fc.oneof({ weight: 2, arbitrary: time }, anything),
    Data: fc.oneof({ weight: 2, arbitrary: data }, anything),
    PartitionKey: fc.oneof({ weight: 6, arbitrary: key }, anything),
    EncryptionType: fc.oneof({ weight: 3, arbitrary: fc.constantFrom(null, "KMS") }, anything),
  },
  { requiredKeys: ["SequenceNumber", "Data", "PartitionKey"] },
);
const oddChild = fc.record(
  {
    __type: fc.constant("child"),
    ShardId: fc.oneof(fc.string(), anything),
    ParentShards: fc.oneof(fc.array(fc.string()), anything),
    HashKeyRange: fc.oneof(fc.constant(child.HashKeyRange), anything),
  },
  { requiredKeys: ["ShardId", "ParentShards", "HashKeyRange"] },
);
const oddAnswer = fc.record(
  {
    __type: fc.constant("answer"),
    Records: fc.oneof(
      { weight: 9, arbitrary: fc.array(fc.oneof({ weight: 9, arbitrary: oddRecord }, anything)) },
      anything,
    ),
    NextShardIterator: fc.oneof(fc.string(), fc.constant(null), anything),
    MillisBehindLatest: fc.oneof(fc.nat(), fc.constant(null), anything),
    ChildShards: fc.oneof(fc.array(oddChild, { maxLength: 2 }), anything),
  },
  { requiredKeys: [] },
);

/**
 * All that decides what is done next; the words for people may differ, as does what the SDK calls
 * an answer that makes no sense.
 */
function deciding(outcome: Outcome<GetRecordsAnswer>): Outcome<GetRecordsAnswer> {
  if (outcome.kind === "ok") return outcome;
  return { ...outcome, message: "", code: outcome.reason === "malformed" ? "" : outcome.code };
}
