/**
 * The bench harness. A bench is a file `test/bench/NAME.bench.ts` that exports `bench: Bench`; the
 * runner finds it. It compares ours with peers by `compare`, or reports a figure it made itself.
 *
 * Figures are CPU time from the operating system (user + system, all threads of the process), with
 * wall time beside it, as the median of rounds in which the contenders take turns. Servers run in
 * child processes (`startServer`), so that their CPU is not counted.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

export interface Bench {
  readonly name: string;
  /** What `npm run bench -- GROUP` selects it, besides its name. */
  readonly groups: readonly string[];
  run(context: BenchContext): Promise<void>;
}

export interface BenchContext {
  /** Runs a case and reports one result a peer. */
  compare(benchCase: BenchCase): Promise<void>;
  report(result: BenchResult): void;
}

/** A line of `--json`. */
export interface BenchResult {
  readonly bench: string;
  readonly case: string;
  /** In `unit`. */
  readonly ours: number;
  /** Empty if the figure has no peer. */
  readonly peer: string;
  readonly theirs: number;
  readonly unit: string;
  /** Above 1: ours is better. */
  readonly ratio: number;
  /** Wall time in the same unit, where measured. */
  readonly oursWall?: number;
  readonly theirsWall?: number;
}

export interface BenchCase {
  readonly name: string;
  /** Records (or calls) that one round handles: figures are a record's. */
  readonly recordsPerRound: number;
  readonly ours: Contender;
  readonly peers: readonly Contender[];
  /** Measured rounds of each contender. Default 9. */
  readonly rounds?: number;
  /** Rounds before measuring. Default 3. */
  readonly warmUpRounds?: number;
}

export interface Contender {
  readonly name: string;
  /** One round of work. */
  run(): Promise<void> | void;
  /** Of this one, if it is too slow or too fast for as many as the others. */
  readonly recordsPerRound?: number;
  /** CPU microseconds used so far by what is measured. Default: this process. */
  readonly cpuMicros?: () => number;
}

setFlagsFromString("--expose-gc");
export const collectGarbage: () => void = runInNewContext("gc") as () => void;

interface Sample {
  readonly cpuMicros: number;
  readonly wallMicros: number;
}

/** @returns for each peer a result; unit: CPU µs a record. */
export async function compare(bench: string, benchCase: BenchCase): Promise<BenchResult[]> {
  const { ours, peers, recordsPerRound, rounds = 9, warmUpRounds = 3 } = benchCase;
  const contenders = [ours, ...peers];
  for (const contender of contenders) {
    for (let round = 0; round < warmUpRounds; round++) await contender.run();
  }
  const samples = new Map<Contender, Sample[]>(contenders.map((c) => [c, []]));
  for (let round = 0; round < rounds; round++) {
    // Turn and turn about: a slow moment of the machine hits all, and none is always first.
    const order = round % 2 === 0 ? contenders : contenders.toReversed();
    for (const contender of order) samples.get(contender)?.push(await measure(contender));
  }
  const figure = (contender: Contender, of: (s: Sample) => number): number =>
    rounded(
      median((samples.get(contender) ?? []).map(of)) /
        (contender.recordsPerRound ?? recordsPerRound),
    );
  return peers.map((peer) => {
    const mine = figure(ours, (s) => s.cpuMicros);
    const theirs = figure(peer, (s) => s.cpuMicros);
    return {
      bench,
      case: benchCase.name,
      ours: mine,
      peer: peer.name,
      theirs,
      unit: "cpu-us/record",
      ratio: rounded(theirs / mine),
      oursWall: figure(ours, (s) => s.wallMicros),
      theirsWall: figure(peer, (s) => s.wallMicros),
    };
  });
}

export function processCpuMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

export interface BenchServer {
  /** The object that the child printed on its first line. */
  readonly ready: Readonly<Record<string, unknown>>;
  /** CPU of the child so far, in steps of 10 ms; Linux only. */
  cpuMicros(): number;
  stop(): Promise<void>;
}

/**
 * Starts a module of this folder (`new URL("./x.js", import.meta.url)`) as a child process. It must
 * print one line of JSON when it is ready, and end on SIGTERM.
 */
export async function startServer(module: URL, args: readonly string[] = []): Promise<BenchServer> {
  const child = spawn(process.execPath, [fileURLToPath(module), ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ready = await firstLine(child);
  return {
    ready: JSON.parse(ready) as Record<string, unknown>,
    cpuMicros: () => cpuMicrosOf(child.pid ?? 0),
    stop: () => stopChild(child),
  };
}

/** User and system time of a process: fields 14 and 15 of /proc/PID/stat, in hundredths of a second. */
export function cpuMicrosOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

async function measure(contender: Contender): Promise<Sample> {
  // Nobody pays for the garbage of the one before.
  collectGarbage();
  const cpu = contender.cpuMicros ?? processCpuMicros;
  const cpuBefore = cpu();
  const wallBefore = performance.now();
  await contender.run();
  const wallMicros = (performance.now() - wallBefore) * 1000;
  return { cpuMicros: cpu() - cpuBefore, wallMicros };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** Three significant digits. */
export function rounded(value: number): number {
  return Number(value.toPrecision(3));
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    if (child.stdout === null) throw new Error("the server has no output");
    createInterface({ input: child.stdout }).once("line", resolve);
    child.once("exit", () => reject(new Error("the server ended before it was ready")));
    child.once("error", reject);
  });
}

function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.kill("SIGTERM");
  });
}
