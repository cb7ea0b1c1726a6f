/**
 * Compares the stream's shards with the table: makes the first leases, repairs holes, deletes what
 * is finished. Every worker may do it; every write is conditional.
 */

import {
  bounded,
  type Failure,
  failure,
  type Lease,
  type Shard,
  type ShardFilter,
} from "@shardline/model";
import type { LeaseBook } from "./core/lease-book.ts";
import { isDisposable } from "./core/parents.ts";
import {
  applicationStartMs,
  type FirstPosition,
  firstLeases,
  firstPosition,
  hasBegun,
  isBehind,
  missingLeases,
  type Repair,
} from "./core/shard-sync.ts";
import type { WorkerConfig } from "./options.ts";
import type { Ports } from "./ports.ts";
import type { Reporter } from "./reporter.ts";
import type { StreamWatch } from "./stream-watch.ts";

export interface AuditHost {
  readonly config: WorkerConfig;
  readonly ports: Ports;
  readonly watch: StreamWatch;
  readonly reporter: Reporter;
  readonly book: LeaseBook;
  /** Every lease ever seen by this worker, as last seen. */
  readonly lastKnown: ReadonlyMap<string, Lease>;
  readonly stopping: AbortSignal;
}

/** Creations at once. */
const CONCURRENCY = 16;
/** The scan showed nothing, but there are rows: a later one will show them. */
const SCAN_BEHIND: Failure = failure(
  "unavailable",
  "ScanBehind",
  "the scan does not show the rows yet",
);

const LISTING_BEHIND: Failure = failure(
  "unavailable",
  "ListingBehind",
  "the listing does not show the shards of all rows yet",
);

export class ShardAudit {
  readonly #host: AuditHost;
  /**
   * Leases that the last audit missed, and since when: since a row was last shown, if one ever was.
   * The holder of a row that was deleted brings it back itself, so only what is missing for a whole
   * failover time is made here.
   */
  #holes: ReadonlyMap<string, number> = new Map();

  constructor(host: AuditHost) {
    this.#host = host;
  }

