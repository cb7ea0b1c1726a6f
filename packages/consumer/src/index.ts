export type { AwsConnection } from "@shardline/aws";
export type { ShardPhase, TenureEnd } from "./core/shard-state.ts";
export type { HashRangePolicy } from "./core/unpack.ts";
export type { ConsumerEvents, ShardEvent, WorkerEvent } from "./diagnostics.ts";
export { consumerEvents, metricNames } from "./diagnostics.ts";
export {
  CheckpointOutOfRangeError,
  LeaseLostError,
  ProcessorFailedError,
  RecordsTrimmedError,
  ServiceFailedError,
  StreamNotFoundError,
  StreamReplacedError,
  TableMismatchError,
} from "./errors.ts";
export { workerOptionTable } from "./option-table.ts";
export type { WorkerConfig, WorkerOptions } from "./options.ts";
export { compileWorkerOptions } from "./options.ts";
export type {
  Checkpointer,
  DeadLetter,
  LeaseLostContext,
  PreparedCheckpoint,
  ProcessRecordsContext,
  ShardContext,
  ShardEndContext,
  ShardStartContext,
  ShardStopContext,
} from "./processor.ts";
export type { ReadShardOptions } from "./read-shard.ts";
export { readShard } from "./read-shard.ts";
export type { ShardStatus } from "./shard-runner.ts";
export type { StopOptions } from "./stop-options.ts";
export type { WorkerState } from "./worker.ts";
export { Worker } from "./worker.ts";
