/**
 * A child process that acknowledges PutRecords without looking at it, and answers GetRecords of the
 * iterator `COUNTxBYTES` with so many records; one port for HTTP/1.1, one for HTTP/2.
 */

import { randomBytes } from "node:crypto";
import { createServer as createHttp1, type IncomingHttpHeaders } from "node:http";
import { createServer as createHttp2 } from "node:http2";
import type { AddressInfo } from "node:net";
import type { Readable, Writable } from "node:stream";

const SEQUENCE_NUMBER = "4968041761184928571294819194074110659140167646436";
const MARK = Buffer.from('"PartitionKey"');
const ITERATOR = /"ShardIterator":"(\d+)x(\d+)"/;
const answers = new Map<string, Buffer>();

function answerFor(operation: string, body: Buffer): Buffer {
  if (!operation.endsWith("GetRecords")) {
    let records = 0;
    for (let at = body.indexOf(MARK); at >= 0; at = body.indexOf(MARK, at + MARK.length)) records++;
    return made(`put ${records}`, () => ({
      FailedRecordCount: 0,
      Records: Array.from({ length: records }, (_, i) => ({
        SequenceNumber: `${SEQUENCE_NUMBER}${1_000_000 + i}`,
        ShardId: `shardId-${String(i % 16).padStart(12, "0")}`,
      })),
    }));
  }
  const [iterator, count, bytes] = ITERATOR.exec(body.toString("latin1")) ?? [];
  return made(String(iterator), () => ({
    Records: Array.from({ length: Number(count) }, (_, i) => ({
      SequenceNumber: `${SEQUENCE_NUMBER}${1_000_000 + i}`,
      ApproximateArrivalTimestamp: 1_767_225_600.123 + i / 1000,
      Data: randomBytes(Number(bytes)).toString("base64"),
      PartitionKey: `key-${i}`,
    })),
    NextShardIterator: "A".repeat(220),
    MillisBehindLatest: 0,
  }));
}

function made(name: string, make: () => object): Buffer {
  const known = answers.get(name);
  if (known !== undefined) return known;
  const answer = Buffer.from(JSON.stringify(make()));
  answers.set(name, answer);
  return answer;
}

async function respond(
  request: Readable & { readonly headers: IncomingHttpHeaders },
  response: Writable & { setHeader(name: string, value: string | number): unknown },
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const answer = answerFor(String(request.headers["x-amz-target"]), Buffer.concat(chunks));
  response.setHeader("content-type", "application/x-amz-json-1.1");
  response.setHeader("content-length", answer.length);
  response.end(answer);
}

const http1 = createHttp1((request, response) => void respond(request, response));
const http2 = createHttp2({ settings: { initialWindowSize: 1 << 20 } }, (request, response) => {
  void respond(request, response);
});
// What a load balancer would keep; 5 s, the default, would close sockets between cases.
http1.keepAliveTimeout = 60_000;
http1.listen(0, "127.0.0.1", () => {
  http2.listen(0, "127.0.0.1", () => {
    const ports = {
      http1: (http1.address() as AddressInfo).port,
      http2: (http2.address() as AddressInfo).port,
    };
    console.log(JSON.stringify(ports));
  });
});
process.on("SIGTERM", () => process.exit(0));
