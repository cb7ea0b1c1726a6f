/** Runs the built command in a process of its own, as a user does. */

import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const BIN = fileURLToPath(new URL("../../bin/shardline.js", import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCli {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves with the first line of stdout that `wanted` accepts; rejects if the process ends before. */
  line(wanted?: (line: string) => boolean): Promise<string>;
}

/** Only what is given: nothing of the machine's own AWS settings. */
export function startCli(
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
): RunningCli {
  const { PATH = "", HOME = "" } = process.env;
  const child = spawn(process.execPath, [BIN, ...argv], { env: { PATH, HOME, ...env } });
  let stdout = "";
  let stderr = "";
  const waiting = new Set<() => void>();
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
    for (const look of waiting) look();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  child.stdin.on("error", () => undefined);
  const ended = new Promise<Ended>((resolve) => {
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return {
    child,
    ended,
    line(wanted = () => true): Promise<string> {
      return new Promise((resolve, reject) => {
        const look = (): void => {
          const found = stdout.split("\n").slice(0, -1).find(wanted);
          if (found === undefined) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
        void ended.then(() => reject(new Error(`ended without the line: ${stdout}${stderr}`)));
      });
    },
  };
}

export async function cli(
  argv: readonly string[],
  options: {
    readonly env?: Readonly<Record<string, string>>;
    readonly input?: string | Buffer;
  } = {},
): Promise<Ended> {
  const running = startCli(argv, options.env);
  running.child.stdin?.end(options.input ?? "");
  return running.ended;
}
