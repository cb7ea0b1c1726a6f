/** Tenures as the table saw them: from an applied take to whatever ended it. */

import { isShardEnd } from "@shardline/model";
import type { RowWrite } from "./history.ts";

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

  /**
   * The tenure that a call of the application belongs to. Its fence may be later than the counter of
   * the take: a take in doubt is proven by a write after it.
   */
  of(call: {
    readonly incarnation: string;
    readonly shardId: string;
    readonly fence: number;
  }): Tenure | undefined {
    return this.#byLease
      .get(call.shardId)
      ?.findLast(
        ({ incarnation, fence }) => incarnation === call.incarnation && fence <= call.fence,
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
