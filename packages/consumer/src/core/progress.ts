/**
 * Which delivered records are done, and how far a checkpoint may therefore go.
 *
 * P1 the checkpointable position is the last of the gap-free run of done records; P2 it never goes
 * back; P3 nothing that was not delivered can be done. Done out of order costs a bit a record, and
 * only for batches that are not done whole.
 */

import { type Checkpoint, compareCheckpoints, type RecordPosition } from "@shardline/model";

interface Span {
  /** How many records were delivered before this span. */
  readonly firstOrdinal: number;
  readonly positions: readonly RecordPosition[];
  /** Records [0, prefix) are done. */
  prefix: number;
  /** Done records beyond `prefix`, by index. */
  readonly scattered: Set<number>;
}

/** A position that may be written, with how many records it covers. */
export interface Checkpointable {
  readonly checkpoint: Checkpoint;
  readonly ordinal: number;
}

export class Progress {
  readonly #spans: Span[] = [];
  #deliveredOrdinal = 0;
  #lastDelivered: Checkpoint;
  #done: Checkpointable;
  #durable: Checkpointable;

  /** @param start the durable checkpoint at which the tenure begins. */
  constructor(start: Checkpoint) {
    this.#lastDelivered = start;
    this.#done = { checkpoint: start, ordinal: 0 };
    this.#durable = this.#done;
  }

  get lastDelivered(): Checkpoint {
    return this.#lastDelivered;
  }

  /** The end of the gap-free run of done records. */
  get done(): Checkpointable {
    return this.#done;
  }

  get durable(): Checkpoint {
    return this.#durable.checkpoint;
  }

  /** How many records of this tenure the durable checkpoint covers. */
  get durableOrdinal(): number {
    return this.#durable.ordinal;
  }

  /** Delivered and not covered by the durable checkpoint. */
  get uncheckpointedRecords(): number {
    return this.#deliveredOrdinal - this.#durable.ordinal;
  }

  /** Done and not yet durable. */
  get hasNews(): boolean {
    return this.#done.ordinal > this.#durable.ordinal;
  }

  /** Is everything that was delivered done? */
  get complete(): boolean {
    return this.#done.ordinal === this.#deliveredOrdinal;
  }

  /** `positions` must ascend and lie after all that was delivered before. */
  deliver(positions: readonly RecordPosition[]): void {
    const last = positions.at(-1);
    if (last === undefined) return;
    this.#spans.push({
      firstOrdinal: this.#deliveredOrdinal,
      positions,
      prefix: 0,
      scattered: new Set(),
    });
    this.#deliveredOrdinal += positions.length;
    const { sequenceNumber, subSequenceNumber } = last;
    this.#lastDelivered = { sequenceNumber, subSequenceNumber };
  }

  /**
   * All records up to and including `position` are done.
   * @returns false if it lies beyond the last delivered record, or before the first of this tenure.
   */
  completeThrough(position: Checkpoint): boolean {
    if (compareCheckpoints(position, this.#lastDelivered) > 0) return false;
    for (const span of this.#spans) {
      const count = countThrough(span.positions, position);
      if (count > span.prefix) {
        span.prefix = count;
        absorb(span);
      }
      if (count < span.positions.length) break;
    }
    this.#advance();
    return true;
  }

  /**
   * This one record is done, whatever is before it.
   * @returns false if no such record is outstanding or was delivered.
   */
  completeOne(position: RecordPosition): boolean {
    if (compareCheckpoints(position, this.#lastDelivered) > 0) return false;
    if (compareCheckpoints(position, this.#done.checkpoint) <= 0) return true;
    for (const span of this.#spans) {
      const index = countThrough(span.positions, position) - 1;
      if (index === span.positions.length - 1 && !isAt(span.positions[index], position)) continue;
      if (!isAt(span.positions[index], position)) return false;
      if (index >= span.prefix) span.scattered.add(index);
      absorb(span);
      this.#advance();
      return true;
    }
    return false;
  }

  /** The table has it. */
  written(checkpointable: Checkpointable): void {
    if (checkpointable.ordinal >= this.#durable.ordinal) this.#durable = checkpointable;
  }

  #advance(): void {
    let ordinal = this.#done.ordinal;
    let checkpoint = this.#done.checkpoint;
    for (let first = this.#spans[0]; first !== undefined; first = this.#spans[0]) {
      const reached = first.firstOrdinal + first.prefix;
      const last = first.positions[first.prefix - 1];
      if (reached > ordinal && last !== undefined) {
        ordinal = reached;
        checkpoint = last;
      }
      if (first.prefix < first.positions.length) break;
      this.#spans.shift();
    }
    if (ordinal === this.#done.ordinal) return;
    const { sequenceNumber, subSequenceNumber } = checkpoint;
    this.#done = { checkpoint: { sequenceNumber, subSequenceNumber }, ordinal };
  }
}

/** How many of the ascending positions are at or before `position`. */
function countThrough(positions: readonly RecordPosition[], position: Checkpoint): number {
  let low = 0;
  let high = positions.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareCheckpoints(positions[middle] as RecordPosition, position) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function isAt(a: RecordPosition | undefined, b: RecordPosition): boolean {
  return (
    a !== undefined &&
    a.sequenceNumber === b.sequenceNumber &&
    a.subSequenceNumber === b.subSequenceNumber
  );
}

/** Takes scattered records that now join the prefix. */
function absorb(span: Span): void {
  while (span.scattered.delete(span.prefix)) span.prefix++;
  if (span.scattered.size === 0) return;
  for (const index of span.scattered) if (index < span.prefix) span.scattered.delete(index);
}
