export type { AwsConnection } from "@shardline/aws";
export type { PutOutcome } from "./batch.ts";
export type { CloseOptions } from "./close-options.ts";
export type { Order } from "./core/config.ts";
export type { ProducerEvents } from "./diagnostics.ts";
export { producerEvents } from "./diagnostics.ts";
export type { RecordSchema, SchemaRegistry } from "./encoding.ts";
export { frameForGlue } from "./encoding.ts";
export { RecordOutcomeUnknownError, RecordRejectedError } from "./errors.ts";
export type { RecordSource } from "./intake.ts";
export { PRODUCER_OPTIONS } from "./option-table.ts";
export type { ProducerOptions } from "./options.ts";
export type {
  CloseReport,
  ConsumeOptions,
  ConsumeReport,
  OutstandingRecords,
  WaitOptions,
} from "./producer.ts";
export { Producer } from "./producer.ts";
export type { ProducerRecord } from "./record.ts";
export type { Attempt, PutResult } from "./result.ts";
export type { CloseOnSignalsOptions, SignalSource } from "./signals.ts";
export { closeOnSignals } from "./signals.ts";
export type { WritableOptions } from "./writable.ts";
export { toWritable } from "./writable.ts";
