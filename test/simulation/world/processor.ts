/** The application: it works for a while, fails when a fault says so, and writes down what it saw. */

import type { DeadLetter, ProcessRecordsContext } from "@shardline/consumer";
import { sleep } from "@shardline/model";
import type { DeliveredRecord, Delivery, ProcessLife } from "../history/history.ts";
import type { SimProcess } from "../kernel/process.ts";
import { putIdOf } from "../oracle/stream-truth.ts";
import type { World } from "./world.ts";

export type Processor = (context: ProcessRecordsContext) => Promise<void>;

/** Acknowledges come this much later than the delivery at most, but not so late that nothing moves. */
const MAX_ACKNOWLEDGE_MS = 400;
const ACKNOWLEDGE_MS_PER_RECORD = 20;

export function application(world: World, process: SimProcess, life: ProcessLife): Processor {
  return async (context) => {
    const delivery = begin(world, life, context);
    try {
      await work(world, process, context, delivery);
    } catch (error) {
      end(world, delivery, "threw");
      throw error;
    }
    end(world, delivery, world.scenario.consumer.style === "acknowledges" ? "returned" : "ok");
  };
}

/** What the processor refused for good is somebody else's business: done, as far as S2 goes. */
export function deadLetters(world: World, life: ProcessLife): (letter: DeadLetter) => void {
  return (letter) => {
    const delivery = begin(world, life, letter);
    world.history.count("dead letters");
    world.history.deliveries.pop();
    world.history.letters.push(delivery);
    end(world, delivery, "ok");
  };
}

async function work(
  world: World,
  process: SimProcess,
  context: ProcessRecordsContext,
  delivery: Delivery,
): Promise<void> {
  const { style, workMs } = world.scenario.consumer;
  const { clock, random } = process;
  const slow = world.hit("processor-slow");
  const pauseMs = (slow?.fault.delayMs ?? 0) + random.next() * workMs;
  if (pauseMs > 0) await sleep(clock, pauseMs);
  if (style === "checkpoints" && random.chance(0.5)) {
    const count = 1 + random.below(context.records.length);
    vouch(world, delivery, delivery.records.slice(0, count));
    // It may fail: the lease may be gone, the table slow. The records are done all the same.
    await context.checkpoint(context.records[count - 1]).then(
      () => world.history.count("own checkpoint"),
      () => world.history.count("own checkpoint failed"),
    );
  }
  if (world.hit("processor-hangs") !== undefined) {
    await sleep(clock, world.scenario.faultsMs, { signal: context.signal }).catch(() => {});
  }
  if (world.hit("processor-fails") !== undefined) throw new Error("the processor fails");
  if (style === "acknowledges") acknowledgeLater(world, process, context, delivery);
}

function acknowledgeLater(
  world: World,
  { clock, random }: SimProcess,
  context: ProcessRecordsContext,
  delivery: Delivery,
): void {
  const { maxUncheckpointed } = world.scenario.consumer;
  const latestMs = Math.min(MAX_ACKNOWLEDGE_MS, ACKNOWLEDGE_MS_PER_RECORD * maxUncheckpointed);
  for (const [i, record] of context.records.entries()) {
    clock.setTimer(random.next() * latestMs, () => {
      vouch(world, delivery, delivery.records.slice(i, i + 1));
      context.acknowledge(record);
    });
  }
}

function vouch(world: World, delivery: Delivery, records: readonly DeliveredRecord[]): void {
  delivery.vouched.push({ records, step: world.history.nextStep() });
  world.outstanding.settled(delivery.shardId, records);
}

function begin(
  world: World,
  life: ProcessLife,
  context: Pick<ProcessRecordsContext, "records" | "shardId" | "fence">,
): Delivery {
  const { history, kernel } = world;
  const delivery: Delivery = {
    incarnation: life.incarnation,
    workerId: life.workerId ?? "",
    shardId: context.shardId,
    fence: context.fence,
    records: context.records.map(({ sequenceNumber, subSequenceNumber, data }) => ({
      sequenceNumber,
      subSequenceNumber,
      putId: putIdOf(Buffer.from(data).toString("latin1")),
    })),
    beginMs: kernel.nowMs,
    beginStep: history.nextStep(),
    endMs: undefined,
    endStep: undefined,
    outcome: undefined,
    vouched: [],
  };
  history.deliveries.push(delivery);
  kernel.hash.add(
    kernel.nowMs,
    `${life.incarnation} ${context.shardId} ${delivery.records[0]?.putId}`,
  );
  return delivery;
}

function end(world: World, delivery: Delivery, outcome: NonNullable<Delivery["outcome"]>): void {
  delivery.endMs = world.kernel.nowMs;
  delivery.endStep = world.history.nextStep();
  delivery.outcome = outcome;
  if (outcome === "ok") world.outstanding.settled(delivery.shardId, delivery.records);
}
