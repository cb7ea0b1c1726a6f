/** The consumer's front door: start, stop, what is going on. It owns the loops and decides nothing. */

import { setMaxListeners } from "node:events";
import {
  AbortedError,
  backoffMs,
  bounded,
  ClosedError,
  type Failure,
  type InvalidOptionsError,
  isRetryable,
  ShardlineError,
  sleep,
} from "@shardline/model";
import { ServiceFailedError } from "./errors.ts";
import { LeaseLoop } from "./lease-loop.ts";
import { compileWorkerOptions, type WorkerConfig, type WorkerOptions } from "./options.ts";
import { openPorts, type Ports } from "./ports.ts";
import { Reporter } from "./reporter.ts";
import type { ShardStatus } from "./shard-runner.ts";
import { checkStopOptions, type StopOptions } from "./stop-options.ts";
import { openStream, StreamWatch } from "./stream-watch.ts";
import { ABORT_GRACE_MS } from "./deliver.ts";

export interface WorkerState {
  readonly kind: "new" | "starting" | "running" | "stopping" | "stopped";
  readonly workerId: string;
  readonly streamName: string;
  readonly applicationName: string;
  readonly shards: readonly ShardStatus[];
}

const START_BACKOFF = { baseMs: 200, capMs: 5_000 };
/** What a stop allows beyond its deadline for the last writes to the table. */
const LAST_WRITES_SHARE = 0.7;

/**
 * One of the workers that share the shards of a stream. KCL counterpart: `Scheduler`.
 * @throws InvalidOptionsError
 */
export class Worker implements AsyncDisposable {
  readonly #config: WorkerConfig;
  readonly #stopping = new AbortController();
  #kind: WorkerState["kind"] = "new";
  #streamName: string;
  #loop: LeaseLoop | undefined;
  #loopRun: Promise<void> | undefined;
  #reporter: Reporter | undefined;
  #fatal: ShardlineError | undefined;
  #stop: Promise<void> | undefined;
  #running: Promise<void> | undefined;

