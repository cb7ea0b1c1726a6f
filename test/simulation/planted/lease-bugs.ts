/** Bugs around the lease table: rules R1, R2, R4, R5, R7 negated. */

import {
  type CallOptions,
  type CheckpointWrite,
  isShardEnd,
  type Lease,
  type LeaseTable,
  type LeaseWrite,
  SHARD_END,
  type StreamIdentity,
} from "@shardline/model";
import type { World } from "../world/world.ts";
import { ForwardLeases } from "./forward.ts";
import type { Plant } from "./plant.ts";

/** The row as it is, whatever the caller believes: with it every condition holds. */
function truth(world: World, seen: Lease): Lease {
  return world.table.rows().find(({ leaseKey }) => leaseKey === seen.leaseKey) ?? seen;
}

class UnconditionalCheckpoint extends ForwardLeases {
  readonly #world: World;

  constructor(next: LeaseTable, world: World) {
    super(next);
    this.#world = world;
  }

  override checkpoint(
    held: Lease,
    write: CheckpointWrite,
    options: CallOptions,
  ): Promise<LeaseWrite> {
    return this.next.checkpoint(truth(this.#world, held), write, options);
  }
}

class UnconditionalRenew extends ForwardLeases {
  readonly #world: World;

  constructor(next: LeaseTable, world: World) {
    super(next);
    this.#world = world;
  }

  override renew(
    held: Lease,
    throughputKBps: number | undefined,
    options: CallOptions,
  ): Promise<LeaseWrite> {
    return this.next.renew(truth(this.#world, held), throughputKBps, options);
  }
}

class UnconditionalRelease extends ForwardLeases {
  readonly #world: World;

  constructor(next: LeaseTable, world: World) {
    super(next);
    this.#world = world;
  }

  override release(held: Lease, options: CallOptions): Promise<LeaseWrite> {
    return this.next.release(truth(this.#world, held), options);
  }
}

class UnconditionalTake extends ForwardLeases {
  readonly #world: World;

  constructor(next: LeaseTable, world: World) {
    super(next);
    this.#world = world;
  }

  override take(
    seen: Lease,
    workerId: string,
    stream: StreamIdentity | undefined,
    options: CallOptions,
  ): Promise<LeaseWrite> {
    return this.next.take(truth(this.#world, seen), workerId, stream, options);
  }
}

/** A hand-off that does not ask: the KCL's steal. */
class Steal extends ForwardLeases {
  override requestHandOff(
    seen: Lease,
    workerId: string,
    options: CallOptions,
  ): Promise<LeaseWrite> {
    return this.next.take(seen, workerId, undefined, options);
  }
}

/** Whatever is in doubt has surely worked. */
class DoubtIsSuccess extends ForwardLeases {
  override async checkpoint(
    held: Lease,
    write: CheckpointWrite,
    options: CallOptions,
  ): Promise<LeaseWrite> {
    const answer = await this.next.checkpoint(held, write, options);
    if (answer.kind !== "failed" || !answer.ambiguous) return answer;
    const { checkpoint } = write;
    return { kind: "ok", lease: { ...held, checkpoint, counter: held.counter + 1 } };
  }
}

/** Whatever is in doubt has surely failed, because somebody else has the lease (K5). */
class DoubtIsLoss extends ForwardLeases {
  override async checkpoint(
    held: Lease,
    write: CheckpointWrite,
    options: CallOptions,
  ): Promise<LeaseWrite> {
    return this.#settled(held, await this.next.checkpoint(held, write, options));
  }

  override async renew(
    held: Lease,
    throughputKBps: number | undefined,
    options: CallOptions,
  ): Promise<LeaseWrite> {
    return this.#settled(held, await this.next.renew(held, throughputKBps, options));
  }

  #settled(held: Lease, answer: LeaseWrite): LeaseWrite {
    if (answer.kind !== "failed" || !answer.ambiguous) return answer;
    return { kind: "obsolete", current: { ...held, owner: "another", counter: held.counter + 1 } };
  }
}

/** A renewal in doubt has surely worked: nobody else can have the lease. */
class DoubtIsHold extends ForwardLeases {
  override async renew(
    held: Lease,
    throughputKBps: number | undefined,
    options: CallOptions,
  ): Promise<LeaseWrite> {
    const answer = await this.next.renew(held, throughputKBps, options);
    if (answer.kind !== "failed" || !answer.ambiguous) return answer;
    return { kind: "ok", lease: held };
  }
}

/** Gives the lease back in its own mind only. */
class ReleaseForgotten extends ForwardLeases {
  override release(held: Lease): Promise<LeaseWrite> {
    const lease = { ...held, owner: undefined, counter: held.counter + 1 };
    return Promise.resolve({ kind: "ok", lease });
  }
}

/** Parents always look finished. */
class ParentsLookFinished extends ForwardLeases {
  readonly #world: World;

  constructor(next: LeaseTable, world: World) {
    super(next);
    this.#world = world;
  }

  override async list(options: CallOptions): ReturnType<LeaseTable["list"]> {
    const answer = await this.next.list(options);
    if (answer.kind !== "ok") return answer;
    return { ...answer, leases: answer.leases.map((lease) => this.#finished(lease)) };
  }

  override async get(leaseKey: string, options: CallOptions): ReturnType<LeaseTable["get"]> {
    const answer = await this.next.get(leaseKey, options);
    if (answer.kind !== "ok" || answer.lease === undefined) return answer;
    return { kind: "ok", lease: this.#finished(answer.lease) };
  }

  #finished(lease: Lease): Lease {
    const parent = [...this.#world.history.shards.values()].some(({ shard }) =>
      shard.parentShardIds.includes(lease.leaseKey),
    );
    return parent ? { ...lease, checkpoint: SHARD_END } : lease;
  }
}

/** The checkpoint goes one batch back now and then, as a naive restore of a cache would do. */
class CheckpointsGoBack extends ForwardLeases {
  readonly #first = new Map<string, CheckpointWrite>();

  override checkpoint(
    held: Lease,
    write: CheckpointWrite,
    options: CallOptions,
  ): Promise<LeaseWrite> {
    const first = this.#first.get(held.leaseKey) ?? write;
    this.#first.set(held.leaseKey, first);
    const back = held.counter % 7 === 0 && !isShardEnd(write.checkpoint);
    return this.next.checkpoint(held, back ? first : write, options);
  }
}

/** Checkpoints what is in the stream, not what is processed. */
class CheckpointsAhead extends ForwardLeases {
  readonly #world: World;

  constructor(next: LeaseTable, world: World) {
    super(next);
    this.#world = world;
  }

  override checkpoint(
    held: Lease,
    write: CheckpointWrite,
    options: CallOptions,
  ): Promise<LeaseWrite> {
    const last = this.#world.history.stored.findLast(({ shardId }) => shardId === held.leaseKey);
    if (last === undefined || isShardEnd(write.checkpoint)) {
      return this.next.checkpoint(held, write, options);
    }
    const checkpoint = { sequenceNumber: last.sequenceNumber, subSequenceNumber: 0 };
    return this.next.checkpoint(held, { checkpoint }, options);
  }
}

/** The children of an ended shard are only said to have been created. */
class ChildrenForgotten extends ForwardLeases {
  override create(lease: Lease, options: CallOptions): ReturnType<LeaseTable["create"]> {
    if (lease.parentShardIds.length === 0) return this.next.create(lease, options);
    return Promise.resolve({ kind: "ok", lease });
  }
}

export const LEASE_BUGS: readonly Plant[] = [
  {
    name: "checkpoint-without-condition",
    properties: ["S3", "S4a", "S2b"],
    seed: 5,
    breaks: "R1",
    table: (table, world) => new UnconditionalCheckpoint(table, world),
  },
  {
    name: "renew-without-condition",
    properties: ["S4a"],
    seed: 96,
    breaks: "R1, R5: a late success revives a tenure",
    table: (table, world) => new UnconditionalRenew(table, world),
  },
  {
    name: "release-without-condition",
    properties: ["S4a"],
    seed: 15,
    breaks: "R1",
    table: (table, world) => new UnconditionalRelease(table, world),
  },
  {
    name: "take-without-condition",
    properties: ["S4b", "S4c"],
    seed: 15,
    breaks: "R1, R2",
    table: (table, world) => new UnconditionalTake(table, world),
  },
  {
    name: "steal",
    properties: ["S4b"],
    seed: 4,
    breaks: "hand-offs wait for the holder",
    leases: (port) => new Steal(port),
  },
  {
    name: "doubt-is-success",
    properties: ["D-read", "S2b", "S4a"],
    seed: 4,
    breaks: "R4",
    leases: (port) => new DoubtIsSuccess(port),
  },
  {
    name: "doubt-is-loss",
    properties: ["S4d"],
    seed: 1,
    breaks: "R4 (K5)",
    leases: (port) => new DoubtIsLoss(port),
  },
  {
    name: "doubt-is-hold",
    properties: ["S4b"],
    seed: 15,
    breaks: "R4, R2: only an applied write moves the deadline",
    leases: (port) => new DoubtIsHold(port),
  },
  {
    name: "release-forgotten",
    properties: ["L2"],
    seed: 8,
    breaks: "L2 after a graceful stop",
    leases: (port) => new ReleaseForgotten(port),
  },
  {
    name: "parents-look-finished",
    properties: ["S5"],
    seed: 1,
    breaks: "R7, S5",
    leases: (port, world) => new ParentsLookFinished(port, world),
  },
  {
    name: "checkpoints-go-back",
    properties: ["S3"],
    seed: 1,
    breaks: "S3",
    leases: (port) => new CheckpointsGoBack(port),
  },
  {
    name: "checkpoints-ahead",
    properties: ["S2b"],
    seed: 1,
    breaks: "S2b",
    leases: (port, world) => new CheckpointsAhead(port, world),
  },
  {
    name: "children-forgotten",
    properties: ["S5c", "S2"],
    seed: 1,
    breaks: "S5c",
    leases: (port) => new ChildrenForgotten(port),
  },
];
