/** `shardline put`: each line is a record. */

import { createReadStream } from "node:fs";
import { addAbortSignal } from "node:stream";
import type { KinesisApi, StreamRef } from "@shardline/model";
import { type Command, defineCommand } from "../args/command.ts";
import { ENVIRONMENT_SECTION, kinesisFlags, resolveConnection } from "../connection.ts";
import { StoppedError } from "../errors.ts";
import { EXIT_OK } from "../exit-code.ts";
import { type Io, stopSignal, unlessStopped } from "../io.ts";
import { compileKeyPattern, type KeyOfLine, keyOfLine } from "../partition-key.ts";
import { requireStream } from "../preflight.ts";
import { newCounts, type PutCounts, putLines, stoppedEarly } from "../put/put-lines.ts";
import { acknowledgementJson, progressText, summaryJson, summaryText } from "../put/report.ts";
import { parseStreamRef } from "../stream-ref.ts";
import { repeat } from "../terminal.ts";

const PROGRESS_INTERVAL_MS = 250;

export const putCommand: Command = defineCommand(
  {
    name: "put",
    summary: "Puts each line of a file or of standard input into a stream as a record.",
    positionals: [{ name: "STREAM", doc: "name or ARN of the stream" }],
    flags: {
      file: { kind: "text", value: "FILE", doc: "read this instead of standard input" },
      "key-pattern": {
        kind: "text",
        value: "REGEXP",
        doc: "partition key: the first group, or the whole match, in each line",
      },
      rate: {
        kind: "integer",
        value: "N",
        min: 1,
        max: 10_000_000,
        doc: "records a second at most (default: as many as the stream takes)",
      },
      acks: { kind: "switch", doc: "print a line of JSON for each acknowledged record" },
      json: { kind: "switch", doc: "print the summary as a line of JSON" },
      ...kinesisFlags,
    },
    sections: [
      {
        title: "Lines and keys",
        lines: [
          "A record is the bytes of a line without its end; an empty line is an empty record.",
          "With --key-pattern the records of a key keep the order of their lines. A line that the",
          "pattern does not match gets a random key and is counted in the summary; one for which",
          "it matches nothing at all is an error. Without --key-pattern every key is random.",
        ],
      },
      {
        title: "It stops",
        lines: [
          "at the first line that cannot be put, after what was begun is settled. The summary",
          'says how far it came. --json: {"records","acknowledged","failed","bytes","unmatched","seconds"}',
        ],
      },
      ENVIRONMENT_SECTION,
      { title: "Exit code", lines: ["0 if every line is acknowledged, 1 if not"] },
    ],
  },
  async ({ flags, positionals: [name = ""] }, io) => {
    const stream = parseStreamRef(name);
    const pattern = flags["key-pattern"];
    const keyPattern = pattern === undefined ? undefined : compileKeyPattern(pattern);
    const connection = resolveConnection(flags, io.env);
    // Loaded here: the SDK is most of the start-up time, which --help and usage errors need not pay.
    const stop = stopSignal(io);
    const { createKinesis } = await import("@shardline/aws");
    const kinesis = createKinesis(connection.kinesis);
    try {
      const { endpoint } = connection.kinesis;
      const found = requireStream(kinesis, stream, endpoint, io.clock, stop.signal);
      const { maxRecordBytes } = await unlessStopped(stop.signal, found).catch(stoppedAtStart);
      const keyOf = keyOfLine(keyPattern, io.random);
      const order = keyPattern === undefined ? "none" : "ordered";
      return await putAll(
        { ...flags, name, stream, kinesis, keyOf, order, maxRecordBytes },
        io,
        stop.signal,
      );
    } finally {
      stop.dispose();
      await kinesis.close();
    }
  },
);

/** For `put` it is a failure: nobody may take the lines for acknowledged. */
function stoppedAtStart(error: unknown): never {
  if (error instanceof StoppedError) throw stoppedEarly(0);
  throw error;
}

interface PutJob {
  readonly name: string;
  readonly stream: StreamRef;
  readonly kinesis: KinesisApi;
  readonly keyOf: KeyOfLine;
  readonly order: "none" | "ordered";
  readonly maxRecordBytes: number;
  readonly file: string | undefined;
  readonly rate: number | undefined;
  readonly acks: boolean;
  readonly json: boolean;
}

async function putAll(job: PutJob, io: Io, signal: AbortSignal): Promise<number> {
  const { clock } = io;
  const { kinesis, order, maxRecordBytes, name } = job;
  const { Producer } = await import("@shardline/producer");
  const input = job.file === undefined ? io.stdin : createReadStream(job.file);
  const producer = new Producer({ ...job.stream, kinesis, order, maxRecordBytes });
  const counts = newCounts();
  const startedMs = clock.nowMs();
  const seconds = (): number => (clock.nowMs() - startedMs) / 1000;
  const progress = showProgress(io, counts, seconds);
  try {
    await putLines(producer, {
      source: addAbortSignal(signal, input),
      keyOf: job.keyOf,
      clock,
      recordsPerSecond: job.rate,
      signal,
      counts,
      ...(job.acks && {
        onAcknowledged: (line, result) => void io.stdout.line(acknowledgementJson(line, result)),
      }),
    });
  } finally {
    progress.stop();
    await producer.close();
    if (job.json) await io.stdout.line(summaryJson(counts, seconds()));
  }
  // Acknowledgements are for machines: the summary for people keeps out of their way.
  const output = job.acks ? io.stderr : io.stdout;
  if (!job.json) await output.line(summaryText(name, counts, seconds()));
  return EXIT_OK;
}

function showProgress(io: Io, counts: PutCounts, seconds: () => number): { stop(): void } {
  if (!io.stderr.isTty) return { stop() {} };
  const timer = repeat(io.clock, PROGRESS_INTERVAL_MS, () => {
    void io.stderr.write(`\r\u001b[K${progressText(counts, seconds())}`);
  });
  return {
    stop(): void {
      timer.stop();
      void io.stderr.write("\r\u001b[K");
    },
  };
}
