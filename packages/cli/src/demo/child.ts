/** A child process whose lines are read, whose complaints are kept, and which never outlives the demo. */

import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const MAIN: string = fileURLToPath(new URL("../main.js", import.meta.url));
const KEPT_ERROR_CHARACTERS = 4000;

export interface ChildOptions {
  /** Words after `shardline`. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly input?: Buffer;
  readonly onLine: (line: string) => void;
}

export interface ChildExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A `shardline` command in a process of its own. */
export class Child {
  readonly #process: ChildProcess;
  /** Resolves when it has ended and all its output is read. */
  readonly exited: Promise<ChildExit>;
  #exit: ChildExit | undefined;
  #errors = "";

  constructor({ argv, env, input, onLine }: ChildOptions) {
    this.#process = spawn(process.execPath, [MAIN, ...argv], {
      env: { ...env },
      stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe", "ipc"],
    });
    const { stdin, stdout, stderr } = this.#process;
    // A child that ends early does not read its input to the end; its exit code tells.
    stdin?.on("error", () => undefined);
    stdin?.end(input);
    if (stdout !== null) createInterface({ input: stdout }).on("line", onLine);
    stderr?.on("data", (chunk: Buffer) => {
      this.#errors = (this.#errors + chunk.toString()).slice(-KEPT_ERROR_CHARACTERS);
    });
    this.exited = new Promise((resolve) => {
      const settle = (code: number | null, signal: NodeJS.Signals | null): void => {
        this.#exit ??= { code, signal };
        resolve(this.#exit);
      };
      this.#process.once("error", (error) => {
        this.#errors += error.message;
        settle(null, null);
      });
      this.#process.once("close", settle);
    });
  }

  /** Undefined while it runs. */
  get exit(): ChildExit | undefined {
    return this.#exit;
  }

  /** The end of what it wrote to stderr. */
  get errors(): string {
    return this.#errors.trim();
  }

  kill(signal: NodeJS.Signals): void {
    if (this.#exit === undefined) this.#process.kill(signal);
  }
}
