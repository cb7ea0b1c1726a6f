/** The `shardline` command: finds the command, runs it, turns errors into one line and an exit code. */

import type { Command } from "./args/command.ts";
import { columns } from "./args/help.ts";
import { closest } from "@shardline/model";
import { StoppedError, UsageError } from "./errors.ts";
import { EXIT_FAILED, EXIT_OK } from "./exit-code.ts";
import { explain } from "./explain.ts";
import type { Io } from "./io.ts";

/** Resolves to the exit code; never rejects. */
export async function run(
  commands: readonly Command[],
  version: string,
  argv: readonly string[],
  io: Io,
): Promise<number> {
  const [word, ...rest] = argv;
  const command = commands.find(({ name }) => name === word);
  try {
    if (command !== undefined) {
      if (asksForHelp(rest)) return await print(io, command.help());
      return await command.run(rest, io);
    }
    if (word === "--version") return await print(io, `${version}\n`);
    if (word === undefined || word === "--help" || word === "-h" || word === "help") {
      const topic = commands.find(({ name }) => name === rest[0]);
      return await print(io, topic?.help() ?? overview(commands));
    }
    throw unknownCommand(word, commands);
  } catch (error) {
    if (error instanceof StoppedError) return EXIT_OK;
    const words = command === undefined ? "shardline" : `shardline ${command.name}`;
    await io.stderr.line(explain(error, words));
    return EXIT_FAILED;
  } finally {
    await Promise.all([io.stdout.flush(), io.stderr.flush()]);
  }
}

function asksForHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf("--");
  const words = end < 0 ? argv : argv.slice(0, end);
  return words.includes("--help") || words.includes("-h");
}

async function print(io: Io, text: string): Promise<number> {
  await io.stdout.write(text);
  return EXIT_OK;
}

function unknownCommand(word: string, commands: readonly Command[]): UsageError {
  const names = commands.map(({ name }) => name);
  const kind = word.startsWith("-") ? "option" : "command";
  const near = closest(word.replace(/^-+/, ""), names);
  const hint = near === undefined ? `: one of ${names.join(", ")}` : ` (did you mean ${near}?)`;
  return new UsageError(`unknown ${kind} ${word}${hint}`);
}

function overview(commands: readonly Command[]): string {
  const rows = commands.map(({ name, summary }): [string, string] => [name, summary]);
  return `${[
    "Usage: shardline COMMAND [options]",
    "",
    "Kinesis in one process: a producer, a consumer, and a local service to try them on.",
    "",
    "Commands:",
    ...columns(rows),
    "",
    "shardline COMMAND --help explains a command. --version prints the version.",
    "Region, credentials and endpoints are found as the AWS SDK finds them.",
  ].join("\n")}\n`;
}
