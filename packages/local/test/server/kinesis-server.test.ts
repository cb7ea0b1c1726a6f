import { cbor, tag } from "@smithy/core/cbor";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type LocalServer, startLocal, VirtualClock } from "../../src/index.ts";
import {
  CBOR_TYPE,
  exchange,
  JSON_TYPE,
  operation,
  signedAs,
  type Version,
} from "./wire-client.ts";

let server: LocalServer;
let url: string;
const clock = new VirtualClock();
beforeAll(async () => {
  server = await startLocal({ streams: [{ name: "orders", shards: 2 }], clock });
  url = server.kinesisUrl;
});
afterAll(() => server.close());

const versions: Version[] = ["http/1.1", "h2c"];
const headersFor = (name: string, type = JSON_TYPE): Record<string, string> => ({
  "content-type": type,
  "x-amz-target": `Kinesis_20131202.${name}`,
  authorization: signedAs("AKIDEXAMPLE"),
});

describe.each(versions)("over %s", (version) => {
  test("a record put as JSON is read back as JSON, byte for byte", async () => {
    const Data = Buffer.from([0, 1, 2, 253, 254, 255]).toString("base64");
    const StreamName = "orders";
    const put = await operation(
      url,
      "PutRecord",
      { StreamName, PartitionKey: "ключ", Data },
      version,
    );
    expect(put.status).toBe(200);
    const { ShardId, SequenceNumber } = put.output;
    const iterator = await operation(
      url,
      "GetShardIterator",
      {
        ...{ StreamName, ShardId, ShardIteratorType: "AT_SEQUENCE_NUMBER" },
        StartingSequenceNumber: SequenceNumber,
      },
      version,
    );
    const { ShardIterator } = iterator.output;
    const read = await operation(url, "GetRecords", { ShardIterator }, version);
    expect(read.output).toMatchObject({
      Records: [
        {
          ...{ Data, PartitionKey: "ключ", SequenceNumber },
          ApproximateArrivalTimestamp: clock.wallMs() / 1000,
        },
      ],
      MillisBehindLatest: 0,
    });
  });

  test("every answer has its ids, type and date", async () => {
    const { headers } = await operation(url, "ListShards", { StreamName: "orders" }, version);
    expect(headers["x-amzn-requestid"]).toMatch(/^[0-9a-f-]{36}$/);
    expect(headers["x-amz-id-2"]).toMatch(/^[A-Za-z0-9+/=]{72}$/);
    expect(headers["content-type"]).toBe(JSON_TYPE);
    expect(Date.parse(String(headers.date))).not.toBeNaN();
  });

  test("an error of the service has its name, message and header", async () => {
    const { status, output, headers } = await operation(
      url,
      "DescribeStreamSummary",
      { StreamName: "absent" },
      version,
    );
    expect(status).toBe(400);
    expect(output["__type"]).toBe("ResourceNotFoundException");
    expect(output["message"]).toContain("absent");
    expect(headers["x-amzn-errortype"]).toBe("ResourceNotFoundException");
  });

  test.each([
    ["an unknown operation", headersFor("Frobnicate"), "{}", 400, "UnknownOperationException"],
    [
      "another service's target",
      { ...headersFor("ListShards"), "x-amz-target": "DynamoDB_20120810.ListTables" },
      "{}",
      400,
      "UnknownOperationException",
    ],
    ["half a JSON text", headersFor("ListShards"), '{"StreamName":', 400, "SerializationException"],
    ["a list", headersFor("ListShards"), "[]", 400, "SerializationException"],
    ["null", headersFor("ListShards"), "null", 400, "SerializationException"],
    ["no body", headersFor("ListShards"), "", 400, "SerializationException"],
    [
      "no signature",
      { ...headersFor("ListShards"), authorization: "" },
      "{}",
      400,
      "MissingAuthenticationTokenException",
    ],
    [
      "a signature without a credential",
      { ...headersFor("ListShards"), authorization: "AWS4-HMAC-SHA256 Signature=x" },
      "{}",
      403,
      "IncompleteSignatureException",
    ],
  ] as const)("%s gets a clean error", async (_what, given, body, status, code) => {
    const headers = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ""));
    const answer = await exchange(url, headers, body, { version });
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body.toString())).toMatchObject({ __type: code });
  });

  test("a body of no known type or method gets a clean error", async () => {
    const xml = await exchange(url, headersFor("ListShards", "text/xml"), "<x/>", { version });
    expect(xml.status).toBe(404);
    const get = await exchange(url, {}, "", { version, method: "GET" });
    expect(get.status).toBe(403);
  });

  test("a body above every valid request gets 413 and the server lives", async () => {
    const over = Buffer.alloc(17 * 1024 * 1024, "x");
    const answer = await exchange(url, headersFor("PutRecords"), over, { version });
    expect(answer.status).toBe(413);
    expect((await operation(url, "ListShards", { StreamName: "orders" }, version)).status).toBe(
      200,
    );
  });
});

