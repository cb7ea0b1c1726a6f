/** The demo as a command: its flags, its view, its exit code. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Command, defineCommand } from "../args/command.ts";
import { dynamodbFlags, ENVIRONMENT_SECTION, kinesisFlags } from "../connection.ts";
import { CliError } from "../errors.ts";
import { EXIT_FAILED, EXIT_OK } from "../exit-code.ts";
import { type Io, stopSignal } from "../io.ts";
import { DEFAULT_KEY_PATTERN, type DemoInput, loadInput } from "./input.ts";
import { type Outcome, Play } from "./play.ts";
import { openStage, type StageOptions } from "./stage.ts";
import { type Progress, progressLine, progressLines, reportJson, reportLines } from "./view.ts";

const SHARDS = 4;
const WORKERS = 3;

export const demoCommand: Command = defineCommand(
  {
    name: "demo",
    invocation: ["npm run demo --"],
    summary:
      "Puts records, processes them with three workers, splits a shard and kills a worker on the way, and counts.",
    positionals: [],
    flags: {
      file: {
        kind: "text",
        value: "FILE",
        doc: "a record a line (default: generated web traffic)",
      },
      "key-pattern": {
        kind: "text",
        value: "REGEXP",
        default: DEFAULT_KEY_PATTERN,
        doc: "partition key of a line, as for shardline put",
      },
      json: { kind: "switch", doc: "end with one line of JSON instead of a table" },
      aws: { kind: "switch", doc: "use AWS itself: makes and removes a stream and a table there" },
      ...kinesisFlags,
      ...dynamodbFlags,
    },
    sections: [
      {
        title: "It runs",
        lines: [
          `on a local Kinesis of its own with ${SHARDS} shards, unless an endpoint is given by option or variable;`,
          `one producer and ${WORKERS} workers, each a process of its own. It fails unless every record is`,
          "acknowledged, none is lost, the order of each key is kept, and no more is processed twice than",
          "the dead worker had not checkpointed.",
        ],
      },
      {
        title: "--json",
        lines: [
          '{"ok","records","acknowledged","processed","duplicates","lost","outOfOrder","takeoverMs","seconds"}',
        ],
      },
      ENVIRONMENT_SECTION,
      { title: "Exit code", lines: ["0 if all of it is so, 1 if any of it is not"] },
    ],
  },
  async ({ flags }, io) => {
    const startedMs = io.clock.nowMs();
    const { clock, random, env } = io;
    const keyPattern = flags["key-pattern"];
    const input = await loadInput(flags.file, keyPattern, random);
    const stop = stopSignal(io);
    const { signal } = stop;
    try {
      const options = { ...flags, shardCount: SHARDS, env, clock, random, signal };
      const { outcome, problems, endpoint } = await perform(input, keyPattern, options, io);
      const { verdict } = outcome;
      const seconds = (clock.nowMs() - startedMs) / 1000;
      const ok = verdict.ok && problems.length === 0;
      const report = { ...outcome, problems, input: input.description, endpoint, seconds };
      if (flags.json) {
        for (const problem of problems) await io.stderr.line(problem);
        await io.stdout.line(reportJson(verdict, ok, seconds));
      } else {
        await io.stdout.line(reportLines(report).join("\n"));
      }
      return ok ? EXIT_OK : EXIT_FAILED;
    } catch (error) {
      if (signal.aborted) throw new CliError("stopped");
      throw error;
    } finally {
      stop.dispose();
    }
  },
);

/** Sets the stage, plays, and clears everything away, however it ends. */
async function perform(
  input: DemoInput,
  keyPattern: string,
  options: StageOptions,
  io: Io,
): Promise<{
  readonly outcome: Outcome;
  readonly problems: readonly string[];
  readonly endpoint: string;
}> {
  const { clock, signal, shardCount } = options;
  const folder = await mkdtemp(join(tmpdir(), "shardline-demo-"));
  try {
    const stage = await openStage(options);
    const onProgress = openView(io);
    try {
      const play = new Play({
        ...{ input, keyPattern, stage, folder, workerCount: WORKERS, shardCount },
        ...{ clock, signal, onProgress },
      });
      const outcome = await play.run();
      const left = await stage.close();
      return { outcome, problems: [...outcome.problems, ...left], endpoint: stage.description };
    } finally {
      await stage.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** On a terminal redrawn in place; otherwise a line a second. */
function openView({ stderr }: Io): (progress: Progress) => void {
  let drawn = 0;
  let lastSecond = -1;
  return (progress) => {
    if (stderr.isTty) {
      const lines = progressLines(progress);
      const up = drawn === 0 ? "" : `\u001b[${drawn}A`;
      void stderr.write(`${up}${lines.map((line) => `\u001b[K${line}\n`).join("")}\u001b[J`);
      drawn = lines.length;
      return;
    }
    const second = Math.floor(progress.seconds);
    if (second === lastSecond) return;
    lastSecond = second;
    void stderr.line(progressLine(progress));
  };
}
