/** `shardline work`: a worker that runs a handler module. */

import { hostname } from "node:os";
import type { WorkerOptions } from "@shardline/consumer";
import type { Random, StreamRef } from "@shardline/model";
import { type Command, defineCommand } from "../args/command.ts";
import { parseFrom } from "../args/time.ts";
import {
  checkSamePlace,
  type Connection,
  dynamodbFlags,
  ENVIRONMENT_SECTION,
  kinesisFlags,
  resolveConnection,
} from "../connection.ts";
import { EXIT_FORCED, EXIT_OK } from "../exit-code.ts";
import { type Io, type Stop, stopSignal, unlessStopped } from "../io.ts";
import { requireStream, requireTableService } from "../preflight.ts";
import { parseStreamRef } from "../stream-ref.ts";
import { workerEventSink } from "../work/event-log.ts";
import { loadHandlers } from "../work/handler.ts";

const HOUR_MS = 3_600_000;

export const workCommand: Command = defineCommand(
  {
    name: "work",
    summary:
      "Processes a stream's records with a handler module, sharing the shards with other workers.",
    positionals: [],
    flags: {
      stream: { kind: "text", value: "STREAM", required: true, doc: "name or ARN of the stream" },
      application: {
        kind: "text",
        value: "NAME",
        required: true,
        doc: "workers of one name share the shards; names the lease table too",
      },
      handler: {
        kind: "text",
        value: "FILE",
        required: true,
        doc: "a module whose default export is processRecords",
      },
      "worker-id": { kind: "text", value: "ID", doc: "in the lease table (default: made up)" },
      table: { kind: "text", value: "NAME", doc: "lease table, if not named like the application" },
      from: {
        kind: "text",
        value: "WHERE",
        default: "trim-horizon",
        doc: "where a new application begins: trim-horizon, latest, a time or an age",
      },
      "failover-ms": {
        kind: "integer",
        value: "MS",
        min: 1000,
        max: HOUR_MS,
        default: 10_000,
        doc: "after a crash the shards move after this; the same for all workers",
      },
      "checkpoint-ms": {
        kind: "integer",
        value: "MS",
        min: 0,
        max: 24 * HOUR_MS,
        default: 5000,
        doc: "between checkpoints while records flow",
      },
      "max-batch": {
        kind: "integer",
        value: "N",
        min: 1,
        max: 1_000_000,
        default: 1000,
        doc: "records given to the handler at once",
      },
      "error-policy": {
        kind: "text",
        value: "POLICY",
        default: "retry",
        doc: "when the handler throws: retry, halt, or skip (with an onDeadLetter export)",
      },
      "stop-timeout-ms": {
        kind: "integer",
        value: "MS",
        min: 0,
        max: 24 * HOUR_MS,
        default: 30_000,
        doc: "how long SIGTERM waits for the handler",
      },
      json: { kind: "switch", doc: "log one event a line as JSON on stdout" },
      ...kinesisFlags,
      ...dynamodbFlags,
    },
    sections: [
      {
        title: "The handler",
        lines: [
          "export default async function ({ records, shardId, checkpoint, signal }) {",
          "  for (const { partitionKey, data } of records) { … }",
          "}",
          "Returning means done; throwing means --error-policy. The module may also export",
          "onShardStart, onShardEnd, onLeaseLost, onStop and onDeadLetter.",
        ],
      },
      {
        title: "Stopping",
        lines: [
          "SIGTERM or SIGINT: finish the batch, checkpoint, give the shards back, exit.",
          "A second one: exit at once; other workers repeat what was not checkpointed.",
        ],
      },
      ENVIRONMENT_SECTION,
      {
        title: "Exit code",
        lines: [
          "0 after a graceful stop, 1 if it could not start or had to give up (one line on",
          "stderr says why), 2 after a second signal",
        ],
      },
    ],
  },
  async ({ flags }, io) => {
    const stream = parseStreamRef(flags.stream);
    const initialPosition = parseFrom(flags.from, io.clock.wallMs());
    const connection = resolveConnection(flags, io.env);
    checkSamePlace(connection);
    const stop = stopSignal(io);
    try {
      const handlers = await unlessStopped(stop.signal, loadHandlers(flags.handler));
      const workerId = flags["worker-id"] ?? newWorkerId(io.random);
      const options: Omit<WorkerOptions, "kinesis" | "leases"> = {
        ...handlers,
        ...stream,
        applicationName: flags.application,
        tableName: flags.table ?? flags.application,
        workerId,
        initialPosition:
          initialPosition.kind === "at-timestamp"
            ? { timestampMs: initialPosition.timestampMs }
            : initialPosition.kind,
        failoverTimeMs: flags["failover-ms"],
        checkpointIntervalMs: flags["checkpoint-ms"],
        maxRecordsPerBatch: flags["max-batch"],
        // Checked, like every option, by the worker itself.
        errorPolicy: flags["error-policy"] as NonNullable<WorkerOptions["errorPolicy"]>,
        stopTimeoutMs: flags["stop-timeout-ms"],
      };
      const { watchWorker } = await import("../work/events.ts");
      const unwatch = watchWorker(workerId, workerEventSink(io, flags.json));
      try {
        return await runWorker(options, stream, connection, io, stop);
      } finally {
        unwatch();
      }
    } finally {
      stop.dispose();
    }
  },
);

async function runWorker(
  options: Omit<WorkerOptions, "kinesis" | "leases">,
  stream: StreamRef,
  connection: Connection,
  { clock }: Io,
  { signal, again }: Stop,
): Promise<number> {
  const { createKinesis, createLeaseTable } = await import("@shardline/aws");
  const { Worker } = await import("@shardline/consumer");
  const tableName = options.tableName ?? options.applicationName;
  const kinesis = createKinesis(connection.kinesis);
  const leases = createLeaseTable({ ...connection.dynamodb, tableName });
  try {
    const worker = new Worker({ ...options, kinesis, leases });
    const { endpoint } = connection.kinesis;
    const { endpoint: tableEndpoint } = connection.dynamodb;
    await unlessStopped(signal, requireStream(kinesis, stream, endpoint, clock, signal));
    await unlessStopped(signal, requireTableService(leases, tableName, tableEndpoint, signal));
    const forced = again.then(() => EXIT_FORCED);
    return await Promise.race([forced, worker.run({ signal }).then(() => EXIT_OK)]);
  } finally {
    await Promise.all([kinesis.close(), leases.close()]);
  }
}

/** Tells machines and processes apart for people who read the table. */
function newWorkerId(random: Random): string {
  const suffix = Math.floor(random.next() * 2 ** 32).toString(36);
  return `${hostname()}-${process.pid}-${suffix}`;
}
