/**
 * What lies between a process and a service: latency, loss, delay, throttling, errors, doubt.
 *
 * A request is frozen when it is sent, served at one instant of virtual time, and its answer settles
 * in the process later, unless the client's own deadline or signal came first.
 */

import type { SeededRandom } from "@shardline/local";
import { type CallOptions, type Failure, failure } from "@shardline/model";
import type { Service } from "../faults/fault.ts";
import type { OpenWindows } from "../faults/windows.ts";
import type { SimProcess } from "./process.ts";

interface Fate {
  readonly requestMs: number;
  readonly responseMs: number;
  readonly requestLost: boolean;
  readonly responseLost: boolean;
  /** Given instead of an answer, before the service has done anything. */
  readonly refused: Failure | undefined;
  /** Given instead of the answer, after the service has done its work. */
  readonly spoiled: Failure | undefined;
  readonly twice: boolean;
}

export interface CallSite {
  readonly service: Service;
  readonly verb: string;
  /** False: nothing that goes wrong with the call can leave a doubt. */
  readonly writes: boolean;
}

export interface LinkObserver {
  /** A call was hit by a fault of this kind. */
  hit(kind: string): void;
  /** A request is on its way to the service, or has arrived. */
  inFlight(change: 1 | -1): void;
  /** `serve` runs between the two: whatever changes in a service then was asked by this process. */
  serving(process: SimProcess | undefined): void;
}

export class Link {
  readonly process: SimProcess;
  readonly #place: string;
  readonly #windows: OpenWindows;
  readonly #random: SeededRandom;
  readonly #observer: LinkObserver;

  constructor(
    process: SimProcess,
    place: string,
    windows: OpenWindows,
    random: SeededRandom,
    observer: LinkObserver,
  ) {
    this.process = process;
    this.#place = place;
    this.#windows = windows;
    this.#random = random;
    this.#observer = observer;
  }

  /** @param serve does the work in the service: it takes effect when it is called. */
  call<Answer>(
    { service, verb, writes }: CallSite,
    options: CallOptions,
    serve: () => Promise<Answer>,
  ): Promise<Answer | Failure> {
    const { signal } = options;
    if (signal?.aborted === true) return Promise.resolve(abortedCall(false));
    const { process } = this;
    const fate = this.#fate(service, writes, options.timeoutMs);
    return new Promise((resolve) => {
      const onAbort = (): void => finish(abortedCall(writes));
      const finish = (answer: Answer | Failure): void => {
        timer.cancel();
        signal?.removeEventListener("abort", onAbort);
        resolve(answer);
      };
      const timer = process.clock.setTimer(options.timeoutMs, () =>
        finish(failure("timeout", "Timeout", `${verb}: no answer in time`, writes)),
      );
      signal?.addEventListener("abort", onAbort, { once: true });
      const answer = (value: Answer | Failure): void => {
        if (fate.responseLost) return;
        const atMs = process.kernel.nowMs + fate.responseMs;
        process.settleAt(atMs, `${verb} answered`, () => finish(value));
      };
      if (!fate.requestLost) this.#send(verb, fate, serve, answer);
    });
  }

  #send<Answer>(
    verb: string,
    fate: Fate,
    serve: () => Promise<Answer>,
    answer: (value: Answer | Failure) => void,
  ): void {
    const { kernel, name } = this.process;
    this.#observer.inFlight(1);
    const served = (): Promise<Answer> => {
      this.#observer.serving(this.process);
      const work = serve();
      this.#observer.serving(undefined);
      return work;
    };
    kernel.after(fate.requestMs, `${name} ${verb} served`, () => {
      this.#observer.inFlight(-1);
      if (fate.refused !== undefined) {
        answer(fate.refused);
        return;
      }
      const work = fate.twice ? served().then(served) : served();
      void work.then((value) => answer(fate.spoiled ?? value));
    });
  }

  #fate(service: Service, writes: boolean, timeoutMs: number): Fate {
    const where = { place: this.#place, service };
    const lost = this.#hit("partition", where)?.fault.side;
    const slow = this.#hit("latency", where);
    const late = this.#hit("late-apply", where);
    const error = this.#hit("server-error", where)?.fault;
    const no = this.#hit("refused", where)?.fault;
    const requestMs =
      this.#latencyMs() + (slow === undefined ? 0 : slow.random.next() * slow.fault.delayMs);
    return {
      requestMs:
        requestMs + (late === undefined ? 0 : timeoutMs + late.random.next() * late.fault.delayMs),
      responseMs:
        this.#latencyMs() + (slow === undefined ? 0 : slow.random.next() * slow.fault.delayMs),
      requestLost: lost === "request",
      responseLost: lost === "response",
      refused: this.#hit("throttle", where)
        ? throttled()
        : no !== undefined
          ? failure(no.reason, no.code, "not by this caller, not now")
          : error?.applied === false
            ? internalError(writes)
            : undefined,
      spoiled: this.#hit("lost-response", where)
        ? failure("unavailable", "ECONNRESET", "the connection was reset", writes)
        : error?.applied === true
          ? internalError(writes)
          : undefined,
      twice: this.#hit("sent-twice", where) !== undefined,
    };
  }

  #hit: OpenWindows["hit"] = (kind, where) => {
    const hit = this.#windows.hit(kind, where);
    if (hit !== undefined) this.#observer.hit(kind);
    return hit;
  };

  /** A few milliseconds each way, now and then much more. */
  #latencyMs(): number {
    const usualMs = 1 + this.#random.next() * 6;
    return this.#random.chance(0.01) ? usualMs + this.#random.next() * 150 : usualMs;
  }
}

function abortedCall(sent: boolean): Failure {
  return failure("aborted", "Aborted", "aborted by the caller's signal", sent);
}

/** A client cannot tell whether a 5xx came before or after the work. */
function internalError(writes: boolean): Failure {
  return failure("unavailable", "InternalFailure", "internal error", writes);
}

/** Both services call it the same. */
function throttled(): Failure {
  return failure("throttled", "ProvisionedThroughputExceededException", "rate exceeded");
}
