import {
  type Checkpoint,
  type CheckpointWrite,
  type CallOptions,
  effectiveOwner,
  type Failure,
  failure,
  isShardEnd,
  type Lease,
  type LeaseTable,
  type LeaseWrite,
  type Outcome,
  type PendingCheckpoint,
  type StreamIdentity,
  sameCheckpoint,
} from "@shardline/model";

export type LeaseVerb =
  | "create"
  | "take"
  | "renew"
  | "checkpoint"
  | "requestHandOff"
  | "release"
  | "setChildren"
  | "delete"
  | "operator";

/** One write that changed a row, in the order in which the table applied them. */
export interface AppliedLeaseWrite {
  readonly verb: LeaseVerb;
  readonly leaseKey: string;
  readonly before: Lease | undefined;
  readonly after: Lease | undefined;
}

export interface MemoryLeaseTableOptions {
  /** Called within the write itself, so that an observer sees every state that was ever durable. */
  readonly onApplied?: (write: AppliedLeaseWrite) => void;
  /**
   * How stale `list` is: for each row, how many of its last versions to look back (0: the row as it
   * is), or `"missing"`. DynamoDB's scans are eventually consistent and their pages are not of one
   * moment: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.ReadConsistency.html
   */
  readonly lag?: (leaseKey: string, versions: number) => number | "missing";
}

/** Old versions kept of a row for `list` to show. */
const VERSIONS_KEPT = 16;

type Row = Lease | undefined;

/**
 * The lease table in memory, with the same conditions as the one over DynamoDB. A call takes effect
 * at once, before its promise is returned: whoever wants latency wraps it.
 */
export class MemoryLeaseTable implements LeaseTable {
  /** The last versions of every key that ever was, oldest first; undefined where it was deleted. */
  readonly #versions = new Map<string, Row[]>();
  readonly #options: MemoryLeaseTableOptions;
  #created = false;

  constructor(options: MemoryLeaseTableOptions = {}) {
    this.#options = options;
  }

  /** All rows as they are now, by key: the truth, for checkers. */
  rows(): readonly Lease[] {
    const rows = [...this.#versions.keys()].map((leaseKey) => this.#row(leaseKey));
    return rows
      .filter((row) => row !== undefined)
      .sort((a, b) => (a.leaseKey < b.leaseKey ? -1 : 1));
  }

  /** What an operator does with other tools: a row is replaced or removed, no questions asked. */
  overwrite(leaseKey: string, lease: Lease | undefined): void {
    this.#created = true;
    this.#apply("operator", leaseKey, lease);
  }

  async ensure(options: CallOptions): Promise<Outcome<{ readonly created: boolean }>> {
    const stopped = aborted(options);
    if (stopped !== undefined) return stopped;
    const created = !this.#created;
    this.#created = true;
    return { kind: "ok", created };
  }

  async list(
    options: CallOptions,
  ): Promise<Outcome<{ readonly leases: readonly Lease[]; readonly unreadable: number }>> {
    const stopped = this.#unusable(options);
    if (stopped !== undefined) return stopped;
    const leases: Lease[] = [];
    for (const [leaseKey, versions] of this.#versions) {
      const lag = this.#options.lag?.(leaseKey, versions.length) ?? 0;
      if (lag === "missing") continue;
      const seen = versions[Math.max(0, versions.length - 1 - lag)];
      if (seen !== undefined) leases.push(seen);
    }
    return { kind: "ok", leases, unreadable: 0 };
  }

  async get(
    leaseKey: string,
    options: CallOptions,
  ): Promise<Outcome<{ readonly lease: Lease | undefined }>> {
    return this.#unusable(options) ?? { kind: "ok", lease: this.#row(leaseKey) };
  }

  async create(
    lease: Lease,
    options: CallOptions,
  ): Promise<Outcome<{ readonly lease: Lease }> | { readonly kind: "exists" }> {
    const stopped = this.#unusable(options);
    if (stopped !== undefined) return stopped;
    if (this.#row(lease.leaseKey) !== undefined) return { kind: "exists" };
    return { kind: "ok", lease: this.#apply("create", lease.leaseKey, { ...lease }) };
  }

  async take(
    seen: Lease,
    workerId: string,
    stream: StreamIdentity | undefined,
    options: CallOptions,
  ): Promise<LeaseWrite> {
    return this.#write("take", seen, options, sameOwners, (row) => ({
      ...row,
      owner: workerId,
      checkpointOwner: undefined,
      counter: row.counter + 1,
      ownerSwitchesSinceCheckpoint: row.ownerSwitchesSinceCheckpoint + switches(row, workerId),
      stream: row.stream ?? stream,
    }));
  }

