export type { Order } from "./core/config.ts";
export type { ProducerEvents } from "./diagnostics.ts";
export { producerEvents } from "./diagnostics.ts";
export { RecordOutcomeUnknownError, RecordRejectedError } from "./errors.ts";
export type { ProducerOptions } from "./options.ts";
export { PRODUCER_OPTIONS } from "./options.ts";
export type {
  CloseOptions,
  CloseReport,
  OutstandingRecords,
  ProducerRecord,
  WaitOptions,
} from "./producer.ts";
export { Producer } from "./producer.ts";
export type { Attempt, PutResult } from "./result.ts";
export type { PutOutcome } from "./ticket.ts";
