import { compileOptions, type OptionTable, withoutDefault } from "@shardline/model";
import { PRODUCER_OPTIONS } from "./option-table.ts";

export interface CloseOptions {
  /** Send what is buffered first. Default true. */
  readonly drain?: boolean | undefined;
  /** Milliseconds, 0 … 1 hour. Default: the option `closeTimeoutMs`. */
  readonly timeoutMs?: number | undefined;
}

const TABLE: OptionTable<CloseOptions> = {
  drain: { kind: "boolean", default: true, doc: "Send what is buffered first." },
  timeoutMs: withoutDefault(PRODUCER_OPTIONS.closeTimeoutMs),
};

/** @throws InvalidOptionsError naming every problem. */
export function checkCloseOptions(options: CloseOptions): Readonly<CloseOptions> {
  return compileOptions("Producer.close", TABLE, options);
}
