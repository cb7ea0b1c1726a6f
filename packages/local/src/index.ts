export type { MemoryKinesisOptions } from "./memory/kinesis.ts";
export { MemoryKinesis } from "./memory/kinesis.ts";
export type { ActiveFault, FaultAction, FaultRule, FaultTarget } from "./faults/fault.ts";
export { Faults } from "./faults/faults.ts";
export type { LocalOptions, LocalStream } from "./local-options.ts";
export { LOCAL_OPTIONS } from "./local-options.ts";
export type {
  AppliedLeaseWrite,
  LeaseVerb,
  MemoryLeaseTableOptions,
} from "./memory/lease-table.ts";
export { MemoryLeaseTable } from "./memory/lease-table.ts";
export { SeededRandom } from "./memory/seeded-random.ts";
export { settle, VirtualClock } from "./memory/virtual-clock.ts";
export type { LocalServer } from "./start-local.ts";
export { startLocal } from "./start-local.ts";
export { accountIdOf, DEFAULT_ACCOUNT_ID } from "./stream-model/account-id.ts";
export type { Change } from "./stream-model/changes.ts";
export type { ModelConfig } from "./stream-model/config.ts";
export { KinesisModel } from "./stream-model/kinesis-model.ts";
export { ServiceError } from "./stream-model/service-error.ts";
