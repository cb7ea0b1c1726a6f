import type { PendingRecord } from "./core/entry.ts";
import type { PutResult } from "./result.ts";

/** The puts of one burst. They share a time, so that a record carries a reference and not a number. */
export class Moment {
  /** One of each short-lived class is kept: see docs/design/producer-speed.md, "Kept shapes". */
  static readonly KEPT: Moment = new Moment(0, Number.NEGATIVE_INFINITY);
  readonly serial: number;
  readonly acceptedAtMs: number;
  /** How many of them are not settled. */
  left = 0;

  constructor(serial: number, acceptedAtMs: number) {
    this.serial = serial;
    this.acceptedAtMs = acceptedAtMs;
  }
}

function nothing(): void {}

/** A record that is not settled yet, and who waits for it. */
export interface Ticket extends PendingRecord {
  readonly moment: Moment;
  /** What it counts in the buffer; known once it is encoded. */
  bytes: number;
  resolve(result: PutResult): void;
  reject(error: Error): void;
}

/** Of put(): settles a promise. There is one for each record in the buffer, so it is kept small. */
export class PromiseTicket implements Ticket {
  static readonly KEPT: PromiseTicket = new PromiseTicket(Moment.KEPT, nothing, nothing);
  readonly moment: Moment;
  bytes = 0;
  readonly resolve: (result: PutResult) => void;
  readonly reject: (error: Error) => void;

  constructor(
    moment: Moment,
    resolve: (result: PutResult) => void,
    reject: (error: Error) => void,
  ) {
    this.moment = moment;
    this.resolve = resolve;
    this.reject = reject;
  }

  get acceptedAtMs(): number {
    return this.moment.acceptedAtMs;
  }
}

/** Takes the ends of many records by their index. */
export interface BatchSink {
  settled(index: number, result: PutResult | undefined, error: Error | undefined): void;
}

/** Of putMany() and consume(): tells the batch; no promise of its own. */
export class BatchTicket implements Ticket {
  static readonly KEPT: BatchTicket = new BatchTicket(Moment.KEPT, { settled: nothing }, 0);
  readonly moment: Moment;
  bytes = 0;
  readonly #sink: BatchSink;
  readonly #index: number;

  constructor(moment: Moment, sink: BatchSink, index: number) {
    this.moment = moment;
    this.#sink = sink;
    this.#index = index;
  }

  get acceptedAtMs(): number {
    return this.moment.acceptedAtMs;
  }

  resolve(result: PutResult): void {
    this.#sink.settled(this.#index, result, undefined);
  }

  reject(error: Error): void {
    this.#sink.settled(this.#index, undefined, error);
  }
}
