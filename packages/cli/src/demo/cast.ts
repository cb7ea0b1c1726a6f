/** The processes that play in the demo: one producer and three workers, each a `shardline` command. */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Child } from "./child.ts";
import { JournalFile } from "./journal-file.ts";
import type { Ledger } from "./ledger.ts";
import type { Stage } from "./stage.ts";

const HANDLER: string = fileURLToPath(new URL("handler.js", import.meta.url));
/** Short, so that a take-over fits into a demo; 10 s is the default of the KCL and of ours. */
const FAILOVER_MS = 3000;
const CHECKPOINT_MS = 1000;

export interface DemoWorker {
  readonly name: string;
  readonly child: Child;
  readonly journal: JournalFile;
  /** That it processes now, as far as it said. */
  readonly shards: Set<string>;
  /** What of a shard fails, until its records flow. */
  readonly failing: Map<string, string>;
}

export function startWorker(name: string, stage: Stage, folder: string): DemoWorker {
  const path = join(folder, `${name}.journal`);
  const shards = new Set<string>();
  const failing = new Map<string, string>();
  const child = new Child({
    argv: [
      ...["work", "--stream", stage.streamName, "--application", stage.applicationName],
      ...["--worker-id", name, "--handler", HANDLER, "--json"],
      ...["--failover-ms", String(FAILOVER_MS), "--checkpoint-ms", String(CHECKPOINT_MS)],
    ],
    env: { ...stage.env, SHARDLINE_DEMO_JOURNAL: path },
    onLine: (line) => noteEvent(line, shards, failing),
  });
  return { name, child, journal: new JournalFile(path), shards, failing };
}

interface EventLine {
  readonly event?: string;
  readonly shardId?: string;
  readonly call?: string;
  readonly code?: string;
}

function noteEvent(line: string, shards: Set<string>, failing: Map<string, string>): void {
  const { event, shardId, call, code } = JSON.parse(line) as EventLine;
  if (shardId === undefined) return;
  if (event === "call-failed") failing.set(shardId, `${call} fails with ${code}`);
  else failing.delete(shardId);
  if (event === "shard-started") shards.add(shardId);
  if (event === "lease-lost" || event === "lease-released" || event === "shard-ended") {
    shards.delete(shardId);
  }
}

export interface ProducerInput {
  readonly text: Buffer;
  readonly keyPattern: string;
  readonly recordsPerSecond: number;
}

/** Acknowledgements go into the ledger as they come. */
export function startProducer(input: ProducerInput, stage: Stage, ledger: Ledger): Child {
  return new Child({
    argv: [
      ...["put", stage.streamName, "--key-pattern", input.keyPattern],
      ...["--rate", String(input.recordsPerSecond), "--acks", "--json"],
    ],
    env: stage.env,
    input: input.text,
    onLine: (text) => {
      const { line, ...ack } = JSON.parse(text) as {
        readonly line?: number;
        readonly shardId: string;
        readonly sequenceNumber: string;
        readonly subSequenceNumber: number;
        readonly attempts: number;
      };
      // The last line is the summary.
      if (line !== undefined) ledger.acknowledge({ index: line - 1, ...ack });
    },
  });
}