  constructor(options: WorkerOptions) {
    this.#config = compileWorkerOptions(options);
    // Every call under way listens to it: no leak for Node.js to warn of.
    setMaxListeners(0, this.#stopping.signal);
    this.#streamName = this.#config.streamLabel.replace(/^arn:.*stream\//, "");
  }

  get workerId(): string {
    return this.#config.workerId;
  }

  /**
   * Works until `stop()` was called, or `signal` aborted, and everything is wound up. May be called
   * once.
   * @throws StreamNotFoundError, StreamReplacedError, TableMismatchError, ServiceFailedError (start),
   * ProcessorFailedError and RecordsTrimmedError where the options say halt, ClosedError after stop().
   */
  run(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    if (this.#kind !== "new") return Promise.reject(new ClosedError("this worker's run()"));
    this.#kind = "starting";
    this.#running = this.#run(options.signal);
    return this.#running;
  }

  /**
   * Ends gracefully: no new batch, running ones are finished, then checkpoint and release. After
   * `timeoutMs` (option `stopTimeoutMs`) the batches' signals abort and what is not done is left to
   * the next owner. Resolves when all is wound up; later calls wait for the first one.
   * @throws (by rejection) InvalidOptionsError; the worker goes on.
   */
  stop(options: StopOptions = {}): Promise<void> {
    try {
      const { timeoutMs = this.#config.stopTimeoutMs } = checkStopOptions(options);
      this.#stop ??= this.#wind(timeoutMs);
    } catch (error) {
      return Promise.reject(error as InvalidOptionsError);
    }
    return this.#stop;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.#running?.catch(() => undefined);
  }

  state(): WorkerState {
    const { workerId, applicationName } = this.#config;
    return {
      kind: this.#kind,
      workerId,
      applicationName,
      streamName: this.#streamName,
      shards: this.shards(),
    };
  }

  /** The shards that this worker holds, with their phase, position, lag and rates. */
  shards(): readonly ShardStatus[] {
    return (this.#loop?.runners ?? [])
      .filter(({ tenure }) => tenure.loss === undefined && !tenure.isReleased)
      .map((runner) => runner.status());
  }

  async #run(signal: AbortSignal | undefined): Promise<void> {
    const onAbort = (): void => void this.stop();
    if (signal?.aborted === true) onAbort();
    else signal?.addEventListener("abort", onAbort, { once: true });
    let close = async (): Promise<void> => {};
    try {
      const ports = await openPorts(this.#config);
      close = ports.close;
      await this.#start(ports);
      if (this.#loop !== undefined && !this.#stopping.signal.aborted) {
        this.#kind = "running";
        this.#loopRun = this.#loop.run().catch((cause: unknown) => {
          this.#fail(new ShardlineError("SERVICE_FAILED", "internal error", { cause }));
        });
        await this.#loopRun;
      }
      await this.stop();
    } finally {
      signal?.removeEventListener("abort", onAbort);
      this.#kind = "stopped";
      await close();
    }
    if (this.#fatal !== undefined) throw this.#fatal;
  }

  async #start(ports: Ports): Promise<void> {
    const config = this.#config;
    try {
      const stopping = this.#stopping.signal;
      const description = await openStream(config, ports, stopping, (what, call) =>
        this.#retry(ports, what, call),
      );
      this.#streamName = description.streamName;
      const timeoutMs = Math.max(config.startTimeoutMs, config.leaseCallTimeoutMs);
      await this.#retry(ports, `table ${config.tableName}`, () =>
        bounded(ports.clock, { timeoutMs, signal: stopping }, (options) =>
          ports.leases.ensure(options),
        ),
      );
      const watch = new StreamWatch(description, config, ports, stopping);
      const { workerId, applicationName } = config;
      const reporter = new Reporter(
        { workerId, applicationName, streamName: description.streamName },
        ports,
      );
      this.#reporter = reporter;
      const fail = (error: ShardlineError): void => this.#fail(error);
      this.#loop = new LeaseLoop({ config, ports, watch, reporter, stopping, fail });
      reporter.workerStarted(description.streamArn);
    } catch (error) {
      if (error instanceof AbortedError && this.#stopping.signal.aborted) return;
      throw error;
    }
  }

  /** Tries until it succeeds, cannot, or `startTimeoutMs` is over. */
  async #retry<T extends { readonly kind: string }>(
    { clock, random, logger }: Ports,
    what: string,
    call: () => Promise<T | Failure>,
  ): Promise<T> {
    const untilMs = clock.nowMs() + this.#config.startTimeoutMs;
    for (let attempt = 0; ; attempt++) {
      if (this.#stopping.signal.aborted) throw AbortedError.from(this.#stopping.signal);
      const answer = await call();
      if (answer.kind !== "failed") return answer as T;
      const failed = answer as Failure;
      if (this.#stopping.signal.aborted) throw AbortedError.from(this.#stopping.signal);
      if (!isRetryable(failed) || clock.nowMs() >= untilMs) {
        throw new ServiceFailedError(what, failed);
      }
      const { code, reason } = failed;
      logger.warn(
        { code, reason, attempt },
        `${what} is not ready: ${failed.message}; trying again`,
      );
      const waitMs = Math.max(50, backoffMs(START_BACKOFF, attempt, random));
      await sleep(clock, waitMs, { signal: this.#stopping.signal });
    }
  }

  #fail(error: ShardlineError): void {
    this.#fatal ??= error;
    void this.stop();
  }

  async #wind(timeoutMs: number): Promise<void> {
    const { clock, failoverTimeMs } = this.#config;
    if (this.#kind === "new") {
      this.#kind = "stopped";
      return;
    }
    this.#kind = "stopping";
    this.#stopping.abort();
    const loop = this.#loop;
    if (loop === undefined) return;
    const drainAll = (): void => {
      for (const runner of loop.runners) runner.drain("stop", timeoutMs);
    };
    drainAll();
    const finished = (async (): Promise<true> => {
      await this.#loopRun;
      drainAll();
      await loop.drained();
      return true;
    })();
    const deadline = new AbortController();
    const hardMs = timeoutMs + ABORT_GRACE_MS + failoverTimeMs * LAST_WRITES_SHARE;
    const late = sleep(clock, hardMs, { signal: deadline.signal }).then(
      () => false as const,
      () => true as const,
    );
    const graceful = await Promise.race([finished, late]);
    deadline.abort();
    if (!graceful) for (const { tenure } of loop.runners) tenure.lose("stopped");
    this.#reporter?.workerStopped(graceful);
  }
}
