import type { Entry } from "./entry.ts";
import type { Bisection } from "./settle.ts";

/** One call to make. `strict` order puts a single entry by PutRecord, the others by PutRecords. */
export interface Request {
  readonly kind: "put-records" | "put-record";
  readonly entries: readonly Entry[];
  readonly sequenceNumberForOrdering: string | undefined;
  readonly bisection: Bisection | undefined;
  startedAtMs: number;
}
