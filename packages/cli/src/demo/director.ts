/** When the demo splits a shard and kills a worker: amid the flow, once each. Pure. */

import { type Lease, isShardEnd } from "@shardline/model";

export interface Scene {
  readonly records: number;
  readonly acknowledged: number;
  readonly processed: number;
  /** The producer has ended: nothing later will come. */
  readonly producerEnded: boolean;
}

export type Cue = "split" | "kill";

const SPLIT_AT = 0.2;
const KILL_AT = 0.45;

export class Director {
  readonly #done = new Set<Cue>();

  /** What is to be done now; again and again until `done` is told. */
  due(scene: Scene): readonly Cue[] {
    const share = scene.producerEnded ? 1 : scene.acknowledged / scene.records;
    const cues: Cue[] = [];
    if (share >= SPLIT_AT) cues.push("split");
    // A worker that is killed before anything is processed would show little.
    if (share >= KILL_AT && scene.processed > 0) cues.push("kill");
    return cues.filter((cue) => !this.#done.has(cue));
  }

  done(cue: Cue): void {
    this.#done.add(cue);
  }

  get isFinished(): boolean {
    return this.#done.has("split") && this.#done.has("kill");
  }
}

/** The worker whose death hurts most: the one with the most shards that still have records to come. */
export function chooseVictim(
  leases: readonly Lease[],
  deliveriesOf: (worker: string) => number,
): string | undefined {
  const held = new Map<string, number>();
  for (const { owner, checkpoint, checkpointOwner } of leases) {
    const settled = owner !== undefined && checkpointOwner === undefined;
    if (settled && !isShardEnd(checkpoint)) held.set(owner, (held.get(owner) ?? 0) + 1);
  }
  const ranked = [...held].toSorted(
    ([a, shardsOfA], [b, shardsOfB]) => shardsOfB - shardsOfA || deliveriesOf(b) - deliveriesOf(a),
  );
  return ranked[0]?.[0];
}
