/**
 * A producer under everything at once: partial failures, doubtful requests, throttling, slow answers,
 * splits and merges, from a seed. The checks are those of every producer (S1, S1b, S6, S9, L4) and, in the
 * order modes, that readers see each key in the order of put().
 */

import { SeededRandom } from "@shardline/local";
import {
  failure,
  type Outcome,
  type PutRecordsAnswer,
  type PutRecordsRequest,
} from "@shardline/model";
import { describe, expect, it } from "vitest";
import type { Order } from "../src/index.ts";
import type { ScriptedKinesis } from "./scripted-kinesis.ts";
import { type Ended, newWorld, watch, type World } from "./world.ts";

const TTL_MS = 8000;
const REQUEST_TIMEOUT_MS = 1000;

interface Put {
  readonly partitionKey: string;
  readonly text: string;
  readonly atMs: number;
  endedAtMs: number;
  readonly watched: { ended: Ended | undefined };
}

function inflict(
  kinesis: ScriptedKinesis,
  random: SeededRandom,
  request: PutRecordsRequest,
): Outcome<PutRecordsAnswer> | undefined {
  kinesis.latencyMs = random.chance(0.1) ? random.below(REQUEST_TIMEOUT_MS) : 1 + random.below(30);
  switch (random.below(10)) {
    case 0:
      return kinesis.store(request.entries, () => random.chance(0.5));
    case 1:
      return kinesis.store(request.entries, () => false);
    case 2:
      return failure("unavailable", "InternalFailure", "500", true);
    case 3:
      kinesis.store(request.entries);
      return failure("timeout", "Timeout", "no answer", true);
    case 4:
      return failure("throttled", "ThrottlingException", "slow down");
    default:
      return undefined;
  }
}

function reshard(kinesis: ScriptedKinesis, random: SeededRandom): void {
  const open = kinesis.shards
    .filter((shard) => shard.endingSequenceNumber === undefined)
    .toSorted((a, b) => (a.hashKeyRange.start < b.hashKeyRange.start ? -1 : 1));
  if (random.chance(0.5) || open.length < 2) kinesis.split(random.pick(open).shardId);
  else {
    const i = random.below(open.length - 1);
    kinesis.merge(open[i]?.shardId as string, open[i + 1]?.shardId as string);
  }
}

async function run(seed: number, order: Order): Promise<{ world: World; puts: Put[] }> {
  const random = new SeededRandom(seed);
  const world = newWorld({
    seed,
    order,
    shards: 1 + random.below(4),
    recordTtlMs: TTL_MS,
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
    lingerMs: random.pick([0, 20, 100]),
    maxAggregateBytes: random.pick([64, 300, 51_200]),
    maxInFlightRequests: 1 + random.below(4),
    maxRequestEntries: random.pick([1, 3, 500]),
    aggregation: random.chance(0.8),
    alwaysWrap: random.chance(0.2),
  });
  const { clock, kinesis, producer } = world;
  let healed = false;
  kinesis.script = (request) => (healed ? undefined : inflict(kinesis, random, request));
  const puts: Put[] = [];
  for (let step = 0; step < 40; step++) {
    for (let i = random.below(12); i > 0; i--) {
      const partitionKey = `key-${random.below(8)}`;
      const text = `${puts.length}`;
      const promise = producer.put({ partitionKey, data: text });
      const put: Put = {
        partitionKey,
        text,
        atMs: clock.nowMs(),
        endedAtMs: Number.NaN,
        watched: watch(promise),
      };
      const end = (): void => {
        put.endedAtMs = clock.nowMs();
      };
      promise.then(end, end);
      puts.push(put);
    }
    await clock.advance(random.below(120));
    if (random.chance(0.06)) reshard(kinesis, random);
    if (random.chance(0.05)) void producer.flush();
  }
  healed = true;
  await clock.advance(TTL_MS + REQUEST_TIMEOUT_MS + 1000);
  await clock.advance(0);
  return { world, puts };
}

function problemsOf({ world, puts }: { world: World; puts: Put[] }, inOrder: boolean): string[] {
  const seen = world.kinesis.read("kcl");
  const everywhere = new Set(world.kinesis.read("all").map((record) => record.text));
  const at = (text: string, shardId: string, sequenceNumber: string, sub: number): boolean =>
    seen.some(
      (r) =>
        r.text === text &&
        r.shardId === shardId &&
        r.sequenceNumber === sequenceNumber &&
        r.subSequenceNumber === sub,
    );
  const problems: string[] = [];
  for (const put of puts) {
    const { ended } = put.watched;
    if (ended === undefined) problems.push(`${put.text} never settled (S6, L4)`);
    else if ("ok" in ended) {
      const { shardId, sequenceNumber, subSequenceNumber } = ended.ok;
      if (!at(put.text, shardId, sequenceNumber, subSequenceNumber)) {
        problems.push(`${put.text} is not where its result says (S1)`);
      }
    } else {
      const { code } = ended.error as unknown as { code: string };
      if (code === "RECORD_REJECTED" && everywhere.has(put.text)) {
        problems.push(`${put.text} was rejected but is stored (S1b)`);
      } else if (code !== "RECORD_REJECTED" && code !== "RECORD_OUTCOME_UNKNOWN") {
        problems.push(`${put.text} failed with ${String(ended.error)}`);
      }
    }
    if (put.endedAtMs - put.atMs > TTL_MS + REQUEST_TIMEOUT_MS + 1000) {
      problems.push(`${put.text} took ${put.endedAtMs - put.atMs} ms (L4)`);
    }
  }
  if (inOrder) problems.push(...orderProblems(seen, puts));
  const { records, bytes, waiting } = world.producer.outstanding;
  if (records + bytes + waiting > 0) problems.push(`${records} records, ${bytes} bytes are left`);
  return problems;
}

/** A key's records, each where readers first see it, stand in the order of put(). */
function orderProblems(
  seen: readonly { readonly partitionKey: string; readonly text: string }[],
  puts: readonly Put[],
): string[] {
  const problems: string[] = [];
  const last = new Map<string, number>();
  const met = new Set<string>();
  const unknown = new Set(
    puts.filter((p) => p.watched.ended && !("ok" in p.watched.ended)).map((p) => p.text),
  );
  for (const { partitionKey, text } of seen) {
    if (met.has(text) || unknown.has(text)) continue;
    met.add(text);
    const previous = last.get(partitionKey) ?? -1;
    if (Number(text) < previous)
      problems.push(`${partitionKey}: ${text} after ${previous} (order)`);
    last.set(partitionKey, Math.max(previous, Number(text)));
  }
  return problems;
}

const SEEDS = Number(process.env["SHARDLINE_SEEDS"] ?? 60);

describe.each<Order>(["none", "ordered", "strict"])("under chaos, order %s", (order) => {
  it(`keeps its promises for ${SEEDS} seeds`, async () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      expect(problemsOf(await run(seed, order), order !== "none"), `seed ${seed}`).toEqual([]);
    }
  }, 600_000);
});
