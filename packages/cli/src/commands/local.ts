/** `shardline local`: Kinesis and a lease database on this machine. */

import type { FaultRule } from "@shardline/local";
import { type Command, defineCommand } from "../args/command.ts";
import { FAULT_SECTION, parseFault } from "../args/faults.ts";
import { parseSize } from "../args/size.ts";
import { parseStreamToCreate } from "../args/streams.ts";
import { localRegion } from "../connection.ts";
import { EXIT_OK } from "../exit-code.ts";
import { stopSignal } from "../io.ts";

const port = { kind: "integer", value: "PORT", min: 0, max: 65_535 } as const;

export const localCommand: Command = defineCommand(
  {
    name: "local",
    summary: "Runs Kinesis and a DynamoDB for leases on this machine.",
    positionals: [],
    flags: {
      "kinesis-port": {
        ...port,
        default: 4567,
        doc: "Kinesis, HTTP/1.1 and HTTP/2; 0: a free one",
      },
      "dynamodb-port": { ...port, default: 4568, doc: "DynamoDB; 0: a free one" },
      "tls-port": { ...port, doc: "Kinesis over TLS too, with a certificate made at start" },
      stream: { kind: "many", value: "NAME:SHARDS", doc: "create this stream if it is missing" },
      region: {
        kind: "text",
        value: "REGION",
        doc: "of those streams (default AWS_REGION, AWS_DEFAULT_REGION or us-east-1)",
      },
      "data-dir": { kind: "text", value: "DIR", doc: "keep everything there (default: in memory)" },
      "max-memory": {
        kind: "text",
        value: "SIZE",
        default: "1GiB",
        doc: "of records; above it the oldest go",
      },
      "enforce-limits": { kind: "switch", doc: "throttle like the service does" },
      "state-delay-ms": {
        kind: "integer",
        value: "MS",
        min: 0,
        max: 3_600_000,
        default: 0,
        doc: "stay CREATING, UPDATING, DELETING for so long",
      },
      fault: { kind: "many", value: "RULE", doc: "make requests fail, see below" },
      admin: { kind: "switch", doc: "offer the admin endpoint to this machine" },
      json: { kind: "switch", doc: "nothing on stderr but errors" },
    },
    sections: [
      {
        title: "When ready it prints one line",
        lines: ['{"kinesis":"http://127.0.0.1:4567","dynamodb":"http://127.0.0.1:4568"}'],
      },
      {
        title: "Then, for any AWS SDK",
        lines: [
          "export AWS_ENDPOINT_URL_KINESIS=http://127.0.0.1:4567",
          "export AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:4568",
          "export AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1",
          "export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local",
        ],
      },
      FAULT_SECTION,
      { title: "Exit code", lines: ["0 after SIGINT or SIGTERM, 1 if it cannot start"] },
    ],
  },
  async ({ flags }, io) => {
    const faults = flags.fault.map(parseFault);
    const streams = flags.stream.map(parseStreamToCreate);
    const maxMemoryBytes = parseSize("--max-memory", flags["max-memory"]);
    const dataDir = flags["data-dir"];
    const stop = stopSignal(io);
    try {
      const { startLocal } = await import("@shardline/local");
      const server = await startLocal({
        kinesisPort: flags["kinesis-port"],
        dynamodbPort: flags["dynamodb-port"],
        tlsPort: flags["tls-port"],
        streams,
        region: flags.region ?? localRegion(io.env),
        ...(dataDir === undefined ? {} : { dataDir }),
        maxMemoryBytes,
        enforceLimits: flags["enforce-limits"],
        stateDelayMs: flags["state-delay-ms"],
        admin: flags.admin,
      });
      try {
        // The server checks each rule in full and says what is wrong with it.
        for (const fault of faults) server.faults.add(fault as FaultRule);
        await io.stdout.line(readyLine(server));
        if (!flags.json && io.stderr.isTty) await io.stderr.line("Ctrl-C stops it.");
        await aborted(stop.signal);
      } finally {
        await server.close();
      }
      return EXIT_OK;
    } finally {
      stop.dispose();
    }
  },
);

function readyLine(server: {
  readonly kinesisUrl: string;
  readonly kinesisTlsUrl?: string;
  readonly dynamodbUrl: string;
}): string {
  return JSON.stringify({
    kinesis: server.kinesisUrl,
    kinesisTls: server.kinesisTlsUrl,
    dynamodb: server.dynamodbUrl,
  });
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