  async renew(
    held: Lease,
    throughputKBps: number | undefined,
    options: CallOptions,
  ): Promise<LeaseWrite> {
    return this.#write("renew", held, options, sameHolder, (row) => ({
      ...row,
      counter: row.counter + 1,
      throughputKBps: throughputKBps ?? row.throughputKBps,
    }));
  }

  async checkpoint(held: Lease, write: CheckpointWrite, options: CallOptions): Promise<LeaseWrite> {
    const replaces = (row: Lease, given: Lease): boolean =>
      sameHolder(row, given) && sameCheckpoint(row.checkpoint, given.checkpoint);
    const { checkpoint, pending } = write;
    return this.#write("checkpoint", held, options, replaces, (row) => ({
      ...row,
      counter: row.counter + 1,
      checkpoint: copyOf(checkpoint),
      pending: pending === undefined ? undefined : copyOfPending(pending),
      ownerSwitchesSinceCheckpoint: 0,
    }));
  }

  async requestHandOff(seen: Lease, workerId: string, options: CallOptions): Promise<LeaseWrite> {
    const unasked = (row: Lease, given: Lease): boolean =>
      sameOwners(row, given) && row.owner !== undefined && row.checkpointOwner === undefined;
    return this.#write("requestHandOff", seen, options, unasked, (row) => ({
      ...row,
      owner: workerId,
      checkpointOwner: row.owner,
    }));
  }

  async release(held: Lease, options: CallOptions): Promise<LeaseWrite> {
    return this.#write("release", held, options, sameHolder, (row) => ({
      ...row,
      owner: row.checkpointOwner === undefined ? undefined : row.owner,
      checkpointOwner: undefined,
      counter: row.counter + 1,
    }));
  }

  async setChildren(
    held: Lease,
    childShardIds: readonly string[],
    options: CallOptions,
  ): Promise<LeaseWrite> {
    return this.#write("setChildren", held, options, sameHolder, (row) => ({
      ...row,
      counter: row.counter + 1,
      childShardIds: [...childShardIds],
    }));
  }

  async delete(seen: Lease, options: CallOptions): Promise<LeaseWrite> {
    const ended = (row: Lease, given: Lease): boolean =>
      sameOwners(row, given) && isShardEnd(row.checkpoint);
    return this.#write("delete", seen, options, ended, () => undefined);
  }

  async close(): Promise<void> {}

  #write(
    verb: LeaseVerb,
    given: Lease,
    options: CallOptions,
    condition: (row: Lease, given: Lease) => boolean,
    change: (row: Lease) => Lease | undefined,
  ): LeaseWrite {
    const stopped = this.#unusable(options);
    if (stopped !== undefined) return stopped;
    const row = this.#row(given.leaseKey);
    if (row === undefined || row.counter !== given.counter || !condition(row, given)) {
      return { kind: "obsolete", current: row };
    }
    return { kind: "ok", lease: this.#apply(verb, given.leaseKey, change(row)) ?? row };
  }

  #apply<After extends Row>(verb: LeaseVerb, leaseKey: string, after: After): After {
    const before = this.#row(leaseKey);
    Object.freeze(after);
    const versions = this.#versions.get(leaseKey) ?? [];
    versions.push(after);
    if (versions.length > VERSIONS_KEPT) versions.shift();
    this.#versions.set(leaseKey, versions);
    this.#options.onApplied?.({ verb, leaseKey, before, after });
    return after;
  }

  #row(leaseKey: string): Row {
    return this.#versions.get(leaseKey)?.at(-1);
  }

  #unusable(options: CallOptions): Failure | undefined {
    if (this.#created) return aborted(options);
    return failure("not-found", "ResourceNotFoundException", "the lease table does not exist");
  }
}

/** Rule R1 for those who hold: a hand-off asked for meanwhile does not end the tenure. */
function sameHolder(row: Lease, given: Lease): boolean {
  const holder = effectiveOwner(row);
  return holder !== undefined && holder === effectiveOwner(given);
}

/** Rule R1 for those who look from outside. */
function sameOwners(row: Lease, given: Lease): boolean {
  return row.owner === given.owner && row.checkpointOwner === given.checkpointOwner;
}

/** As the KCL counts: a lease that nobody had changes no owner. */
function switches(row: Lease, workerId: string): 0 | 1 {
  const previous = effectiveOwner(row);
  return previous === undefined || previous === workerId ? 0 : 1;
}

function copyOf({ sequenceNumber, subSequenceNumber }: Checkpoint): Checkpoint {
  return { sequenceNumber, subSequenceNumber };
}

function copyOfPending({ checkpoint, state }: PendingCheckpoint): PendingCheckpoint {
  return {
    checkpoint: copyOf(checkpoint),
    state: state === undefined ? undefined : new Uint8Array(state),
  };
}

function aborted(options: CallOptions): Failure | undefined {
  if (options.signal?.aborted !== true) return undefined;
  return failure("aborted", "Aborted", "aborted by the caller's signal");
}
