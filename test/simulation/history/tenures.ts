/** Tenures as the table saw them: from an applied take to whatever ended it. */

import { isShardEnd } from "@shardline/model";
import type { Delivery, RowWrite } from "./history.ts";

export interface Tenure {
  readonly leaseKey: string;
  /** The counter that the take wrote. */
  readonly fence: number;
  readonly incarnation: string;
  readonly workerId: string;
  readonly take: RowWrite;
  /** The write after which it was over; undefined: it still is. */
  end: RowWrite | undefined;
}

/**
 * A tenure as a worker lived it: the calls that carried one fence. One tenure of the table may be
 * several of these, when the holder gave itself up and then found the row still its own.
 */
export interface LivedTenure {
  readonly leaseKey: string;
  readonly fence: number;
  readonly incarnation: string;
  /** What the table knew of it. */
  readonly tenure: Tenure | undefined;
  /** The holder's own write that gave the row the counter which is the fence. */
  readonly start: RowWrite | undefined;
  readonly deliveries: readonly Delivery[];
}

export class Tenures {
  readonly all: Tenure[] = [];
  readonly #byLease = new Map<string, Tenure[]>();
  readonly #current = new Map<string, Tenure>();

  /** Feeds the writes in their order; `visit` sees each with the tenure that ran before it. */
  constructor(
    writes: readonly RowWrite[],
    visit: (write: RowWrite, current: Tenure | undefined) => void = () => {},
  ) {
    for (const write of writes) {
      visit(write, this.#current.get(write.leaseKey));
      this.#apply(write);
    }
  }

  /** The table's tenure in which a call of the application began. */
  of({ incarnation, shardId, fence, beginStep }: Delivery): Tenure | undefined {
    return this.#byLease
      .get(shardId)
      ?.findLast(
        (one) => one.incarnation === incarnation && one.fence <= fence && one.take.step < beginStep,
      );
  }

  #apply(write: RowWrite): void {
    const current = this.#current.get(write.leaseKey);
    if (write.verb === "take" && write.after?.owner !== undefined) {
      if (current !== undefined) current.end = write;
      const tenure: Tenure = {
        leaseKey: write.leaseKey,
        fence: write.after.counter,
        incarnation: write.incarnation ?? "",
        workerId: write.after.owner,
        take: write,
        end: undefined,
      };
      this.all.push(tenure);
      this.#byLease.set(write.leaseKey, [...(this.#byLease.get(write.leaseKey) ?? []), tenure]);
      this.#current.set(write.leaseKey, tenure);
      return;
    }
    const over =
      write.verb === "release" ||
      write.after === undefined ||
      write.verb === "operator" ||
      isShardEnd(write.after.checkpoint);
    if (!over || current === undefined) return;
    current.end = write;
    this.#current.delete(write.leaseKey);
  }
}

/** In the order in which they began to deliver. */
export function livedTenures(
  deliveries: readonly Delivery[],
  writes: readonly RowWrite[],
  tenures: Tenures,
): LivedTenure[] {
  const counted = new Map<string, RowWrite[]>();
  for (const write of writes) {
    if (write.after === undefined) continue;
    const key = `${write.incarnation}/${write.leaseKey}/${write.after.counter}`;
    counted.set(key, [...(counted.get(key) ?? []), write]);
  }
  const lived = new Map<string, LivedTenure & { readonly deliveries: Delivery[] }>();
  for (const delivery of deliveries) {
    const { incarnation, shardId: leaseKey, fence, beginStep } = delivery;
    const key = `${incarnation}/${leaseKey}/${fence}`;
    const start = counted.get(key)?.findLast(({ step }) => step < beginStep);
    // A row that was deleted by hand counts from the start again.
    const id = `${key}/${start?.step}`;
    const known = lived.get(id);
    if (known !== undefined) known.deliveries.push(delivery);
    else {
      const tenure = tenures.of(delivery);
      lived.set(id, { leaseKey, fence, incarnation, tenure, start, deliveries: [delivery] });
    }
  }
  return [...lived.values()];
}
