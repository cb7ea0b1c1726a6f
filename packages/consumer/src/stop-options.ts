import { compileOptions, type OptionTable, withoutDefault } from "@shardline/model";
import { workerOptionTable } from "./option-table.ts";

export interface StopOptions {
  /** Milliseconds, 0 … 24 hours. Default: the option `stopTimeoutMs`. */
  readonly timeoutMs?: number | undefined;
}

const TABLE: OptionTable<StopOptions> = {
  timeoutMs: withoutDefault(workerOptionTable.stopTimeoutMs),
};

/** @throws InvalidOptionsError */
export function checkStopOptions(options: StopOptions): Readonly<StopOptions> {
  return compileOptions("Worker.stop", TABLE, options);
}
