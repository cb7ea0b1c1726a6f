/**
 * Checkpoints by hand, for work that ends out of order: `node examples/dist/checkpoint.js [STREAM] [APPLICATION]`.
 *
 * Each record is acknowledged when its own work is done, in whatever order. Only the run of records
 * without a gap is checkpointed, so after a crash nothing that was unfinished is passed over.
 */

import { type ProcessRecordsContext, Worker } from "@shardline/consumer";

const [streamName = "orders", applicationName = "mailer"] = process.argv.slice(2);
let sent = 0;

const worker = new Worker({
  streamName,
  applicationName,
  autoCheckpoint: false,
  // No more than this is under way at any time, and so no more is repeated after a crash.
  maxUncheckpointedRecords: 2000,
  processRecords({ records, acknowledge, signal }) {
    for (const record of records) void sendMail(record, signal).then(() => acknowledge(record));
  },
  // The shard goes to another worker: what is not acknowledged by now, that one does again.
  onStop: ({ shardId, why }) => console.log(`${shardId}: given back (${why})`),
});

/** Stands for any work whose duration nobody knows. */
async function sendMail(
  { sequenceNumber }: ProcessRecordsContext["records"][number],
  signal: AbortSignal,
): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, Number(sequenceNumber.slice(-1)) * 10));
  // The lease is lost: somebody else sends it.
  if (signal.aborted) return new Promise(() => undefined);
  if (++sent % 100 === 0) console.log(`${sent} mails sent`);
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => void worker.stop());
}
await worker.run();
console.log(`stopped after ${sent} mails`);
