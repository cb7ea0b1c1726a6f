/** `shardline tail`: what is in a stream, without leases. */

import { type Command, defineCommand } from "../args/command.ts";
import { parseFrom } from "../args/time.ts";
import { ENVIRONMENT_SECTION, kinesisFlags, resolveConnection } from "../connection.ts";
import { EXIT_OK } from "../exit-code.ts";
import { callFailed } from "../explain.ts";
import { stopSignal, unlessStopped } from "../io.ts";
import { requireStream } from "../preflight.ts";
import { parseStreamRef } from "../stream-ref.ts";
import { formatRecords } from "../tail/format.ts";
import { tailStream } from "../tail/tail-stream.ts";

export const tailCommand: Command = defineCommand(
  {
    name: "tail",
    summary: "Prints the records of a stream, each as a line of JSON with its data in base64.",
    positionals: [{ name: "STREAM", doc: "name or ARN of the stream" }],
    flags: {
      from: {
        kind: "text",
        value: "WHERE",
        default: "trim-horizon",
        doc: "trim-horizon, latest, a time (2026-05-17T10:05:00Z) or an age (15m)",
      },
      follow: {
        kind: "switch",
        default: true,
        negatable: true,
        doc: "go on with new records, or end when all is read",
      },
      json: { kind: "switch", doc: "for symmetry: the output is JSON in any case" },
      ...kinesisFlags,
    },
    sections: [
      {
        title: "It reads",
        lines: [
          "all shards at once, a child after its parents, through splits and merges;",
          "aggregated records come out as the user records in them. Readers share each shard's",
          "five reads a second with the consumers of the stream.",
        ],
      },
      ENVIRONMENT_SECTION,
      {
        title: "Exit code",
        lines: [
          "0 when all is read, after SIGINT or SIGTERM, or when its reader has gone; 1 otherwise",
        ],
      },
    ],
  },
  async ({ flags, positionals: [name = ""] }, io) => {
    const stream = parseStreamRef(name);
    const from = parseFrom(flags.from, io.clock.wallMs());
    const connection = resolveConnection(flags, io.env);
    const { endpoint } = connection.kinesis;
    const { clock, random } = io;
    const stop = stopSignal(io);
    const { createKinesis } = await import("@shardline/aws");
    const kinesis = createKinesis(connection.kinesis);
    try {
      const found = requireStream(kinesis, stream, endpoint, clock, stop.signal);
      await unlessStopped(stop.signal, found);
      const outcome = await tailStream(
        { kinesis, clock, random },
        {
          stream,
          from,
          follow: flags.follow,
          signal: stop.signal,
          deliver: (shardId, records) => io.stdout.write(formatRecords(shardId, records)),
        },
      );
      if (outcome.kind === "ok") return EXIT_OK;
      throw callFailed(outcome, { kind: "stream", name, endpoint });
    } finally {
      stop.dispose();
      await kinesis.close();
    }
  },
);
