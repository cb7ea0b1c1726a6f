/** The fast put path against the SDK's: the same request to the service, the same outcome of every answer. */

import { createHash, createHmac } from "node:crypto";
import type { KinesisApi, Outcome, PutRecordsAnswer, PutRecordsRequest } from "@shardline/model";
import { afterEach, describe, expect, it } from "vitest";
import { createKinesis } from "../../src/index.ts";
import {
  type Asked,
  CREDENTIALS,
  type Scripted,
  type ScriptedServer,
  scriptedServer,
} from "../support/scripted-server.ts";

const OPTIONS = { timeoutMs: 10_000 };
const REQUEST: PutRecordsRequest = {
  stream: { streamName: "orders" },
  entries: [
    { partitionKey: "a", data: new Uint8Array([1, 2, 3]) },
    { partitionKey: 'é"\\\n😀', data: new Uint8Array(0) },
    { partitionKey: "__proto__", explicitHashKey: "0", data: new Uint8Array(1000).fill(255) },
  ],
};
const RESULTS = [
  { SequenceNumber: "49001", ShardId: "shardId-000000000000" },
  { ErrorCode: "ProvisionedThroughputExceededException", ErrorMessage: "slow down" },
  { SequenceNumber: "49002", ShardId: "shardId-000000000001" },
];

const open: (KinesisApi | ScriptedServer)[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((it) => it.close()));
});

type Path = "fast" | "sdk";
interface Seen {
  readonly outcome: Outcome<PutRecordsAnswer>;
  readonly asked: Asked | undefined;
}

async function put(
  dataPath: Path,
  script: Scripted,
  request: PutRecordsRequest = REQUEST,
  http: "http1" | "http2" = "http1",
): Promise<Seen> {
  const server = await scriptedServer(() => script, http);
  const api = createKinesis({
    endpoint: server.url,
    region: "eu-central-1",
    credentials: { ...CREDENTIALS, sessionToken: "token" },
    dataPath,
    transport: http,
  });
  open.push(server, api);
  const outcome = await api.putRecords(request, OPTIONS);
  return { outcome, asked: server.asked[0] };
}

describe("the request", () => {
  it.each(["http1", "http2"] as const)("says the same to the service, over %s", async (http) => {
    const fast = (await put("fast", { body: { Records: RESULTS } }, REQUEST, http)).asked;
    const sdk = (await put("sdk", { body: { Records: RESULTS } }, REQUEST, http)).asked;
    expect(fast?.json).toEqual(sdk?.json);
    for (const name of ["x-amz-target", "content-type", "x-amz-security-token"]) {
      expect(fast?.headers[name]).toBe(sdk?.headers[name]);
    }
  });

  it.each(["fast", "sdk"] as const)("is signed rightly by the %s path", async (path) => {
    const { asked } = await put(path, { body: { Records: RESULTS } });
    if (asked === undefined) throw new Error("nothing was asked");
    expect(asked.headers["authorization"]).toBe(signatureOf(asked));
  });

  it("may name the stream by its ARN", async () => {
    const streamArn = "arn:aws:kinesis:eu-central-1:123456789012:stream/orders";
    const request = { ...REQUEST, stream: { streamArn } };
    const fast = (await put("fast", { body: { Records: RESULTS } }, request)).asked;
    const sdk = (await put("sdk", { body: { Records: RESULTS } }, request)).asked;
    expect(fast?.json["StreamARN"]).toBe(streamArn);
    expect(fast?.json).toEqual(sdk?.json);
  });
});

describe("the outcome", () => {
  const error = (code: string, status: number, message = "said"): [string, Scripted] => [
    `${status} ${code}`,
    { status, body: { __type: `com.amazonaws.kinesis#${code}`, message } },
  ];
  it.each<[string, Scripted]>([
    ["success and a failed entry", { body: { FailedRecordCount: 1, Records: RESULTS } }],
    error("ProvisionedThroughputExceededException", 400),
    error("ResourceNotFoundException", 400),
    error("ResourceInUseException", 400),
    error("AccessDeniedException", 400),
    error("UnrecognizedClientException", 400),
    error("ExpiredTokenException", 400),
    error("InvalidSignatureException", 403, "Signature expired: is now earlier than"),
    error("InvalidArgumentException", 400),
    error("ValidationException", 400),
    error("SerializationException", 400),
    error("KMSThrottlingException", 400),
    error("KMSDisabledException", 400),
    error("ThrottlingException", 429),
    error("InternalFailure", 500),
    error("ServiceUnavailable", 503),
    error("NobodyKnowsThisException", 400),
    [
      "Message with a capital",
      { status: 400, body: { __type: "ValidationException", Message: "M" } },
    ],
    [
      "the code in a header",
      { status: 400, headers: { "x-amzn-errortype": "AccessDeniedException:http://x/" } },
    ],
    ["too few results", { body: { Records: RESULTS.slice(1) } }],
    ["too many results", { body: { Records: [...RESULTS, ...RESULTS] } }],
    ["no results", { body: {} }],
    ["a result without meaning", { body: { Records: [{}, ...RESULTS.slice(1)] } }],
    ["an empty object with status 500", { status: 500 }],
    ["reset", { instead: "reset" }],
    ["an answer cut short", { instead: "half" }],
  ])("of %s is the same", async (_, script) => {
    const [fast, sdk] = await Promise.all([put("fast", script), put("sdk", script)]);
    expect(deciding(fast)).toEqual(deciding(sdk));
  });

  it.each<[string, Scripted]>([
    ["a portal's page with status 200", { body: "<html>please log in</html>" }],
    ["a cut JSON", { body: '{"Records":[{"Seq' }],
    ["JSON that is no object", { body: "7" }],
    ["results that are null", { body: { Records: [null, null, null] } }],
  ])("of %s is malformed and ambiguous", async (_, script) => {
    for (const path of ["fast", "sdk"] as const) {
      const { outcome } = await put(path, script);
      expect(outcome).toMatchObject({ kind: "failed", reason: "malformed", ambiguous: true });
    }
  });
});

/** All that decides what is done next; the words for people may differ. */
function deciding({ outcome }: Seen): Outcome<PutRecordsAnswer> {
  return outcome.kind === "failed" ? { ...outcome, message: "" } : outcome;
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html */
function signatureOf({ headers, body }: Asked): string {
  const given = String(headers["authorization"]);
  const signed = /SignedHeaders=([^,]+)/.exec(given)?.[1] ?? "";
  const canonicalHeaders = signed.split(";").map((name) => `${name}:${String(headers[name])}\n`);
  const payloadHash = createHash("sha256").update(body).digest("hex");
  const canonical = ["POST", "/", "", canonicalHeaders.join(""), signed, payloadHash].join("\n");
  const date = String(headers["x-amz-date"]);
  const scope = `${date.slice(0, 8)}/eu-central-1/kinesis/aws4_request`;
  const canonicalHash = createHash("sha256").update(canonical).digest("hex");
  const toSign = ["AWS4-HMAC-SHA256", date, scope, canonicalHash].join("\n");
  const hmac = (key: string | Buffer, text: string): Buffer =>
    createHmac("sha256", key).update(text).digest();
  const key = scope
    .split("/")
    .reduce<string | Buffer>(
      (parent, part) => hmac(parent, part),
      `AWS4${CREDENTIALS.secretAccessKey}`,
    );
  const signature = hmac(key, toSign).toString("hex");
  const credential = `${CREDENTIALS.accessKeyId}/${scope}`;
  return `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${signed}, Signature=${signature}`;
}
