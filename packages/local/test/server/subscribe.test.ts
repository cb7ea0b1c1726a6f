import { cbor } from "@smithy/core/cbor";
import { EventStreamCodec } from "@smithy/core/event-streams";
import { request as httpRequest, type ClientRequest, type IncomingMessage } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type LocalServer, settle, startLocal, VirtualClock } from "../../src/index.ts";
import { CBOR_TYPE, JSON_TYPE, operation, signedAs, type Version } from "./wire-client.ts";

const codec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes as Uint8Array).toString(),
  (text) => Buffer.from(text),
);

interface Message {
  readonly type: string;
  readonly body: Record<string, unknown>;
}

/** The messages of an event stream as they come; `pause` stops reading the socket. */
class Reader {
  readonly messages: Message[] = [];
  ended = false;
  status = 0;
  receivedBytes = 0;
  pause: () => void = () => {};
  resume: () => void = () => {};
  close: () => void = () => {};
  #pending: Buffer = Buffer.alloc(0);

  receive(chunk: Buffer, decode: (body: Uint8Array) => Record<string, unknown>): void {
    this.receivedBytes += chunk.length;
    this.#pending = Buffer.concat([this.#pending, chunk]);
    while (this.#pending.length >= 4 && this.#pending.length >= this.#pending.readUInt32BE(0)) {
      const length = this.#pending.readUInt32BE(0);
      const message = codec.decode(this.#pending.subarray(0, length));
      this.#pending = this.#pending.subarray(length);
      const type = message.headers[":event-type"] ?? message.headers[":exception-type"];
      this.messages.push({ type: String(type?.value), body: decode(message.body) });
    }
  }

  events(): Record<string, unknown>[] {
    return this.messages.filter((m) => m.type === "SubscribeToShardEvent").map((m) => m.body);
  }

  records(): Record<string, unknown>[] {
    return this.events().flatMap((event) => event["Records"] as Record<string, unknown>[]);
  }
}

const decoders = {
  [JSON_TYPE]: (body: Uint8Array) => JSON.parse(Buffer.from(body).toString()),
  [CBOR_TYPE]: (body: Uint8Array) => cbor.deserialize(body),
} as const;

function subscribe(
  url: string,
  input: object,
  version: Version,
  type: keyof typeof decoders = JSON_TYPE,
): Reader {
  const reader = new Reader();
  const body = type === JSON_TYPE ? JSON.stringify(input) : cbor.serialize(input);
  const headers = {
    "content-type": type,
    "x-amz-target": "Kinesis_20131202.SubscribeToShard",
    authorization: signedAs("AKIDEXAMPLE"),
  };
  const receive = (chunk: Buffer): void => reader.receive(chunk, decoders[type]);
  if (version === "h2c") {
    const session = connectHttp2(url);
    session.on("error", () => {});
    const stream = session.request({ ":method": "POST", ...headers });
    stream.on("response", (h) => {
      reader.status = Number(h[":status"]);
    });
    stream.on("data", receive).on("error", () => {});
    stream.on("end", () => {
      reader.ended = true;
      session.close();
    });
    stream.end(body);
    reader.pause = () => stream.pause();
    reader.resume = () => stream.resume();
    reader.close = () => session.destroy();
    return reader;
  }
  const onAnswer = (answer: IncomingMessage): void => {
    reader.status = answer.statusCode ?? 0;
    answer.on("data", receive).on("error", () => {});
    answer.on("end", () => {
      reader.ended = true;
    });
    reader.pause = () => answer.pause();
    reader.resume = () => answer.resume();
  };
  const request: ClientRequest = httpRequest(url, { method: "POST", headers, agent: false });
  request.on("response", onAnswer).on("error", () => {});
  request.end(body);
  reader.close = () => request.destroy();
  return reader;
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await settle();
}

describe.each(["http/1.1", "h2c"] as const)("SubscribeToShard over %s", (version) => {
  let server: LocalServer;
  let url: string;
  let clock: VirtualClock;
  let ConsumerARN: string;
  const shard = { ShardId: "shardId-000000000000" };
  const fromStart = { StartingPosition: { Type: "TRIM_HORIZON" } };
  const readers: Reader[] = [];

  beforeEach(async () => {
    clock = new VirtualClock();
    server = await startLocal({ streams: [{ name: "orders", shards: 1 }], clock });
    url = server.kinesisUrl;
    const { output } = await operation(url, "DescribeStreamSummary", { StreamName: "orders" });
    const { StreamARN } = output["StreamDescriptionSummary"] as { StreamARN: string };
    const input = { StreamARN, ConsumerName: "reader" };
    const registered = await operation(url, "RegisterStreamConsumer", input);
    ConsumerARN = (registered.output["Consumer"] as { ConsumerARN: string }).ConsumerARN;
  });
  afterEach(async () => {
    for (const reader of readers.splice(0)) reader.close();
    await server.close();
  });

  function open(type?: keyof typeof decoders): Reader {
    const reader = subscribe(url, { ConsumerARN, ...shard, ...fromStart }, version, type);
    readers.push(reader);
    return reader;
  }

  const put = (text: string): Promise<unknown> =>
    operation(url, "PutRecord", {
      ...{ StreamName: "orders", PartitionKey: "k", Data: Buffer.from(text).toString("base64") },
    });

  test("begins with the initial response, gives records as they come and ends after its time", async () => {
    await put("before");
    const reader = open();
    await until(() => reader.records().length === 1);
    expect(reader.status).toBe(200);
    expect(reader.messages[0]).toEqual({ type: "initial-response", body: {} });
    await put("after");
    await until(() => reader.records().length === 2);
    const data = reader.records().map(({ Data }) => Buffer.from(String(Data), "base64").toString());
    expect(data).toEqual(["before", "after"]);
    await clock.advance(5 * 60 * 1000 + 1);
    await until(() => reader.ended);
    expect(reader.events().every((event) => "ContinuationSequenceNumber" in event)).toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });

  test("gives bytes and instants to a reader of CBOR", async () => {
    await put("bytes");
    const reader = open(CBOR_TYPE);
    await until(() => reader.records().length === 1);
    const [record] = reader.records();
    expect(Buffer.from(record?.["Data"] as Uint8Array).toString()).toBe("bytes");
    expect(record?.["ApproximateArrivalTimestamp"]).toMatchObject({ tag: 1 });
  });

  test("ends a closed shard with its children and no continuation", async () => {
    await put("last");
    const reader = open();
    await until(() => reader.records().length === 1);
    await operation(url, "SplitShard", {
      ...{ StreamName: "orders", ShardToSplit: shard.ShardId, NewStartingHashKey: "100" },
    });
    await until(() => reader.ended);
    const last = reader.events().at(-1);
    expect(last).not.toHaveProperty("ContinuationSequenceNumber");
    expect(last?.["ChildShards"]).toMatchObject([
      { ShardId: "shardId-000000000001", ParentShards: [shard.ShardId] },
      { ShardId: "shardId-000000000002", ParentShards: [shard.ShardId] },
    ]);
  });

  test("a second subscription within 5 s is refused with the service's error", async () => {
    const first = open();
    await until(() => first.messages.length > 0);
    const second = open();
    await until(() => second.status === 400 || second.messages.length > 0);
    const said = [second.status, second.messages[0]?.type];
    expect(said.includes(400) || said.includes("ResourceInUseException")).toBe(true);
  });

  test("a reader that stops reading stops the server, and loses nothing", async () => {
    const Data = Buffer.alloc(700_000, 1).toString("base64");
    const record = { Data, PartitionKey: "k" };
    const total = 60;
    const reader = open();
    await until(() => reader.messages.length > 0);
    reader.pause();
    for (let i = 0; i < total / 6; i++) {
      const Records = Array.from({ length: 6 }, () => record);
      await operation(url, "PutRecords", { StreamName: "orders", Records });
    }
    for (let turn = 0; turn < 200; turn++) await settle();
    const heldBytes = total * 700_000 - reader.receivedBytes;
    expect(heldBytes).toBeGreaterThan(20 * 700_000);
    reader.resume();
    await until(() => reader.records().length === total);
    expect(reader.ended).toBe(false);
  });

  test("a reader that goes away leaves no timer behind", async () => {
    const reader = open();
    await until(() => reader.messages.length > 0 && clock.pendingTimers > 0);
    reader.close();
    await until(() => clock.pendingTimers === 0);
    expect(clock.pendingTimers).toBe(0);
  });
});