describe("CBOR", () => {
  const call = async (name: string, input: object): Promise<Record<string, unknown>> => {
    const body = cbor.serialize(input);
    const answer = await exchange(url, headersFor(name, CBOR_TYPE), body);
    expect(answer.headers["content-type"]).toBe(CBOR_TYPE);
    return answer.body.length === 0 ? {} : cbor.deserialize(answer.body);
  };

  test("carries data as bytes and instants as tag 1 in milliseconds, both ways", async () => {
    const StreamName = "orders";
    const Data = Buffer.from([0, 255, 7]);
    const put = await call("PutRecord", { StreamName, PartitionKey: "k", Data });
    const { ShardIterator } = await call("GetShardIterator", {
      ...{ StreamName, ShardId: put["ShardId"], ShardIteratorType: "AT_TIMESTAMP" },
      Timestamp: tag({ tag: 1, value: clock.wallMs() }),
    });
    const read = await call("GetRecords", { ShardIterator });
    const records = read["Records"] as Record<string, unknown>[];
    const mine = records.find((r) => r["SequenceNumber"] === put["SequenceNumber"]);
    expect(Buffer.from(mine?.["Data"] as Uint8Array)).toEqual(Data);
    expect(mine?.["ApproximateArrivalTimestamp"]).toMatchObject({ tag: 1, value: clock.wallMs() });
  });

  test("reads what JSON put, and JSON what it put", async () => {
    const StreamName = "orders";
    const Data = Buffer.from("made in cbor");
    const put = await call("PutRecord", { StreamName, PartitionKey: "k", Data });
    const { output } = await operation(url, "GetShardIterator", {
      ...{ StreamName, ShardId: put["ShardId"], ShardIteratorType: "AT_SEQUENCE_NUMBER" },
      StartingSequenceNumber: put["SequenceNumber"],
    });
    const read = await operation(url, "GetRecords", { ShardIterator: output["ShardIterator"] });
    expect(read.output).toMatchObject({ Records: [{ Data: Data.toString("base64") }] });
  });

  test("answers errors in kind, and half a structure with one", async () => {
    const missing = await call("DescribeStreamSummary", { StreamName: "absent" });
    expect(missing).toMatchObject({ __type: "ResourceNotFoundException" });
    const half = Buffer.from(cbor.serialize({ StreamName: "orders" })).subarray(0, 9);
    const answer = await exchange(url, headersFor("ListShards", CBOR_TYPE), half);
    expect(cbor.deserialize(answer.body)).toMatchObject({ __type: "SerializationException" });
  });
});

test("accounts named by the key id and regions named by the scope are apart", async () => {
  const list = async (accessKeyId: string, region: string): Promise<unknown> => {
    const headers = { ...headersFor("ListShards"), authorization: signedAs(accessKeyId, region) };
    const answer = await exchange(url, headers, '{"StreamName":"orders"}');
    return answer.status;
  };
  expect(await list("AKIDEXAMPLE", "us-east-1")).toBe(200);
  expect(await list("anybody", "us-east-1")).toBe(200);
  expect(await list("111122223333", "us-east-1")).toBe(400);
  expect(await list("AKIDEXAMPLE", "eu-west-1")).toBe(400);
});
