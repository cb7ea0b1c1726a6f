import { AbortedError } from "@shardline/model";
import type { Admission } from "./admission.ts";
import { Batch, type PutOutcome } from "./batch.ts";
import type { Arrival } from "./core/aggregate.ts";
import { type ProducerEvents, producerEvents } from "./diagnostics.ts";
import type { Encoding } from "./encoding.ts";
import { RecordRejectedError } from "./errors.ts";
import type { Ledger } from "./ledger.ts";
import { checkRecord, type ProducerRecord } from "./record.ts";
import type { PutResult } from "./result.ts";
import type { RunLoop } from "./run-loop.ts";
import { BatchTicket, PromiseTicket, type Ticket } from "./ticket.ts";

export type RecordSource = Iterable<ProducerRecord> | AsyncIterable<ProducerRecord>;

// One executor for all promises: a closure for each would be garbage of every put().
let capturedResolve: (result: PutResult) => void;
let capturedReject: (error: Error) => void;
function capture(resolve: (result: PutResult) => void, reject: (error: Error) => void): void {
  capturedResolve = resolve;
  capturedReject = reject;
}

/** The way of a record from the caller into the buffer: encode, check, wait for room, enter. */
export class Intake {
  readonly #admission: Admission;
  readonly #ledger: Ledger;
  readonly #encoding: Encoding;
  readonly #recordTtlMs: number;
  readonly #loopOf: (record: ProducerRecord) => RunLoop;

  constructor(parts: {
    readonly admission: Admission;
    readonly ledger: Ledger;
    readonly encoding: Encoding;
    readonly recordTtlMs: number;
    /** @throws InvalidRecordError or ClosedError */
    readonly loopOf: (record: ProducerRecord) => RunLoop;
  }) {
    this.#admission = parts.admission;
    this.#ledger = parts.ledger;
    this.#encoding = parts.encoding;
    this.#recordTtlMs = parts.recordTtlMs;
    this.#loopOf = parts.loopOf;
  }

  put(record: ProducerRecord, signal: AbortSignal | undefined): Promise<PutResult> {
    const promise = new Promise<PutResult>(capture);
    const ticket = new PromiseTicket(this.#ledger.enter(), capturedResolve, capturedReject);
    this.#begin(record, ticket, signal, undefined);
    return promise;
  }

  /** Puts each record when there is room for it; resolves when all have ended. */
  async putEach(
    records: RecordSource,
    onOutcome: (index: number, outcome: PutOutcome) => void,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    let onEnd: () => void = () => {};
    const ended = new Promise<void>((resolve) => {
      onEnd = resolve;
    });
    const batch = new Batch(onOutcome, onEnd);
    try {
      if (Symbol.iterator in records) {
        for (const record of records) {
          const waiting = this.#putOne(record, batch, signal);
          if (waiting !== undefined) await waiting;
        }
      } else {
        for await (const record of records) await this.#putOne(record, batch, signal);
      }
    } finally {
      batch.end();
    }
    await ended;
  }

  /** Returns what to wait for before the next record, if this one has to wait for room. */
  #putOne(
    record: ProducerRecord,
    batch: Batch,
    signal: AbortSignal | undefined,
  ): Promise<void> | undefined {
    const ticket = new BatchTicket(this.#ledger.enter(), batch, batch.expect());
    if (!this.#admission.isFull && !this.#encoding.appliesTo(record)) {
      this.#begin(record, ticket, signal, undefined);
      return undefined;
    }
    return new Promise((resolve) => {
      this.#begin(record, ticket, signal, resolve);
    });
  }

  /** `over` is called when the record no longer waits for room. */
  #begin(
    record: ProducerRecord,
    ticket: Ticket,
    signal: AbortSignal | undefined,
    over: (() => void) | undefined,
  ): void {
    try {
      const loop = this.#loopOf(record);
      if (this.#encoding.appliesTo(record)) {
        this.#beginEncoded(loop, record, ticket, signal, over);
        return;
      }
      this.#admit(loop, checkRecord(loop, record, record.data, ticket), ticket, signal, over);
    } catch (error) {
      this.#fail(ticket, error as Error, over);
    }
  }

  #beginEncoded(
    loop: RunLoop,
    record: ProducerRecord,
    ticket: Ticket,
    signal: AbortSignal | undefined,
    over: (() => void) | undefined,
  ): void {
    this.#encoding
      .encode(record, loop.name)
      .then((data) => {
        this.#admit(loop, checkRecord(loop, record, data, ticket), ticket, signal, over);
      })
      .catch((error: unknown) => this.#fail(ticket, error as Error, over));
  }

  #admit(
    loop: RunLoop,
    arrival: Arrival,
    ticket: Ticket,
    signal: AbortSignal | undefined,
    over: (() => void) | undefined,
  ): void {
    if (this.#admission.tryEnter(ticket.bytes)) {
      loop.accept(arrival, this.#ledger.nowMs());
      over?.();
    } else this.#waitForRoom(loop, arrival, ticket, signal, over);
  }

  #waitForRoom(
    loop: RunLoop,
    arrival: Arrival,
    ticket: Ticket,
    signal: AbortSignal | undefined,
    over: (() => void) | undefined,
  ): void {
    const fail = (error: Error): void => this.#fail(ticket, error, over);
    if (signal?.aborted) {
      fail(AbortedError.from(signal));
      return;
    }
    const enter = (): void => {
      loop.accept(arrival, this.#ledger.nowMs());
      over?.();
    };
    const untilMs = ticket.moment.acceptedAtMs + this.#recordTtlMs;
    const expire = (): void => this.#expire(loop, ticket, over);
    this.#admission.wait(ticket.bytes, enter, fail, signal, { untilMs, expire });
  }

  /** The time to live counts from the call: whoever waits for room that long is not stored. */
  #expire({ name: stream }: RunLoop, ticket: Ticket, over: (() => void) | undefined): void {
    const message = `recordTtlMs ${this.#recordTtlMs} passed while it waited for room in the buffer`;
    const event = { stream, kind: "rejected", code: "Expired", message, records: 1, attempts: 0 };
    producerEvents.publish("records-failed", event as ProducerEvents["records-failed"]);
    ticket.reject(new RecordRejectedError("Expired", message, []));
    this.#ledger.refuse(ticket.moment);
    over?.();
  }

  #fail(ticket: Ticket, error: Error, over: (() => void) | undefined): void {
    ticket.reject(error);
    this.#ledger.leave(ticket.moment);
    over?.();
  }
}
