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
  readonly #given = new Set<Cue>();

  /** What to do now. Each cue is given once. */
  cues(scene: Scene): readonly Cue[] {
    const share = scene.producerEnded ? 1 : scene.acknowledged / scene.records;
    const cues: Cue[] = [];
    if (share >= SPLIT_AT) this.#give("split", cues);
    // A worker that is killed before anything is processed would show little.
    if (share >= KILL_AT && scene.processed > 0) this.#give("kill", cues);
    return cues;
  }

  has(cue: Cue): boolean {
    return this.#given.has(cue);
  }

  #give(cue: Cue, cues: Cue[]): void {
    if (this.#given.has(cue)) return;
    this.#given.add(cue);
    cues.push(cue);
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
