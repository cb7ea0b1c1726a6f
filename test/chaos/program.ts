/** A `shardline` command in a process of its own, to be stopped, paused and killed. */

import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const BIN = fileURLToPath(new URL("../../../packages/cli/bin/shardline.js", import.meta.url));

export class Program {
  readonly #process: ChildProcess;
  /** Resolves when it has ended and all its output is read. */
  readonly exited: Promise<number | null>;
  #ended = false;
  #errors = "";

  constructor(
    argv: readonly string[],
    env: Readonly<Record<string, string>>,
    onLine: (line: string) => void,
  ) {
    const { PATH = "", HOME = "" } = process.env;
    this.#process = spawn(process.execPath, [BIN, ...argv], {
      env: { PATH, HOME, ...env },
      stdio: ["pipe", "pipe", "pipe", "ipc"],
    });
    const { stdin, stdout, stderr } = this.#process;
    stdin?.on("error", () => undefined);
    if (stdout !== null) createInterface({ input: stdout }).on("line", onLine);
    stderr?.on("data", (chunk: Buffer) => {
      this.#errors = (this.#errors + chunk.toString()).slice(-2000);
    });
    this.exited = new Promise((resolve) => {
      this.#process.once("close", (code) => {
        this.#ended = true;
        resolve(code);
      });
    });
  }

  get isRunning(): boolean {
    return !this.#ended;
  }

  /** The end of what it wrote to stderr. */
  get errors(): string {
    return this.#errors.trim();
  }

  signal(signal: NodeJS.Signals): void {
    if (!this.#ended) this.#process.kill(signal);
  }

  async kill(): Promise<void> {
    this.signal("SIGKILL");
    await this.exited;
  }

  /** False if the program has more to read already than it wants. */
  write(text: string): boolean {
    return this.#process.stdin?.write(text) ?? false;
  }

  endInput(): void {
    this.#process.stdin?.end();
  }
}
