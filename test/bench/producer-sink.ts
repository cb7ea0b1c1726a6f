/**
 * A child process that acknowledges what a producer sends, and tells it of shards: stream `shards-16`
 * has 16 of equal ranges. Records land where their explicit hash key says, so that nothing is resent.
 */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const MARK = Buffer.from('"ExplicitHashKey":"');
const ENTRY = Buffer.from('"PartitionKey"');
const KEY_SPACE = 2n ** 128n;

function shardIdOf(index: number): string {
  return `shardId-${String(index).padStart(12, "0")}`;
}

function shardsOf(streamName: string): Record<string, unknown> {
  const count = Number(streamName.split("-")[1]);
  const size = KEY_SPACE / BigInt(count);
  const Shards = Array.from({ length: count }, (_, i) => ({
    ShardId: shardIdOf(i),
    HashKeyRange: {
      StartingHashKey: String(size * BigInt(i)),
      EndingHashKey: String(i === count - 1 ? KEY_SPACE - 1n : size * BigInt(i + 1) - 1n),
    },
    SequenceNumberRange: { StartingSequenceNumber: "1" },
  }));
  return { Shards };
}

function summaryOf(StreamName: string): Record<string, unknown> {
  return {
    StreamDescriptionSummary: {
      StreamName,
      StreamARN: `arn:aws:kinesis:us-east-1:123456789012:stream/${StreamName}`,
      StreamStatus: "ACTIVE",
      RetentionPeriodHours: 24,
      StreamCreationTimestamp: 1_700_000_000,
      EnhancedMonitoring: [],
      OpenShardCount: Number(StreamName.split("-")[1]),
    },
  };
}

function occurrences(body: Buffer, mark: Buffer): number[] {
  const found: number[] = [];
  for (let at = body.indexOf(mark); at >= 0; at = body.indexOf(mark, at + mark.length)) {
    found.push(at + mark.length);
  }
  return found;
}

function acknowledge(body: Buffer): Record<string, unknown> {
  const streamAt = body.indexOf('"StreamName":"') + 14;
  const streamName = body.subarray(streamAt, body.indexOf('"', streamAt)).toString();
  const count = Number(streamName.split("-")[1]);
  const records = occurrences(body, ENTRY).length;
  const hashKeys = occurrences(body, MARK).map((at) =>
    Number(
      (BigInt(body.subarray(at, body.indexOf('"', at)).toString()) * BigInt(count)) / KEY_SPACE,
    ),
  );
  const Records = Array.from({ length: records }, (_, i) => ({
    SequenceNumber: `4968041761184928571294819194074110659140167646436${1_000_000 + i}`,
    ShardId: shardIdOf(hashKeys[i] ?? 0),
  }));
  return { FailedRecordCount: 0, Records };
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const body = Buffer.concat(chunks);
    const operation = String(request.headers["x-amz-target"]).split(".")[1];
    const answer =
      operation === "PutRecords"
        ? acknowledge(body)
        : (operation === "ListShards" ? shardsOf : summaryOf)(
            (JSON.parse(body.toString()) as { StreamName: string }).StreamName,
          );
    response.setHeader("content-type", "application/x-amz-json-1.1");
    response.end(JSON.stringify(answer));
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => {
  console.log(JSON.stringify({ port: (server.address() as AddressInfo).port }));
});
process.on("SIGTERM", () => process.exit(0));
