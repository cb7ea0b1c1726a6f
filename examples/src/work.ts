/**
 * Processes orders, beside any number of other workers: `node examples/dist/work.js [STREAM] [APPLICATION]`.
 *
 * Start it twice and the shards are shared; kill one and the other takes over; SIGTERM finishes the
 * batch at hand, checkpoints, and gives the shards back.
 */

import { Worker } from "@shardline/consumer";

const [streamName = "orders", applicationName = "billing"] = process.argv.slice(2);
const decoder = new TextDecoder();

const worker = new Worker({
  streamName,
  applicationName,
  // Returning means done. Throwing means: the same batch again, after a pause.
  async processRecords({ records, shardId }) {
    let cents = 0;
    for (const { data } of records) {
      const order = JSON.parse(decoder.decode(data)) as { readonly cents: number };
      cents += order.cents;
    }
    console.log(`${shardId}: ${records.length} orders, ${cents} cents`);
  },
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => void worker.stop());
}
await worker.run();
console.log("stopped");
