/** Ports that pass everything on: a planted bug overrides one method. */

import type {
  CallOptions,
  CheckpointWrite,
  KinesisApi,
  Lease,
  LeaseTable,
  StreamIdentity,
} from "@shardline/model";

export class ForwardLeases implements LeaseTable {
  protected readonly next: LeaseTable;

  constructor(next: LeaseTable) {
    this.next = next;
  }

  ensure(options: CallOptions): ReturnType<LeaseTable["ensure"]> {
    return this.next.ensure(options);
  }
  list(options: CallOptions): ReturnType<LeaseTable["list"]> {
    return this.next.list(options);
  }
  get(leaseKey: string, options: CallOptions): ReturnType<LeaseTable["get"]> {
    return this.next.get(leaseKey, options);
  }
  create(lease: Lease, options: CallOptions): ReturnType<LeaseTable["create"]> {
    return this.next.create(lease, options);
  }
  take(
    seen: Lease,
    workerId: string,
    stream: StreamIdentity | undefined,
    options: CallOptions,
  ): ReturnType<LeaseTable["take"]> {
    return this.next.take(seen, workerId, stream, options);
  }
  renew(
    held: Lease,
    throughputKBps: number | undefined,
    options: CallOptions,
  ): ReturnType<LeaseTable["renew"]> {
    return this.next.renew(held, throughputKBps, options);
  }
  checkpoint(
    held: Lease,
    write: CheckpointWrite,
    options: CallOptions,
  ): ReturnType<LeaseTable["checkpoint"]> {
    return this.next.checkpoint(held, write, options);
  }
  requestHandOff(
    seen: Lease,
    workerId: string,
    options: CallOptions,
  ): ReturnType<LeaseTable["requestHandOff"]> {
    return this.next.requestHandOff(seen, workerId, options);
  }
  release(held: Lease, options: CallOptions): ReturnType<LeaseTable["release"]> {
    return this.next.release(held, options);
  }
  setChildren(
    held: Lease,
    childShardIds: readonly string[],
    options: CallOptions,
  ): ReturnType<LeaseTable["setChildren"]> {
    return this.next.setChildren(held, childShardIds, options);
  }
  delete(seen: Lease, options: CallOptions): ReturnType<LeaseTable["delete"]> {
    return this.next.delete(seen, options);
  }
  close(): Promise<void> {
    return this.next.close();
  }
}

type Call<Verb extends keyof KinesisApi> = KinesisApi[Verb];

export class ForwardKinesis implements KinesisApi {
  protected readonly next: KinesisApi;

  constructor(next: KinesisApi) {
    this.next = next;
  }

  putRecords(...call: Parameters<Call<"putRecords">>): ReturnType<Call<"putRecords">> {
    return this.next.putRecords(...call);
  }
  putRecord(...call: Parameters<Call<"putRecord">>): ReturnType<Call<"putRecord">> {
    return this.next.putRecord(...call);
  }
  describeStream(...call: Parameters<Call<"describeStream">>): ReturnType<Call<"describeStream">> {
    return this.next.describeStream(...call);
  }
  listShards(...call: Parameters<Call<"listShards">>): ReturnType<Call<"listShards">> {
    return this.next.listShards(...call);
  }
  getShardIterator(
    ...call: Parameters<Call<"getShardIterator">>
  ): ReturnType<Call<"getShardIterator">> {
    return this.next.getShardIterator(...call);
  }
  getRecords(...call: Parameters<Call<"getRecords">>): ReturnType<Call<"getRecords">> {
    return this.next.getRecords(...call);
  }
  close(): Promise<void> {
    return this.next.close();
  }
}
