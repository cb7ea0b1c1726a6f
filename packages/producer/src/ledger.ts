import type { Settlement } from "./core/entry.ts";
import { RecordOutcomeUnknownError, RecordRejectedError } from "./errors.ts";
import type { Admission } from "./admission.ts";
import { Outstanding } from "./outstanding.ts";
import { AttemptHistory } from "./result.ts";
import type { Ticket } from "./ticket.ts";

interface FlushWait {
  readonly upToSerial: number;
  left: number;
  readonly done: () => void;
}

/** Every put() that is not settled: who waits for it, and the flushes that wait for it too. */
export class Ledger {
  readonly #admission: Admission;
  readonly #outstanding = new Outstanding();
  readonly #flushes = new Set<FlushWait>();
  #lastSerial = 0;
  #rejected = 0;
  #unknown = 0;

  constructor(admission: Admission) {
    this.#admission = admission;
  }

  get count(): number {
    return this.#outstanding.count;
  }

  get oldestAcceptedAtMs(): number | undefined {
    return this.#outstanding.oldest?.acceptedAtMs;
  }

  /** Totals since the start. */
  get failed(): { readonly rejected: number; readonly unknown: number } {
    return { rejected: this.#rejected, unknown: this.#unknown };
  }

  get isFlushing(): boolean {
    return this.#flushes.size > 0;
  }

  nextSerial(): number {
    return ++this.#lastSerial;
  }

  add(ticket: Ticket): void {
    this.#outstanding.add(ticket);
  }

  /** Calls `done` when every put() made so far is settled. Returns what cancels that. */
  onAllSettled(done: () => void): () => void {
    const wait: FlushWait = {
      upToSerial: this.#lastSerial,
      left: this.#outstanding.count + this.#admission.waiting,
      done,
    };
    if (wait.left === 0) done();
    else this.#flushes.add(wait);
    return () => this.#flushes.delete(wait);
  }

  /** A put() that ended before it had room. */
  forget(serial: number): void {
    for (const wait of this.#flushes) this.#countDown(wait, serial);
  }

  settle(settlement: Settlement): void {
    const { entry } = settlement;
    const tickets = entry.members as readonly Ticket[];
    const history = new AttemptHistory(entry);
    let bytes = 0;
    for (let i = 0; i < tickets.length; i++) {
      const ticket = tickets[i] as Ticket;
      const attempts = history.since(ticket.acceptedAtMs);
      bytes += ticket.bytes;
      this.#outstanding.remove(ticket);
      switch (settlement.kind) {
        case "ok": {
          const { shardId, sequenceNumber } = settlement;
          ticket.resolve({ shardId, sequenceNumber, subSequenceNumber: i, attempts });
          break;
        }
        case "rejected":
          this.#rejected++;
          ticket.reject(new RecordRejectedError(settlement.code, settlement.message, attempts));
          break;
        case "unknown":
          this.#unknown++;
          ticket.reject(
            new RecordOutcomeUnknownError(settlement.code, settlement.message, attempts),
          );
      }
      for (const wait of this.#flushes) this.#countDown(wait, ticket.serial);
    }
    this.#admission.leave(tickets.length, bytes);
  }

  #countDown(wait: FlushWait, serial: number): void {
    if (serial > wait.upToSerial) return;
    wait.left--;
    if (wait.left > 0) return;
    this.#flushes.delete(wait);
    wait.done();
  }
}
