/** A stream, a lease table and workers on them, in virtual time. */

import {
  KinesisModel,
  MemoryKinesis,
  MemoryLeaseTable,
  type MemoryLeaseTableOptions,
  SeededRandom,
  VirtualClock,
} from "@shardline/local";
import type { KinesisApi, Lease, LeaseTable, Metrics } from "@shardline/model";
import { type ProcessRecordsContext, Worker, type WorkerOptions } from "../../src/index.ts";

export interface Delivered {
  readonly workerId: string;
  readonly shardId: string;
  readonly sequenceNumber: string;
  readonly subSequenceNumber: number;
  readonly text: string;
  readonly atMs: number;
  readonly fence: number;
}

export interface Running {
  readonly worker: Worker;
  /** What `run()` came to: undefined, or the error. */
  readonly done: Promise<unknown>;
}

export const STREAM = "orders";
export const CALL = { timeoutMs: 1_000 };

export class World {
  readonly clock: VirtualClock = new VirtualClock();
  readonly kinesis: MemoryKinesis;
  readonly leases: MemoryLeaseTable;
  readonly delivered: Delivered[] = [];
  #seed = 1;

  constructor(options: { shards?: number; leases?: MemoryLeaseTableOptions } = {}) {
    const model = new KinesisModel({ random: new SeededRandom(7) });
    this.kinesis = new MemoryKinesis({ model, clock: this.clock });
    this.leases = new MemoryLeaseTable(options.leases);
    this.kinesis.call("CreateStream", { StreamName: STREAM, ShardCount: options.shards ?? 4 });
  }

  /** Puts records `prefix0`, `prefix1`, … with keys that spread over the shards. */
  async put(count: number, prefix = "r", partitionKey?: string): Promise<void> {
    for (let from = 0; from < count; from += 500) {
      const entries = Array.from({ length: Math.min(500, count - from) }, (_, i) => ({
        partitionKey: partitionKey ?? `key-${from + i}`,
        data: Buffer.from(`${prefix}${from + i}`),
      }));
      await this.kinesis.putRecords({ stream: { streamName: STREAM }, entries }, CALL);
    }
  }

  start(workerId: string, overrides: Partial<WorkerOptions> = {}): Running {
    this.#seed++;
    const worker = new Worker({
      streamName: STREAM,
      applicationName: "app",
      workerId,
      kinesis: this.kinesis,
      leases: this.leases,
      clock: this.clock,
      random: new SeededRandom(this.#seed),
      processRecords: (context) => this.record(context),
      ...overrides,
    });
    const done = worker.run().then(
      () => undefined,
      (error: unknown) => error,
    );
    return { worker, done };
  }

  record({ records, shardId, workerId, fence }: ProcessRecordsContext): void {
    for (const { sequenceNumber, subSequenceNumber, data } of records) {
      this.delivered.push({
        workerId,
        shardId,
        sequenceNumber,
        subSequenceNumber,
        text: Buffer.from(data).toString(),
        atMs: this.clock.nowMs(),
        fence,
      });
    }
  }

  texts(): string[] {
    return this.delivered.map(({ text }) => text);
  }

  row(leaseKey: string): Lease | undefined {
    return this.leases.rows().find((lease) => lease.leaseKey === leaseKey);
  }

  /** Lease keys by their owner. */
  owners(): Record<string, string[]> {
    const owners: Record<string, string[]> = {};
    for (const { leaseKey, owner } of this.leases.rows()) {
      owners[owner ?? "nobody"] = [...(owners[owner ?? "nobody"] ?? []), leaseKey];
    }
    return owners;
  }

  /** Advances in small steps until `condition` holds. */
  async until(condition: () => boolean, limitMs = 60_000): Promise<number> {
    const startMs = this.clock.nowMs();
    while (!condition()) {
      if (this.clock.nowMs() - startMs > limitMs) throw new Error(`not within ${limitMs} ms`);
      await this.clock.advance(50);
    }
    return this.clock.nowMs() - startMs;
  }
}

/** A port whose calls go through `intercept`; what it returns is the answer. */
export function intercepted<Port extends KinesisApi | LeaseTable>(
  port: Port,
  intercept: (method: string, call: () => Promise<unknown>) => Promise<unknown>,
): Port {
  return new Proxy(port, {
    get(target, name): unknown {
      const value = Reflect.get(target, name) as unknown;
      if (typeof value !== "function") return value;
      return (...given: unknown[]) =>
        intercept(String(name), async () => (value as Function).apply(target, given));
    },
  });
}

/** A process that was killed: nothing it asked for ever comes back, no timer fires. */
export class Killable {
  #dead = false;
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  kill(): void {
    this.#dead = true;
  }

  ports(): Pick<WorkerOptions, "kinesis" | "leases" | "clock"> {
    const intercept = async (_: string, call: () => Promise<unknown>): Promise<unknown> => {
      if (this.#dead) return new Promise(() => {});
      const answer = await call();
      return this.#dead ? new Promise(() => {}) : answer;
    };
    const { clock } = this.#world;
    return {
      kinesis: intercepted(this.#world.kinesis, intercept),
      leases: intercepted(this.#world.leases, intercept),
      clock: {
        nowMs: () => clock.nowMs(),
        wallMs: () => clock.wallMs(),
        setTimer: (delayMs, fire) =>
          clock.setTimer(delayMs, () => (this.#dead ? undefined : fire())),
      },
    };
  }
}

export class CountingMetrics implements Metrics {
  readonly totals: Map<string, number> = new Map();

  record(name: string, value: number): void {
    this.totals.set(name, (this.totals.get(name) ?? 0) + value);
  }
}
