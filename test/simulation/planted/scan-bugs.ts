/** Bugs of what a scan of the lease table shows: what may be taken, and when. */

import type { CallOptions, Lease, LeaseTable, LeaseWrite, StreamIdentity } from "@shardline/model";
import { ForwardLeases } from "./forward.ts";
import type { Plant } from "./plant.ts";

/** Scans lie, but what is taken is the row as it is. */
class ScansLie extends ForwardLeases {
  override take(
    seen: Lease,
    workerId: string,
    stream: StreamIdentity | undefined,
    options: CallOptions,
  ): Promise<LeaseWrite> {
    return this.next.get(seen.leaseKey, options).then((answer) => {
      const row = answer.kind === "ok" ? answer.lease : undefined;
      return this.next.take(row ?? seen, workerId, stream, options);
    });
  }
}

/** Every lease that anybody has looks free. */
class EverythingLooksFree extends ScansLie {
  override async list(options: CallOptions): ReturnType<LeaseTable["list"]> {
    const answer = await this.next.list(options);
    if (answer.kind !== "ok") return answer;
    const free = { owner: undefined, checkpointOwner: undefined };
    return { ...answer, leases: answer.leases.map((lease) => ({ ...lease, ...free })) };
  }
}

/** Whoever has a lease seems to renew it, alive or not. */
class TheDeadLookAlive extends ScansLie {
  #scans = 0;

  override async list(options: CallOptions): ReturnType<LeaseTable["list"]> {
    const answer = await this.next.list(options);
    if (answer.kind !== "ok") return answer;
    this.#scans++;
    const moved = (lease: Lease): Lease =>
      lease.owner === undefined ? lease : { ...lease, counter: lease.counter + this.#scans };
    return { ...answer, leases: answer.leases.map(moved) };
  }
}

/** Scans are slow to show the leases of children. */
class ChildrenOverlooked extends ForwardLeases {
  readonly #looks = new Map<string, number>();

  override async list(options: CallOptions): ReturnType<LeaseTable["list"]> {
    const answer = await this.next.list(options);
    if (answer.kind !== "ok") return answer;
    const isShown = ({ leaseKey, owner, parentShardIds }: Lease): boolean => {
      const looks = (this.#looks.get(leaseKey) ?? 0) + 1;
      this.#looks.set(leaseKey, looks);
      return parentShardIds.length === 0 || owner !== undefined || looks > 20;
    };
    return { ...answer, leases: answer.leases.filter(isShown) };
  }
}

export const SCAN_BUGS: readonly Plant[] = [
  {
    name: "everything-looks-free",
    properties: ["S4b", "S4c"],
    seed: 1,
    breaks: "R2: takers wait",
    leases: (port) => new EverythingLooksFree(port),
  },
  {
    name: "the-dead-look-alive",
    properties: ["L1"],
    seed: 1,
    breaks: "R6: whoever sees an expired lease takes it",
    leases: (port) => new TheDeadLookAlive(port),
  },
  {
    name: "children-overlooked",
    properties: ["L9"],
    seed: 1,
    breaks: "L9",
    leases: (port) => new ChildrenOverlooked(port),
  },
];
