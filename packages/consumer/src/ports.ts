import type { Clock, KinesisApi, LeaseTable, Logger, Metrics, Random } from "@shardline/model";
import type { WorkerConfig } from "./options.ts";

/** Everything outside the package. */
export interface Ports {
  readonly kinesis: KinesisApi;
  readonly leases: LeaseTable;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** The given ports, and AWS for what is not given; `close` lets go of the latter only. */
export async function openPorts(
  config: WorkerConfig,
): Promise<Ports & { readonly close: () => Promise<void> }> {
  const { clock, random, logger, metrics, aws = {}, tableName } = config;
  let { kinesis, leases } = config;
  const opened: (KinesisApi | LeaseTable)[] = [];
  if (kinesis === undefined || leases === undefined) {
    // Loaded only where needed: the SDK is most of the start-up time.
    const adapters = await import("@shardline/aws");
    const split = adapters.splitConnection("Worker.aws", aws);
    if (kinesis === undefined) {
      const { maxConnections = config.maxConcurrentReads } = split.kinesis;
      kinesis = adapters.createKinesis({ ...split.kinesis, maxConnections, clock, random });
      opened.push(kinesis);
    }
    if (leases === undefined) {
      leases = adapters.createLeaseTable({ ...split.leases, tableName, clock, random });
      opened.push(leases);
    }
  }
  const close = async (): Promise<void> => {
    await Promise.all(opened.map((port) => port.close()));
  };
  return { kinesis, leases, clock, random, logger, metrics, close };
}
