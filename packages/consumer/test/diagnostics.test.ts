import { describe, expect, it } from "vitest";
import { type ConsumerEvents, consumerEvents, metricNames } from "../src/index.ts";
import { CountingMetrics, World } from "./support/world.ts";

const SECRET = "payload-4711";

describe("diagnostics", () => {
  it("the life of a shard as events, numbers under the KCL's names, and no data in the logs", async () => {
    const world = new World({ shards: 1 });
    const names: (keyof ConsumerEvents)[] = [];
    const watched = [
      "worker-started",
      "lease-created",
      "lease-taken",
      "shard-started",
      "processor-failed",
      "checkpoint-written",
      "shard-ended",
      "lease-released",
      "worker-stopped",
    ] as const;
    for (const name of watched) {
      consumerEvents.subscribe(name, (event) => {
        if (event.workerId === "diag") names.push(name);
      });
    }
    const metrics = new CountingMetrics();
    const lines: string[] = [];
    const log = (fields: unknown, message: string): void =>
      void lines.push(JSON.stringify(fields) + message);
    await world.put(10, SECRET);
    world.kinesis.call("SplitShard", {
      StreamName: "orders",
      ShardToSplit: "shardId-000000000000",
      NewStartingHashKey: (2n ** 127n).toString(),
    });
    let failed = false;
    const { worker, done } = world.start("diag", {
      metrics,
      logger: { debug: log, info: log, warn: log, error: log },
      processRecords: ({ records }) => {
        if (!failed) {
          failed = true;
          throw new Error(`cannot read ${Buffer.from(records[0]?.data ?? []).toString()}`);
        }
      },
    });
    await world.clock.advance(5_000);
    void worker.stop();
    await world.clock.advance(2_000);
    await done;
    expect(new Set(names)).toEqual(new Set(watched));
    expect(names[0]).toBe("worker-started");
    expect(names.at(-1)).toBe("worker-stopped");
    expect(names.indexOf("shard-ended")).toBeLessThan(names.lastIndexOf("shard-started"));
    expect(metrics.totals.get(metricNames.recordsProcessed)).toBe(10);
    expect(metrics.totals.get("RecordsProcessed")).toBe(10);
    expect(metrics.totals.get(metricNames.processorFailures)).toBe(1);
    expect(lines.length).toBeGreaterThan(5);
    expect(lines.filter((line) => line.includes(SECRET))).toEqual([]);
  });

  it("F10: a logger and metrics that throw do not stop delivery", async () => {
    const world = new World({ shards: 1 });
    await world.put(10);
    const fail = (): never => {
      throw new Error("disk full");
    };
    world.start("w", {
      metrics: { record: fail },
      logger: { debug: fail, info: fail, warn: fail, error: fail },
    });
    await world.until(() => world.delivered.length === 10, 5_000);
    expect(world.row("shardId-000000000000")?.owner).toBe("w");
  });
});
