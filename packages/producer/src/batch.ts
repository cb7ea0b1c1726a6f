import type { PutResult } from "./result.ts";
import type { BatchSink } from "./ticket.ts";

export type PutOutcome =
  | { readonly status: "ok"; readonly result: PutResult }
  /** An InvalidRecordError, RecordRejectedError, RecordOutcomeUnknownError, AbortedError or ClosedError. */
  | { readonly status: "failed"; readonly error: Error };

/** Counts the records of a batch down and passes their ends on. */
export class Batch implements BatchSink {
  readonly #onOutcome: (index: number, outcome: PutOutcome) => void;
  readonly #onEnd: () => void;
  #count = 0;
  /** One for the source of the records. */
  #left = 1;

  constructor(onOutcome: (index: number, outcome: PutOutcome) => void, onEnd: () => void) {
    this.#onOutcome = onOutcome;
    this.#onEnd = onEnd;
  }

  /** One more record; its index. */
  expect(): number {
    this.#left++;
    return this.#count++;
  }

  settled(index: number, result: PutResult | undefined, error: Error | undefined): void {
    const outcome: PutOutcome =
      result === undefined ? { status: "failed", error: error as Error } : { status: "ok", result };
    this.#onOutcome(index, outcome);
    this.#countDown();
  }

  /** No more records come. */
  end(): void {
    this.#countDown();
  }

  #countDown(): void {
    if (--this.#left === 0) this.#onEnd();
  }
}
