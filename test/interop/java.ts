/** The Java side: where it is, compiling the probes, running them and reading what they tell. */

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export type Library = "kcl" | "kpl";

const FOLDER: string =
  process.env["SHARDLINE_INTEROP_DIR"] ?? join(homedir(), ".cache", "shardline-interop");
const SOURCES: string = fileURLToPath(new URL("./java/", import.meta.url));
const CLASS_OF = { kcl: "KclProbe", kpl: "KplProbe" } as const;

/** Why the tests with this library cannot run here; undefined if they can. */
export function missing(library: Library): string | undefined {
  for (const tool of ["java", "javac"]) {
    try {
      execFileSync(tool, ["-version"], { stdio: "ignore" });
    } catch {
      return `${tool} is not installed`;
    }
  }
  const jars = join(FOLDER, `lib-${library}`);
  return existsSync(jars) ? undefined : `no ${jars}: run test/interop/get.sh`;
}

/** Compiles the probe of the library and gives the class path to run it with. */
export function compile(library: Library): string {
  const classes = join(FOLDER, "probes");
  const jars = join(FOLDER, `lib-${library}`, "*");
  mkdirSync(classes, { recursive: true });
  const source = join(SOURCES, `${CLASS_OF[library]}.java`);
  execFileSync("javac", ["-d", classes, "-cp", jars, source], { stdio: "inherit" });
  return `${jars}:${classes}`;
}

export interface Probe {
  readonly process: ChildProcess;
  /** Resolves when the process has ended, with its exit code. */
  readonly ended: Promise<number | null>;
  /** The last lines of its log, for the message of a failure. */
  log(): string;
}

const LOG_LINES = 40;

/** Starts a probe; `told` gets each of its lines. */
export function run(
  library: Library,
  classPath: string,
  given: Record<string, string | number>,
  told: (line: Record<string, unknown>) => void,
): Probe {
  const pairs = Object.entries(given).map(([name, value]) => `${name}=${value}`);
  const child = spawn("java", ["-Xmx256m", "-cp", classPath, CLASS_OF[library], ...pairs], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const log: string[] = [];
  createInterface(child.stdout).on("line", (line) => {
    if (line.startsWith("{")) told(JSON.parse(line) as Record<string, unknown>);
  });
  createInterface(child.stderr).on("line", (line) => {
    log.push(line);
    if (log.length > LOG_LINES) log.shift();
  });
  const ended = new Promise<number | null>((resolve) => {
    child.once("close", (code) => resolve(code));
  });
  return { process: child, ended, log: () => log.join("\n") };
}
