import type { PendingRecord } from "./core/entry.ts";
import type { PutResult } from "./result.ts";

/** The puts of one burst. They share a time, so that a record carries a reference and not a number. */
export class Moment {
  readonly serial: number;
  readonly acceptedAtMs: number;
  /** How many of them are not settled. */
  left = 0;

  constructor(serial: number, acceptedAtMs: number) {
    this.serial = serial;
    this.acceptedAtMs = acceptedAtMs;
  }
}

/** A record that is not settled yet, and who waits for it. */
export interface Ticket extends PendingRecord {
  readonly moment: Moment;
  /** What it counts in the buffer. */
  readonly bytes: number;
  resolve(result: PutResult): void;
  reject(error: Error): void;
}

/** Of put(): settles a promise. There is one for each record in the buffer, so it is kept small. */
export class PromiseTicket implements Ticket {
  readonly moment: Moment;
  readonly bytes: number;
  readonly resolve: (result: PutResult) => void;
  readonly reject: (error: Error) => void;

  constructor(
    moment: Moment,
    bytes: number,
    resolve: (result: PutResult) => void,
    reject: (error: Error) => void,
  ) {
    this.moment = moment;
    this.bytes = bytes;
    this.resolve = resolve;
    this.reject = reject;
  }

  get acceptedAtMs(): number {
    return this.moment.acceptedAtMs;
  }
}

export type PutOutcome =
  | ({ readonly status: "ok" } & PutResult)
  /** An InvalidRecordError, RecordRejectedError, RecordOutcomeUnknownError, AbortedError or ClosedError. */
  | { readonly status: "failed"; readonly error: Error };

/** The results of putMany(), by the index of their records. */
export class Batch {
  readonly outcomes: PutOutcome[] = [];
  readonly #done: (outcomes: PutOutcome[]) => void;
  #left = 1;

  constructor(done: (outcomes: PutOutcome[]) => void) {
    this.#done = done;
  }

  expectOne(): number {
    this.#left++;
    return this.outcomes.push(PENDING) - 1;
  }

  settle(index: number, outcome: PutOutcome): void {
    this.outcomes[index] = outcome;
    this.complete();
  }

  /** Called once more, when no more records come. */
  complete(): void {
    if (--this.#left === 0) this.#done(this.outcomes);
  }
}

const PENDING: PutOutcome = { status: "failed", error: new Error("not settled") };

/** Of putMany(): fills a place in the batch's results; no promise of its own. */
export class BatchTicket implements Ticket {
  readonly moment: Moment;
  readonly bytes: number;
  readonly #batch: Batch;
  readonly #index: number;

  constructor(moment: Moment, bytes: number, batch: Batch, index: number) {
    this.moment = moment;
    this.bytes = bytes;
    this.#batch = batch;
    this.#index = index;
  }

  get acceptedAtMs(): number {
    return this.moment.acceptedAtMs;
  }

  resolve(result: PutResult): void {
    const { shardId, sequenceNumber, subSequenceNumber, attempts } = result;
    this.#batch.settle(this.#index, {
      status: "ok",
      shardId,
      sequenceNumber,
      subSequenceNumber,
      attempts,
    });
  }

  reject(error: Error): void {
    this.#batch.settle(this.#index, { status: "failed", error });
  }
}
