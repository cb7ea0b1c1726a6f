/** Looks at the lease table again and again: a checkpoint that goes back was written by the wrong tenure. */

import { createLeaseTable } from "@shardline/aws";
import { type Checkpoint, compareCheckpoints, effectiveOwner, type Lease } from "@shardline/model";

const EVERY_MS = 150;

export class LeaseWatch {
  readonly #table: ReturnType<typeof createLeaseTable>;
  readonly #timer: NodeJS.Timeout;
  readonly #checkpoints = new Map<string, Checkpoint>();
  #looking: Promise<void> | undefined;
  leases: readonly Lease[] = [];
  checkpointsBack = 0;

  constructor(tableName: string, endpoint: string) {
    const credentials = { accessKeyId: "local", secretAccessKey: "local" };
    this.#table = createLeaseTable({ tableName, endpoint, region: "us-east-1", credentials });
    this.#timer = setInterval(() => void this.look(), EVERY_MS);
  }

  /** One look at a time: an older answer after a newer one would seem to go back. */
  look(): Promise<void> {
    this.#looking ??= this.#lookNow().finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  async #lookNow(): Promise<void> {
    const listed = await this.#table.list({ timeoutMs: 2000 });
    if (listed.kind === "failed") return;
    this.leases = listed.leases;
    for (const { leaseKey, checkpoint } of listed.leases) {
      const before = this.#checkpoints.get(leaseKey);
      if (before !== undefined && compareCheckpoints(checkpoint, before) < 0)
        this.checkpointsBack++;
      this.#checkpoints.set(leaseKey, checkpoint);
    }
  }

  heldBy(workerId: string): readonly string[] {
    const held = this.leases.filter((lease) => effectiveOwner(lease) === workerId);
    return held.map(({ leaseKey }) => leaseKey);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
    await this.#table.close();
  }
}
