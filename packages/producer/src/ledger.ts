import type { Clock } from "@shardline/model";
import type { Admission } from "./admission.ts";
import type { Settlement } from "./core/entry.ts";
import { RecordOutcomeUnknownError, RecordRejectedError } from "./errors.ts";
import { AttemptHistory } from "./result.ts";
import { Moment, type Ticket } from "./ticket.ts";

interface FlushWait {
  /** The last moment that it waits for. */
  readonly upTo: number;
  left: number;
  readonly done: () => void;
}

/** Every put that is not settled: who waits for it, and the flushes that wait for it too. */
export class Ledger {
  readonly #admission: Admission;
  readonly #clock: Clock;
  readonly #flushes = new Set<FlushWait>();
  /** Oldest first. Those at the head that are settled leave when they are come upon. */
  #moments: Moment[] = [];
  #head = 0;
  #current: Moment | undefined;
  #lastSerial = 0;
  #count = 0;
  #rejected = 0;
  #unknown = 0;

  constructor(admission: Admission, clock: Clock) {
    this.#admission = admission;
    this.#clock = clock;
  }

  /** Called and not settled, waiting for room included. */
  get count(): number {
    return this.#count;
  }

  get oldestAcceptedAtMs(): number | undefined {
    this.#dropSettledMoments();
    return this.#count === 0 ? undefined : this.#moments[this.#head]?.acceptedAtMs;
  }

  /** Totals since the start. */
  get failed(): { readonly rejected: number; readonly unknown: number } {
    return { rejected: this.#rejected, unknown: this.#unknown };
  }

  get isFlushing(): boolean {
    return this.#flushes.size > 0;
  }

  /** The time of the work at hand. */
  nowMs(): number {
    return this.#current?.acceptedAtMs ?? this.#clock.nowMs();
  }

  /** A put of now. One moment serves until the work at hand is done. */
  enter(): Moment {
    const moment = this.#current ?? this.#newMoment();
    moment.left++;
    this.#count++;
    return moment;
  }

  /** A put that ended before it was in the buffer. */
  leave(moment: Moment): void {
    moment.left--;
    this.#count--;
    if (this.#flushes.size > 0) this.#countDown(moment, 1);
  }

  /** A put that was rejected before it was in the buffer. */
  refuse(moment: Moment): void {
    this.#rejected++;
    this.leave(moment);
  }

  /** Calls `done` when every put made so far is settled. Returns what cancels that. */
  onAllSettled(done: () => void): () => void {
    this.#current = undefined;
    const wait: FlushWait = { upTo: this.#lastSerial, left: this.#count, done };
    if (wait.left === 0) done();
    else this.#flushes.add(wait);
    return () => this.#flushes.delete(wait);
  }

  settle(settlement: Settlement): void {
    const { entry } = settlement;
    const tickets = entry.members as readonly Ticket[];
    const history = new AttemptHistory(entry);
    let bytes = 0;
    for (let i = 0; i < tickets.length; i++) {
      const ticket = tickets[i] as Ticket;
      const { moment } = ticket;
      bytes += ticket.bytes;
      moment.left--;
      const attempts = history.since(moment.acceptedAtMs);
      if (settlement.kind === "ok") {
        const { shardId, sequenceNumber } = settlement;
        ticket.resolve({ shardId, sequenceNumber, subSequenceNumber: i, attempts });
      } else if (settlement.kind === "rejected") {
        this.#rejected++;
        ticket.reject(new RecordRejectedError(settlement.code, settlement.message, attempts));
      } else {
        this.#unknown++;
        ticket.reject(new RecordOutcomeUnknownError(settlement.code, settlement.message, attempts));
      }
    }
    this.#count -= tickets.length;
    if (this.#flushes.size > 0) this.#countDownAll(tickets);
    this.#admission.leave(tickets.length, bytes);
    this.#dropSettledMoments();
  }

  #newMoment(): Moment {
    const moment = new Moment(++this.#lastSerial, this.#clock.nowMs());
    this.#current = moment;
    this.#moments.push(moment);
    queueMicrotask(() => {
      if (this.#current === moment) this.#current = undefined;
    });
    return moment;
  }

  /** Records of one moment stand together. */
  #countDownAll(tickets: readonly Ticket[]): void {
    let from = 0;
    while (from < tickets.length) {
      const { moment } = tickets[from] as Ticket;
      let to = from + 1;
      while (to < tickets.length && (tickets[to] as Ticket).moment === moment) to++;
      this.#countDown(moment, to - from);
      from = to;
    }
  }

  #countDown(moment: Moment, records: number): void {
    for (const wait of this.#flushes) {
      if (moment.serial > wait.upTo) continue;
      wait.left -= records;
      if (wait.left > 0) continue;
      this.#flushes.delete(wait);
      wait.done();
    }
  }

  #dropSettledMoments(): void {
    let head = this.#head;
    for (; head < this.#moments.length; head++) {
      const moment = this.#moments[head] as Moment;
      if (moment.left > 0 || moment === this.#current) break;
    }
    if (head >= 256 && head * 2 >= this.#moments.length) {
      this.#moments = this.#moments.slice(head);
      head = 0;
    }
    this.#head = head;
  }
}
