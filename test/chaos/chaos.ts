/** A run: load and workers as processes, attacks drawn from a seed, and at the end the books. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { KinesisClient } from "@aws-sdk/client-kinesis";
import { SeededRandom } from "@shardline/local";
import { type Attack, attack, type Field } from "./attacks.ts";
import { judge, takeoversMs, type Verdict } from "./books.ts";
import { Fleet } from "./fleet.ts";
import { LeaseWatch } from "./lease-watch.ts";
import { Load } from "./load.ts";
import { LocalService } from "./local-service.ts";

export interface ChaosOptions {
  readonly durationMs: number;
  readonly seed: number;
  readonly recordsPerSecond: number;
  /** Drawn from; one named twice comes twice as often. */
  readonly attacks: readonly Attack[];
  readonly log: (line: string) => void;
}

export interface ChaosResult {
  readonly verdict: Verdict;
  readonly put: number;
  /** Of each shard of each worker that was stopped hard. */
  readonly takeoversMs: readonly number[];
  readonly attacks: readonly Attack[];
  /** What went wrong beside the verdict. */
  readonly problems: readonly string[];
  /** Events of level error that the workers told, with their number. */
  readonly troubles: ReadonlyMap<string, number>;
}

const WORKERS = 3;
const FAILOVER_MS = 3000;
const CHECKPOINT_MS = 1000;
const CALM_MS = 5000;
/** Without any progress for so long, what is missing counts as lost. */
const PATIENCE_MS = 30_000;
const STOP_TIMEOUT_MS = 15_000;
const STREAM = "chaos";

export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const folder = await mkdtemp(join(tmpdir(), "shardline-chaos-"));
  const service = new LocalService(join(folder, "data"), `${STREAM}:4`);
  const ends: (() => Promise<unknown>)[] = [
    () => rm(folder, { recursive: true }),
    () => service.kill(),
  ];
  try {
    await service.start();
    return await attackAll(options, folder, service, ends);
  } finally {
    for (const end of ends.toReversed()) await end();
  }
}

async function attackAll(
  options: ChaosOptions,
  folder: string,
  service: LocalService,
  ends: (() => Promise<unknown>)[],
): Promise<ChaosResult> {
  const random = new SeededRandom(options.seed);
  const startedMs = Date.now();
  const note = (text: string): void =>
    options.log(`${((Date.now() - startedMs) / 1000).toFixed(1).padStart(6)} s  ${text}`);
  const fleet = new Fleet({
    ...{ folder, streamName: STREAM, applicationName: STREAM },
    ...{ failoverMs: FAILOVER_MS, checkpointMs: CHECKPOINT_MS, env: () => service.env },
  });
  ends.push(() => fleet.killAll());
  for (let i = 1; i <= WORKERS; i++) fleet.start(`worker-${i}`);
  const load = new Load(STREAM, options.recordsPerSecond, service.env);
  ends.push(() => load.kill());
  const watch = new LeaseWatch(STREAM, service.env["AWS_ENDPOINT_URL_DYNAMODB"] ?? "");
  ends.push(() => watch.close());
  const kinesis = newClient(service);
  ends.push(async () => kinesis.destroy());

  const field: Field = {
    ...{ streamName: STREAM, failoverMs: FAILOVER_MS, random, fleet, watch, service },
    ...{ kinesis, note, stops: [] },
  };
  const problems: string[] = [];
  const done: Attack[] = [];
  await sleep(CALM_MS);
  while (Date.now() - startedMs < options.durationMs) {
    const next = random.pick(options.attacks);
    done.push(next);
    await attack(next, field);
    await sleep(random.below(CALM_MS));
    for (const who of fleet.revive()) {
      // One that starts just when the service is gone says so and ends; a supervisor tries again.
      if (/cannot reach/.test(who)) note(`started again: ${who}`);
      else problems.push(`ended by itself: ${who}`);
    }
  }
  note(`no more attacks; ${load.put} records put`);
  await load.end();
  await settled(fleet, load, note);
  problems.push(...(await fleet.stop(STOP_TIMEOUT_MS)));
  await watch.look();
  const deliveries = fleet.deliveries();
  const { acknowledged, put } = load;
  const { checkpointsBack } = watch;
  return {
    verdict: judge({ acknowledged, deliveries, begins: fleet.begins, checkpointsBack }),
    put,
    takeoversMs: field.stops.flatMap(({ held, atUs }) => takeoversMs(deliveries, held, atUs)),
    attacks: done,
    problems,
    troubles: fleet.troubles,
  };
}

/** Until all that was acknowledged is processed, or nothing moves any more. */
async function settled(fleet: Fleet, load: Load, note: (text: string) => void): Promise<void> {
  let processed = -1;
  for (let movedAtMs = Date.now(); Date.now() - movedAtMs < PATIENCE_MS; await sleep(1000)) {
    const seen = new Set(fleet.deliveries().map(({ index }) => index));
    if ([...load.acknowledged].every((index) => seen.has(index))) return;
    if (seen.size !== processed) movedAtMs = Date.now();
    processed = seen.size;
  }
  note("nothing moves any more");
}

function newClient({ env }: LocalService): KinesisClient {
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  const endpoint = env["AWS_ENDPOINT_URL_KINESIS"] ?? "";
  return new KinesisClient({ endpoint, region: "us-east-1", credentials });
}
