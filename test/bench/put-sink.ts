/** A child process that acknowledges PutRecords without looking at it: one port for HTTP/1.1, one for HTTP/2. */

import { createServer as createHttp1 } from "node:http";
import { createServer as createHttp2 } from "node:http2";
import type { AddressInfo } from "node:net";
import type { Readable, Writable } from "node:stream";

const MARK = Buffer.from('"PartitionKey"');
const answers = new Map<number, Buffer>();

function answerFor(body: Buffer): Buffer {
  let records = 0;
  for (let at = body.indexOf(MARK); at >= 0; at = body.indexOf(MARK, at + MARK.length)) records++;
  let answer = answers.get(records);
  if (answer === undefined) {
    const results = Array.from({ length: records }, (_, i) => ({
      SequenceNumber: `4968041761184928571294819194074110659140167646436${1_000_000 + i}`,
      ShardId: `shardId-${String(i % 16).padStart(12, "0")}`,
    }));
    answer = Buffer.from(JSON.stringify({ FailedRecordCount: 0, Records: results }));
    answers.set(records, answer);
  }
  return answer;
}

async function acknowledge(
  request: Readable,
  response: Writable & { setHeader(name: string, value: string | number): unknown },
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const answer = answerFor(Buffer.concat(chunks));
  response.setHeader("content-type", "application/x-amz-json-1.1");
  response.setHeader("content-length", answer.length);
  response.end(answer);
}

const http1 = createHttp1((request, response) => void acknowledge(request, response));
const http2 = createHttp2({ settings: { initialWindowSize: 1 << 20 } }, (request, response) => {
  void acknowledge(request, response);
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