  /** When to look a second time at what the last audit missed; undefined: it missed nothing. */
  get nextLookMs(): number | undefined {
    if (this.#holes.size === 0) return undefined;
    const { ports, config } = this.#host;
    const dueMs = Math.min(...this.#holes.values()) + config.failoverTimeMs;
    const nowMs = ports.clock.nowMs();
    return dueMs > nowMs ? dueMs : nowMs + config.failoverTimeMs / 2;
  }

  /** @returns a failure if it could not be done; it is then tried again soon. */
  async run(): Promise<Failure | undefined> {
    const { watch, book, lastKnown } = this.#host;
    const failed = await watch.refresh();
    if (failed !== undefined) return failed;
    // A table that was emptied is repaired out of memory.
    if (book.size === 0 && lastKnown.size === 0) return this.#begin();
    return (await this.#repair()) ?? (await this.#cleanUp());
  }

  /** An empty table: the first leases. The scan may be behind, so rows are looked for one by one. */
  async #begin(): Promise<Failure | undefined> {
    const { config, ports, watch } = this.#host;
    const { initialPosition } = config;
    // Read before the listing: a record put after the start is never before the position.
    const wallMs = ports.clock.wallMs();
    const shards = await watch.list(filterOf(initialPosition.kind, wallMs, initialPosition));
    if (!Array.isArray(shards)) return shards as Failure;
    const listed = shards as readonly Shard[];
    const ids = [...(watch.listing ?? [])];
    for (let i = 0; i < ids.length; i += CONCURRENCY) {
      const rows = await Promise.all(ids.slice(i, i + CONCURRENCY).map((id) => this.#get(id)));
      const found = rows.find((row) => row !== undefined);
      if (found !== undefined) return "kind" in found ? found : SCAN_BEHIND;
    }
    const position = firstPosition(initialPosition, wallMs);
    const leases = firstLeases(listed, position, watch.identity);
    return this.#create(leases.map((lease) => ({ lease, why: "first" })));
  }

  async #repair(): Promise<Failure | undefined> {
    const { watch, book, lastKnown, ports, config } = this.#host;
    const shards = watch.shards ?? [];
    const rows = [...book.sightings()].map(({ lease }): [string, Lease] => [lease.leaseKey, lease]);
    if (isBehind(shards, [...lastKnown.values()])) return LISTING_BEHIND;
    const repairs = missingLeases({
      shards,
      leases: new Map(rows),
      lastKnown: (shardId) => lastKnown.get(shardId),
      orphanPosition: this.#orphanPosition(),
      stream: watch.identity,
      wallMs: ports.clock.wallMs(),
    });
    const nowMs = ports.clock.nowMs();
    const before = this.#holes;
    const sinceMs = ({ lease: { leaseKey } }: Repair): number =>
      before.get(leaseKey) ?? book.goneSinceMs(leaseKey) ?? nowMs;
    this.#holes = new Map(repairs.map((repair) => [repair.lease.leaseKey, sinceMs(repair)]));
    const proven: Repair[] = [];
    for (const repair of repairs) {
      if (nowMs - sinceMs(repair) < config.failoverTimeMs) continue;
      const holds = await this.#stillHolds(repair);
      if (typeof holds === "object") return holds;
      if (holds) proven.push(repair);
    }
    return this.#create(proven);
  }

  /** Scans are hints: before a row is made, it and those of its family are read. */
  async #stillHolds({ lease, why }: Repair): Promise<boolean | Failure> {
    const row = await this.#get(lease.leaseKey);
    if (row !== undefined) return "kind" in row ? row : false;
    const finished = await this.wasFinished(lease);
    if (typeof finished === "object") return finished;
    if (finished) return false;
    if (why === "row-lost") return true;
    for (const parentId of lease.parentShardIds) {
      const parent = await this.#get(parentId);
      if (parent === undefined) continue;
      if ("kind" in parent) return parent;
      if (parent.checkpoint.sequenceNumber !== "SHARD_END") {
        if (this.#host.watch.listing?.has(parentId) === true) return false;
      }
    }
    return true;
  }

  /** Has a child of it begun? Then its row is gone because it was finished, not because it was lost. */
  async wasFinished({ leaseKey, childShardIds }: Lease): Promise<boolean | Failure> {
    const children = new Set(childShardIds);
    for (const { shardId, parentShardIds } of this.#host.watch.shards ?? []) {
      if (parentShardIds.includes(leaseKey)) children.add(shardId);
    }
    for (const childId of children) {
      const child = await this.#get(childId);
      if (child === undefined) continue;
      if ("kind" in child) return child;
      if (hasBegun(child)) return true;
    }
    return false;
  }

  #orphanPosition(): FirstPosition {
    const { config, ports, lastKnown } = this.#host;
    const startMs = applicationStartMs(lastKnown.values()) ?? ports.clock.wallMs();
    return firstPosition(config.initialPosition, startMs);
  }

  async #create(
    repairs: readonly { readonly lease: Lease; readonly why: string }[],
  ): Promise<Failure | undefined> {
    const { config, ports, reporter, book, stopping } = this.#host;
    const timeoutMs = config.leaseCallTimeoutMs;
    let failed: Failure | undefined;
    const create = async ({ lease, why }: { lease: Lease; why: string }): Promise<void> => {
      const answer = await bounded(ports.clock, { timeoutMs, signal: stopping }, (options) =>
        ports.leases.create(lease, options),
      );
      if (answer.kind === "failed") failed = answer;
      if (answer.kind !== "ok") return;
      book.note(answer.lease, ports.clock.nowMs());
      reporter.leaseCreated(lease.leaseKey, why, lease.checkpoint);
    };
    for (let i = 0; i < repairs.length; i += CONCURRENCY) {
      await Promise.all(repairs.slice(i, i + CONCURRENCY).map(create));
    }
    return failed;
  }

  /** Finished leases whose children are under way, proven by consistent reads. */
  async #cleanUp(): Promise<Failure | undefined> {
    const { config, ports, book, reporter, stopping } = this.#host;
    if (!config.cleanUpFinishedLeases) return undefined;
    const timeoutMs = config.leaseCallTimeoutMs;
    const hinted = [...book.sightings()].filter(({ lease }) =>
      isDisposable(lease, (id) => book.get(id)?.lease),
    );
    for (const { lease } of hinted) {
      const rows = new Map<string, Lease>();
      for (const id of [lease.leaseKey, ...lease.childShardIds, ...lease.parentShardIds]) {
        const row = await this.#get(id);
        if (row !== undefined && "kind" in row) return row;
        if (row !== undefined) rows.set(id, row);
      }
      const current = rows.get(lease.leaseKey);
      if (current === undefined || !isDisposable(current, (id) => rows.get(id))) continue;
      const answer = await bounded(ports.clock, { timeoutMs, signal: stopping }, (options) =>
        ports.leases.delete(current, options),
      );
      if (answer.kind === "failed") return answer;
      if (answer.kind !== "ok") continue;
      book.forget(lease.leaseKey);
      reporter.leaseCleanedUp(lease.leaseKey);
    }
    return undefined;
  }

  async #get(leaseKey: string): Promise<Lease | Failure | undefined> {
    const { config, ports, stopping } = this.#host;
    const timeoutMs = config.leaseCallTimeoutMs;
    const read = await bounded(ports.clock, { timeoutMs, signal: stopping }, (options) =>
      ports.leases.get(leaseKey, options),
    );
    return read.kind === "failed" ? read : read.lease;
  }
}

function filterOf(
  kind: "trim-horizon" | "latest" | "at-timestamp",
  wallMs: number,
  position: WorkerConfig["initialPosition"],
): ShardFilter {
  switch (kind) {
    case "trim-horizon":
      return { kind: "at-trim-horizon" };
    case "latest":
      return { kind: "at-latest" };
    case "at-timestamp":
      return {
        kind: "at-timestamp",
        timestampMs: position.kind === "at-timestamp" ? position.timestampMs : wallMs,
      };
  }
}
