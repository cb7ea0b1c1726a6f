/** The demo's processRecords: writes down what it gets, then works on it for a moment. */

import { openSync, writeSync } from "node:fs";
import type { ProcessRecordsContext } from "@shardline/consumer";
import { sleep, systemClock } from "@shardline/model";
import { digestOf, journalLine, sharedClockUs } from "./journal.ts";

/** A moment in which a kill finds the batch processed and not checkpointed. */
const WORK_MS = 20;
const ORPHAN_GRACE_MS = 2000;

const journal = openSync(process.env["SHARDLINE_DEMO_JOURNAL"] ?? "", "a");

// Should the demo die, its workers must not live on.
process.on("disconnect", () => {
  process.kill(process.pid, "SIGTERM");
  systemClock.setTimer(ORPHAN_GRACE_MS, () => process.kill(process.pid, "SIGTERM"));
});

export async function processRecords({
  records,
  shardId,
  fence,
}: ProcessRecordsContext): Promise<void> {
  const atUs = sharedClockUs();
  const lines = records.map(({ sequenceNumber, subSequenceNumber, data }) => {
    const digest = digestOf(data);
    return journalLine({ atUs, fence, shardId, sequenceNumber, subSequenceNumber, digest });
  });
  // One call, and the system has it before we go on: a SIGKILL takes nothing back.
  writeSync(journal, lines.join(""));
  await sleep(systemClock, WORK_MS);
}
