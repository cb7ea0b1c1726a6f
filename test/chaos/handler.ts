/** processRecords of the workers under attack: writes down each record before it returns. */

import { openSync, writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { ProcessRecordsContext } from "@shardline/consumer";
import { deliveryLine, parsePayload } from "./journal.ts";

/** A moment in which a kill finds the batch processed and not checkpointed. */
const WORK_MS = 20;

const journal = openSync(process.env["CHAOS_JOURNAL"] ?? "", "a");

// Should the harness die, its workers must not live on.
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));

export async function processRecords(context: ProcessRecordsContext): Promise<void> {
  const { records, shardId, fence } = context;
  const atUs = Number(process.hrtime.bigint() / 1000n);
  const lines = records.map(({ sequenceNumber, subSequenceNumber, data }) =>
    deliveryLine({
      ...{ atUs, fence, shardId, sequenceNumber, subSequenceNumber },
      ...parsePayload(Buffer.from(data).toString()),
    }),
  );
  // One call, and the system has it before we go on: a SIGKILL takes nothing back.
  writeSync(journal, lines.join(""));
  await sleep(WORK_MS);
}

// oxlint-disable-next-line import/no-default-export -- what a handler module must export
export default processRecords;
