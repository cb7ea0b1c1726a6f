/** The lease table as one simulated process sees it. */

import type {
  CallOptions,
  CheckpointWrite,
  Lease,
  LeaseTable,
  LeaseWrite,
  Outcome,
  StreamIdentity,
} from "@shardline/model";
import type { CallSite, Link } from "../kernel/link.ts";
import { unhurried } from "./kinesis-port.ts";

function reading(verb: string): CallSite {
  return { service: "table", verb, writes: false };
}

function writing(verb: string): CallSite {
  return { service: "table", verb, writes: true };
}

export class TablePort implements LeaseTable {
  readonly #link: Link;
  readonly #served: LeaseTable;

  constructor(link: Link, served: LeaseTable) {
    this.#link = link;
    this.#served = served;
  }

  ensure(options: CallOptions): Promise<Outcome<{ readonly created: boolean }>> {
    return this.#link.call(writing("ensure"), options, () =>
      this.#served.ensure(unhurried(options)),
    );
  }

  list(
    options: CallOptions,
  ): Promise<Outcome<{ readonly leases: readonly Lease[]; readonly unreadable: number }>> {
    return this.#link.call(reading("list"), options, () => this.#served.list(unhurried(options)));
  }

  get(
    leaseKey: string,
    options: CallOptions,
  ): Promise<Outcome<{ readonly lease: Lease | undefined }>> {
    return this.#link.call(reading("get"), options, () =>
      this.#served.get(leaseKey, unhurried(options)),
    );
  }

  create(
    lease: Lease,
    options: CallOptions,
  ): Promise<Outcome<{ readonly lease: Lease }> | { readonly kind: "exists" }> {
    return this.#link.call(writing("create"), options, () =>
      this.#served.create(lease, unhurried(options)),
    );
  }

  take(
    seen: Lease,
    workerId: string,
    stream: StreamIdentity | undefined,
    options: CallOptions,
  ): Promise<LeaseWrite> {
    return this.#link.call(writing("take"), options, () =>
      this.#served.take(seen, workerId, stream, unhurried(options)),
    );
  }

  renew(
    held: Lease,
    throughputKBps: number | undefined,
    options: CallOptions,
  ): Promise<LeaseWrite> {
    return this.#link.call(writing("renew"), options, () =>
      this.#served.renew(held, throughputKBps, unhurried(options)),
    );
  }

  checkpoint(held: Lease, write: CheckpointWrite, options: CallOptions): Promise<LeaseWrite> {
    return this.#link.call(writing("checkpoint"), options, () =>
      this.#served.checkpoint(held, write, unhurried(options)),
    );
  }

  requestHandOff(seen: Lease, workerId: string, options: CallOptions): Promise<LeaseWrite> {
    return this.#link.call(writing("requestHandOff"), options, () =>
      this.#served.requestHandOff(seen, workerId, unhurried(options)),
    );
  }

  release(held: Lease, options: CallOptions): Promise<LeaseWrite> {
    return this.#link.call(writing("release"), options, () =>
      this.#served.release(held, unhurried(options)),
    );
  }

  setChildren(
    held: Lease,
    childShardIds: readonly string[],
    options: CallOptions,
  ): Promise<LeaseWrite> {
    return this.#link.call(writing("setChildren"), options, () =>
      this.#served.setChildren(held, childShardIds, unhurried(options)),
    );
  }

  delete(seen: Lease, options: CallOptions): Promise<LeaseWrite> {
    return this.#link.call(writing("delete"), options, () =>
      this.#served.delete(seen, unhurried(options)),
    );
  }

  async close(): Promise<void> {}
}
