import type { PendingRecord } from "./core/entry.ts";
import type { PutResult } from "./result.ts";

/** A put() that is not settled yet: the record as the core knows it, and its promise. */
export class Ticket implements PendingRecord {
  readonly acceptedAtMs: number;
  /** Order of the put() calls. */
  readonly serial: number;
  /** What it counts in the buffer. */
  readonly bytes: number;
  readonly resolve: (result: PutResult) => void;
  readonly reject: (error: Error) => void;

  /** Neighbours in the list of all that is outstanding. */
  older: Ticket | undefined = undefined;
  newer: Ticket | undefined = undefined;

  constructor(
    serial: number,
    acceptedAtMs: number,
    bytes: number,
    resolve: (result: PutResult) => void,
    reject: (error: Error) => void,
  ) {
    this.serial = serial;
    this.acceptedAtMs = acceptedAtMs;
    this.bytes = bytes;
    this.resolve = resolve;
    this.reject = reject;
  }
}
