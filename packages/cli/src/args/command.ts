/** A command: its table, its help, and what it does. */

import type { Io } from "../io.ts";
import type { FlagTable, PositionalSpec } from "./flags.ts";
import { type HelpSections, helpText } from "./help.ts";
import { type ParsedArgs, parseCommandLine } from "./parse.ts";

export interface Command {
  readonly name: string;
  readonly summary: string;
  help(): string;
  /** Resolves to the exit code; rejects with an error that `explain` turns into one line. */
  run(argv: readonly string[], io: Io): Promise<number>;
}

export interface CommandSpec<T extends FlagTable> extends HelpSections {
  readonly flags: T;
  readonly positionals: readonly PositionalSpec[];
}

export function defineCommand<const T extends FlagTable>(
  spec: CommandSpec<T>,
  act: (args: ParsedArgs<T>, io: Io) => Promise<number>,
): Command {
  return {
    name: spec.name,
    summary: spec.summary,
    help: () => helpText(spec),
    run: (argv, io) => act(parseCommandLine(spec.flags, spec.positionals, argv, io.env), io),
  };
}
