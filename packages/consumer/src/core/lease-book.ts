/**
 * What this worker has seen of each lease, and since when.
 *
 * A lease is expired when this worker itself has seen its row stand still for the whole failover
 * time on its own monotonic clock (rule R2); no clocks of two machines are ever compared. Scans are
 * eventually consistent (F33): an older row than one already seen is not believed, a row that is
 * missing is remembered for a while.
 */

import { effectiveOwner, isShardEnd, type Lease } from "@shardline/model";

export interface Sighting {
  readonly lease: Lease;
  /** When this counter of this effective owner was first seen. */
  readonly sinceMs: number;
  /** When the lease was first seen without an effective owner; undefined while it has one. */
  readonly unownedSinceMs: number | undefined;
  /** The effective owner before it was let go. */
  readonly previousOwner: string | undefined;
  /** Last time any scan or answer showed the row. */
  readonly shownMs: number;
}

export class LeaseBook {
  readonly #failoverTimeMs: number;
  readonly #sightings = new Map<string, Sighting>();
  /** Rows that look older than what is known: believed only if they stay so (a restored table). */
  readonly #regressedSinceMs = new Map<string, number>();
  /** When the rows of unfinished leases that are gone were last shown. */
  readonly #goneSinceMs = new Map<string, number>();

  constructor(failoverTimeMs: number) {
    this.#failoverTimeMs = failoverTimeMs;
  }

  /**
   * A scan. `nowMs` must be read after its answer came.
   * @returns leases that no scan has shown for the whole failover time: their rows are gone.
   */
  observe(leases: readonly Lease[], nowMs: number): readonly Lease[] {
    for (const lease of leases) this.#see(lease, nowMs, false);
    const gone: Lease[] = [];
    for (const [key, { shownMs, lease }] of this.#sightings) {
      if (nowMs - shownMs <= this.#failoverTimeMs) continue;
      gone.push(lease);
      this.forget(key);
    }
    return gone;
  }

  /** A row out of a consistent read or of a write's answer. */
  note(lease: Lease, nowMs: number): void {
    this.#see(lease, nowMs, true);
  }

  /** The row is known to be gone. */
  forget(leaseKey: string): void {
    const known = this.#sightings.get(leaseKey);
    if (known !== undefined && !isFinished(known.lease)) {
      this.#goneSinceMs.set(leaseKey, known.shownMs);
    }
    this.#sightings.delete(leaseKey);
    this.#regressedSinceMs.delete(leaseKey);
  }

  /** Of an unfinished lease whose row is gone: when it was last shown. */
  goneSinceMs(leaseKey: string): number | undefined {
    return this.#goneSinceMs.get(leaseKey);
  }

  get(leaseKey: string): Sighting | undefined {
    return this.#sightings.get(leaseKey);
  }

  get size(): number {
    return this.#sightings.size;
  }

  sightings(): IterableIterator<Sighting> {
    return this.#sightings.values();
  }

  /** Owned by somebody who has not moved the row for the whole failover time. */
  isExpired({ lease, sinceMs }: Sighting, nowMs: number): boolean {
    return effectiveOwner(lease) !== undefined && nowMs - sinceMs >= this.#failoverTimeMs;
  }

  #see(lease: Lease, nowMs: number, certain: boolean): void {
    const known = this.#sightings.get(lease.leaseKey);
    this.#goneSinceMs.delete(lease.leaseKey);
    if (known === undefined) {
      this.#sightings.set(lease.leaseKey, firstSight(lease, nowMs));
      return;
    }
    if (!certain && this.#looksOlder(lease, known.lease, nowMs)) {
      this.#sightings.set(lease.leaseKey, { ...known, shownMs: nowMs });
      return;
    }
    this.#regressedSinceMs.delete(lease.leaseKey);
    this.#sightings.set(lease.leaseKey, nextSight(known, lease, nowMs));
  }

  #looksOlder(lease: Lease, known: Lease, nowMs: number): boolean {
    if (lease.counter > known.counter) return false;
    if (lease.counter === known.counter) {
      // Only a hand-off changes the owners without the counter; its undoing would be an old row.
      return known.checkpointOwner !== undefined && lease.checkpointOwner === undefined;
    }
    const sinceMs = this.#regressedSinceMs.get(lease.leaseKey) ?? nowMs;
    this.#regressedSinceMs.set(lease.leaseKey, sinceMs);
    return nowMs - sinceMs < this.#failoverTimeMs;
  }
}

function firstSight(lease: Lease, nowMs: number): Sighting {
  const unowned = effectiveOwner(lease) === undefined;
  return {
    lease,
    sinceMs: nowMs,
    unownedSinceMs: unowned ? nowMs : undefined,
    previousOwner: undefined,
    shownMs: nowMs,
  };
}

function nextSight(known: Sighting, lease: Lease, nowMs: number): Sighting {
  const before = effectiveOwner(known.lease);
  const unowned = effectiveOwner(lease) === undefined;
  // Somebody's wish for a hand-off changes the row, but is no sign of life of its holder.
  const stoodStill = lease.counter === known.lease.counter && effectiveOwner(lease) === before;
  return {
    lease,
    sinceMs: stoodStill ? known.sinceMs : nowMs,
    unownedSinceMs: unowned ? (known.unownedSinceMs ?? nowMs) : undefined,
    previousOwner: unowned ? (before ?? known.previousOwner) : undefined,
    shownMs: nowMs,
  };
}

export function isFinished(lease: Lease): boolean {
  return isShardEnd(lease.checkpoint);
}
