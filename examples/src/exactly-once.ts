/**
 * Effects that must happen once: `node examples/dist/exactly-once.js [STREAM] [APPLICATION] [FOLDER]`.
 *
 * Before the effect the worker stores which effect it is about to cause (prepare), after it that it
 * is done (commit). If it dies in between, the next owner of the shard is told in onShardStart, looks
 * whether the effect took place, and leaves out the records of one that did.
 */

import { access, mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Worker } from "@shardline/consumer";
import { type Checkpoint, compareCheckpoints } from "@shardline/model";

const [streamName = "orders", applicationName = "archive", folder = "archive"] =
  process.argv.slice(2);
await mkdir(folder, { recursive: true });
/** By shard: up to where the last owner got without having said so. */
const doneUpTo = new Map<string, Checkpoint>();

const worker = new Worker({
  streamName,
  applicationName,
  autoCheckpoint: false,
  async onShardStart({ shardId, pending }) {
    doneUpTo.delete(shardId);
    if (pending?.state === undefined) return;
    const tookPlace = await access(join(folder, new TextDecoder().decode(pending.state))).then(
      () => true,
      () => false,
    );
    if (tookPlace) doneUpTo.set(shardId, pending.checkpoint);
  },
  async processRecords({ records, shardId, fence, checkpoint }) {
    const done = doneUpTo.get(shardId);
    const rest =
      done === undefined ? records : records.filter((r) => compareCheckpoints(r, done) > 0);
    const [first] = rest;
    const last = rest.at(-1);
    if (first === undefined || last === undefined) return checkpoint();

    const { sequenceNumber, subSequenceNumber } = first;
    // The fence makes the name this owner's own: no two owners ever write the same file.
    const file = `${shardId}-${fence}-${sequenceNumber}-${subSequenceNumber}.jsonl`;
    const prepared = await checkpoint.prepare(last, new TextEncoder().encode(file));
    const lines = rest.map(({ data }) => `${new TextDecoder().decode(data)}\n`);
    await writeFile(join(folder, `${file}.part`), lines.join(""));
    // The effect, in one step: the file is there, whole, or it is not.
    await rename(join(folder, `${file}.part`), join(folder, file));
    await prepared.commit();
    console.log(`${file}: ${rest.length} orders`);
  },
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => void worker.stop());
}
await worker.run();
