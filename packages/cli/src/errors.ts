/** Errors that end a command: each becomes one line that says what to do. */

/** Something the user can put right; the message says how. */
export class CliError extends Error {
  override readonly name: string = "CliError";
}

/** The command line itself is wrong; the line ends with where to read on. */
export class UsageError extends CliError {
  override readonly name: string = "UsageError";
}

/** A signal came, or the reader went, before the command had begun its work: no failure. */
export class StoppedError extends Error {
  override readonly name: string = "StoppedError";
}
