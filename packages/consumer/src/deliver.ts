/**
 * Gives batches to `processRecords`, one at a time, by the error policy (rule R8). Nothing is
 * skipped: a batch ends as done, or the tenure ends with it undone.
 */

import {
  type BackoffPolicy,
  backoffMs,
  type Clock,
  deferred,
  type ReceivedRecord,
  sleep,
} from "@shardline/model";
import type { WorkerConfig } from "./options.ts";
import type { DeadLetter, ProcessRecordsContext } from "./processor.ts";

export type Delivery =
  | { readonly kind: "done" }
  /** The lease is lost, or its deadline passed, before or while the batch was processed. */
  | { readonly kind: "lost" }
  /** A drain ended the retries, or cut off a batch that took too long. */
  | { readonly kind: "undone" }
  /** The function ran beyond `maxProcessingTimeMs`. */
  | { readonly kind: "stuck"; readonly forMs: number }
  | { readonly kind: "halt"; readonly error: unknown };

type Attempt =
  | { readonly kind: "returned" }
  | { readonly kind: "threw"; readonly error: unknown }
  | { readonly kind: "cut" }
  | { readonly kind: "stuck" };

export interface DeliverHost {
  readonly config: WorkerConfig;
  readonly clock: Clock;
  /** Rule R9. */
  isHeld(): boolean;
  isDraining(): boolean;
  /** Aborts when the lease is lost or the drain's deadline passed. */
  readonly cutOff: AbortSignal;
  /** Aborts as soon as a drain is asked for, or the lease is lost. */
  readonly wake: AbortSignal;
  context(records: readonly ReceivedRecord[], attempt: number): ProcessRecordsContext;
  letter(records: readonly ReceivedRecord[], error: unknown, attempts: number): DeadLetter;
  phase(phase: "processing" | "retrying"): void;
  /** Aborts the batch's signal. */
  cut(reason: string): void;
  processed(records: readonly ReceivedRecord[], elapsedMs: number): void;
  failed(records: readonly ReceivedRecord[], attempt: number, error: unknown): void;
  deadLettered(records: readonly ReceivedRecord[], error: unknown): void;
  /** A call that was left behind; until it settles the shard must not be processed here again. */
  leftBehind(call: Promise<unknown>): void;
}

/** After its signal aborted a function may go on for so long before it is left behind. */
export const ABORT_GRACE_MS = 1_000;

export class Deliver {
  readonly #host: DeliverHost;
  readonly #backoff: BackoffPolicy;

  constructor(host: DeliverHost) {
    this.#host = host;
    const { retryBaseMs, retryCapMs } = host.config;
    this.#backoff = { baseMs: retryBaseMs, capMs: retryCapMs };
  }

