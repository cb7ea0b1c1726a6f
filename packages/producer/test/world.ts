import { SeededRandom, VirtualClock } from "@shardline/local";
import { Producer, type ProducerOptions, type PutResult } from "../src/index.ts";
import { ScriptedKinesis } from "./scripted-kinesis.ts";

export interface World {
  readonly clock: VirtualClock;
  readonly kinesis: ScriptedKinesis;
  readonly producer: Producer;
}

export function newWorld(
  options: ProducerOptions & { readonly shards?: number; readonly seed?: number } = {},
): World {
  const { shards = 1, seed = 1, ...given } = options;
  const clock = new VirtualClock();
  const kinesis = new ScriptedKinesis(clock, shards);
  const random = new SeededRandom(seed);
  const producer = new Producer({ streamName: "s", kinesis, clock, random, ...given });
  return { clock, kinesis, producer };
}

export type Ended = { readonly ok: PutResult } | { readonly error: Error };

/** Follows a promise to its end without an unhandled rejection. */
export function watch(promise: Promise<PutResult>): { ended: Ended | undefined } {
  const watched: { ended: Ended | undefined } = { ended: undefined };
  promise.then(
    (ok) => {
      watched.ended = { ok };
    },
    (error: Error) => {
      watched.ended = { error };
    },
  );
  return watched;
}

/** Lets time pass until the promise settles. */
export async function until<T>(
  clock: VirtualClock,
  promise: Promise<T>,
  limitMs = 120_000,
): Promise<T> {
  let settled = false;
  const mark = (): void => {
    settled = true;
  };
  promise.then(mark, mark);
  const endMs = clock.nowMs() + limitMs;
  while (!settled) {
    await clock.advance(0);
    if (settled) break;
    const dueMs = clock.nextDueMs();
    if (dueMs === undefined || dueMs > endMs) throw new Error("it never settled");
    await clock.advance(dueMs - clock.nowMs());
  }
  return promise;
}
