import { Entry, type EntryAttempt } from "./core/entry.ts";

/** One try to write a record. KPL counterpart: `Attempt`. */
export interface Attempt {
  /** From put(), or from the end of the try before, to the start of this one. */
  readonly delayMs: number;
  /** Of the request. */
  readonly durationMs: number;
  readonly success: boolean;
  /** The service's error code, or one of ours: `Expired`, `WrongShard`, `MalformedAnswer`. */
  readonly code: string | undefined;
  readonly message: string | undefined;
  /** True if the service may have stored the record in a try that did not succeed. */
  readonly ambiguous: boolean;
}

/** Where a record was stored. KPL counterpart: `UserRecordResult`. */
export interface PutResult {
  readonly shardId: string;
  /** Shared by the records of one aggregate. */
  readonly sequenceNumber: string;
  /** Position in the aggregate; 0 for a record that was sent alone. */
  readonly subSequenceNumber: number;
  /** The last one succeeded. More than one may mean that the record is stored twice. */
  readonly attempts: readonly Attempt[];
}

/** The history of an entry as its members see it. Members of one moment share the answer. */
export class AttemptHistory {
  static readonly KEPT: AttemptHistory = new AttemptHistory(Entry.KEPT);
  readonly #entry: Entry;
  #acceptedAtMs = Number.NaN;
  #attempts: readonly Attempt[] = [];

  constructor(entry: Entry) {
    this.#entry = entry;
  }

  since(acceptedAtMs: number): readonly Attempt[] {
    if (acceptedAtMs === this.#acceptedAtMs) return this.#attempts;
    this.#acceptedAtMs = acceptedAtMs;
    let previousMs = acceptedAtMs;
    const attempts = this.#entry.attempts.map((attempt: EntryAttempt): Attempt => {
      const { startedAtMs, endedAtMs, code, message, ambiguous } = attempt;
      const delayMs = startedAtMs - previousMs;
      previousMs = endedAtMs;
      const durationMs = endedAtMs - startedAtMs;
      return { delayMs, durationMs, success: code === undefined, code, message, ambiguous };
    });
    this.#attempts = Object.freeze(attempts);
    return this.#attempts;
  }
}