  async batch(records: readonly ReceivedRecord[]): Promise<Delivery> {
    const { errorPolicy, maxAttempts } = this.#host.config;
    for (let attempt = 1; ; attempt++) {
      if (!this.#host.isHeld()) return { kind: "lost" };
      this.#host.phase("processing");
      const result = await this.#call(records, attempt);
      if (result.kind === "stuck") {
        return { kind: "stuck", forMs: this.#host.config.maxProcessingTimeMs };
      }
      if (result.kind === "cut") return { kind: this.#host.isHeld() ? "undone" : "lost" };
      if (!this.#host.isHeld()) return { kind: "lost" };
      if (result.kind === "returned") return { kind: "done" };
      this.#host.failed(records, attempt, result.error);
      if (errorPolicy !== "retry" && attempt >= maxAttempts) {
        if (errorPolicy === "halt") return { kind: "halt", error: result.error };
        return this.#isolate(records, result.error, attempt);
      }
      if (this.#host.isDraining()) return { kind: "undone" };
      if (!(await this.#pause(attempt - 1))) {
        return { kind: this.#host.isHeld() ? "undone" : "lost" };
      }
    }
  }

  /** Halves the batch until the records at fault stand alone, so that their neighbours are processed. */
  async #isolate(
    records: readonly ReceivedRecord[],
    error: unknown,
    attempts: number,
  ): Promise<Delivery> {
    if (records.length === 1) return this.#deadLetter(records, error, attempts);
    const middle = records.length >>> 1;
    for (const half of [records.slice(0, middle), records.slice(middle)]) {
      if (!this.#host.isHeld()) return { kind: "lost" };
      if (this.#host.isDraining()) return { kind: "undone" };
      this.#host.phase("processing");
      const result = await this.#call(half, attempts + 1);
      if (!this.#host.isHeld()) return { kind: "lost" };
      if (result.kind === "stuck") {
        return { kind: "stuck", forMs: this.#host.config.maxProcessingTimeMs };
      }
      if (result.kind === "cut") return { kind: "undone" };
      if (result.kind === "returned") continue;
      this.#host.failed(half, attempts + 1, result.error);
      const isolated = await this.#isolate(half, result.error, attempts + 1);
      if (isolated.kind !== "done") return isolated;
    }
    return { kind: "done" };
  }

  /** The checkpoint may pass the records only after the callback took them. */
  async #deadLetter(
    records: readonly ReceivedRecord[],
    error: unknown,
    attempts: number,
  ): Promise<Delivery> {
    const { onDeadLetter } = this.#host.config;
    for (let attempt = 0; ; attempt++) {
      if (!this.#host.isHeld()) return { kind: "lost" };
      this.#host.phase("processing");
      const letter = this.#host.letter(records, error, attempts);
      const result = await this.guarded(async () => onDeadLetter?.(letter));
      if (!this.#host.isHeld()) return { kind: "lost" };
      if (result.kind === "returned") {
        this.#host.deadLettered(records, error);
        return { kind: "done" };
      }
      if (result.kind === "stuck") {
        return { kind: "stuck", forMs: this.#host.config.maxProcessingTimeMs };
      }
      if (result.kind === "cut") return { kind: "undone" };
      this.#host.failed(records, attempts, result.error);
      if (this.#host.isDraining() || !(await this.#pause(attempt))) return { kind: "undone" };
    }
  }

  async #call(records: readonly ReceivedRecord[], attempt: number): Promise<Attempt> {
    const { config, clock } = this.#host;
    const startedMs = clock.nowMs();
    // A copy: what the function does to its array is not done to ours.
    const context = this.#host.context(records.slice(), attempt);
    const result = await this.guarded(async () => config.processRecords(context));
    if (result.kind === "returned") this.#host.processed(records, clock.nowMs() - startedMs);
    return result;
  }

  /** Runs one of the user's functions under the cut-off and the watchdog (L6). */
  async guarded(run: () => Promise<unknown>): Promise<Attempt> {
    const { clock, config, cutOff } = this.#host;
    const call = run().then(
      (): Attempt => ({ kind: "returned" }),
      (error: unknown): Attempt => ({ kind: "threw", error }),
    );
    const given = deferred<Attempt>();
    let stuck = false;
    let grace = clock.setTimer(config.maxProcessingTimeMs, () => {
      stuck = true;
      this.#host.cut("processRecords ran too long");
    });
    const onCut = (): void => {
      grace.cancel();
      grace = clock.setTimer(ABORT_GRACE_MS, () =>
        given.resolve({ kind: stuck ? "stuck" : "cut" }),
      );
    };
    if (cutOff.aborted) onCut();
    else cutOff.addEventListener("abort", onCut, { once: true });
    try {
      const result = await Promise.race([call, given.promise]);
      if (result.kind === "cut" || result.kind === "stuck") this.#host.leftBehind(call);
      // A function that failed because its signal aborted did not fail of itself.
      if (result.kind === "threw" && cutOff.aborted) return { kind: stuck ? "stuck" : "cut" };
      return result;
    } finally {
      grace.cancel();
      cutOff.removeEventListener("abort", onCut);
    }
  }

  async #pause(attempt: number): Promise<boolean> {
    const { clock, config, wake } = this.#host;
    this.#host.phase("retrying");
    try {
      const waitMs = backoffMs(this.#backoff, attempt, config.random);
      await sleep(clock, waitMs, { signal: wake });
      return true;
    } catch {
      return false;
    }
  }
}
