/**
 * Puts a thousand orders: `node examples/dist/put.js [STREAM]`.
 *
 * put() resolves when the record is stored, and waits while the buffer is full. Records of a user
 * keep their order, because they share a partition key and the producer is told to keep it.
 */

import { Producer, RecordOutcomeUnknownError } from "@shardline/producer";

const streamName = process.argv[2] ?? "orders";
await using producer = new Producer({ streamName, order: "ordered" });

let stored = 0;
const puts = Array.from({ length: 1000 }, async (_, order) => {
  const user = order % 50;
  try {
    await producer.put({
      partitionKey: `user-${user}`,
      data: JSON.stringify({ order, user, cents: 100 + order }),
    });
    stored++;
  } catch (error) {
    // Only this one may be in the stream all the same; a rejected record certainly is not.
    const unknown = error instanceof RecordOutcomeUnknownError;
    console.error(`order ${order} ${unknown ? "may not be" : "is not"} stored: ${String(error)}`);
    process.exitCode = 1;
  }
});
await Promise.all(puts);
console.log(`${stored} orders are stored in ${streamName}`);
