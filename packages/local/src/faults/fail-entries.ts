/** The partial failure of PutRecords: some entries are kept from the model and answered with an error. */

import type { FaultAction } from "./fault.ts";

export type FailEntries = Extract<FaultAction, { readonly kind: "failEntries" }>;

interface PutRecordsOutput {
  readonly FailedRecordCount: number;
  readonly Records: readonly object[];
}

/** Applies the entries that are not chosen and puts the chosen ones' errors in their places. */
export function putRecordsWithFailures(
  action: FailEntries,
  input: Record<string, unknown>,
  put: (input: Record<string, unknown>) => object,
): object {
  const entries = Array.isArray(input["Records"]) ? (input["Records"] as unknown[]) : [];
  const chosen = new Set(action.entries ?? entries.keys());
  const kept = entries.filter((_entry, index) => !chosen.has(index));
  if (kept.length === entries.length) return put(input);
  const output: PutRecordsOutput =
    kept.length === 0
      ? { FailedRecordCount: 0, Records: [] }
      : (put({ ...input, Records: kept }) as PutRecordsOutput);
  const failure = {
    ErrorCode: action.code ?? "ProvisionedThroughputExceededException",
    ErrorMessage: action.message ?? "Injected fault",
  };
  const answers = output.Records.values();
  const Records = entries.map((_entry, index) =>
    chosen.has(index) ? failure : (answers.next().value as object),
  );
  const failed = entries.length - kept.length;
  return { ...output, FailedRecordCount: output.FailedRecordCount + failed, Records };
}
