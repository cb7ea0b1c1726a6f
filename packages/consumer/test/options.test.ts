import { readFileSync, writeFileSync } from "node:fs";
import { optionsMarkdown, type OptionTable } from "@shardline/model";
import { describe, expect, it } from "vitest";
import {
  compileWorkerOptions,
  Worker,
  type WorkerOptions,
  workerOptionTable,
} from "../src/index.ts";

const base: WorkerOptions = {
  streamName: "orders",
  applicationName: "billing",
  processRecords: () => {},
};
const refuse = (options: unknown): string => {
  try {
    return `accepted ${JSON.stringify(compileWorkerOptions(options as WorkerOptions))}`;
  } catch (error) {
    return (error as Error).message;
  }
};

describe("options", () => {
  it("fills every default", () => {
    const config = compileWorkerOptions(base);
    expect(config).toMatchObject({
      tableName: "billing",
      failoverTimeMs: 10_000,
      leaseScanIntervalMs: 1_000,
      initialPosition: { kind: "trim-horizon" },
      errorPolicy: "retry",
      maxUncheckpointedRecords: 10_000,
      stream: { streamName: "orders" },
    });
    expect(config.workerId).toMatch(/^worker-[0-9a-f]{16}$/);
    expect(compileWorkerOptions(base).workerId).not.toBe(config.workerId);
  });

  it("R3: a lease call's deadline is at most a quarter of the failover time, whatever it is", () => {
    for (const failoverTimeMs of [1_000, 1_999, 2_000, 3_000, 10_000, 600_000]) {
      const { leaseCallTimeoutMs } = compileWorkerOptions({ ...base, failoverTimeMs });
      expect(leaseCallTimeoutMs).toBeLessThanOrEqual(failoverTimeMs / 4);
      expect(leaseCallTimeoutMs).toBeGreaterThan(0);
    }
  });

  it.each([
    [{ ...base, streamName: undefined }, /streamName: got nothing, expected either/],
    [{ ...base, streamArn: "arn:aws:kinesis:eu-west-1:123456789012:stream/o" }, /both streamName/],
    [{ ...base, applicationName: "a b" }, /applicationName: got "a b", expected a DynamoDB table/],
    [{ ...base, workerId: "Leader" }, /workerId: got "Leader"/],
    [{ ...base, workerId: "shardId-000000000000" }, /workerId/],
    [{ ...base, failoverTimeMs: 999 }, /failoverTimeMs: got 999, expected an integer in 1000/],
    [{ ...base, leaseCallTimeoutMs: 2_501 }, /leaseCallTimeoutMs: got 2501, expected at most/],
    [{ ...base, errorPolicy: "skip" }, /onDeadLetter: got nothing/],
    [{ ...base, errorPolicy: "ignore" }, /one of retry, halt, skip/],
    [{ ...base, maxUncheckpointedRecords: 10 }, /at least maxRecordsPerBatch = 1000/],
    [{ ...base, retryBaseMs: 500, retryCapMs: 100 }, /retryCapMs: got 100/],
    [{ ...base, idleTimeBetweenReadsMs: 199 }, /idleTimeBetweenReadsMs/],
    [{ ...base, initialPosition: "earliest" }, /initialPosition: got "earliest"/],
    [{ ...base, processRecords: undefined }, /processRecords: got nothing, expected a function/],
    [{ ...base, failoverMs: 5_000 }, /failoverMs: got an unknown option/],
    [{ ...base, clock: {} }, /clock/],
  ])("S10: refuses %#, naming the field", (options, message) => {
    expect(refuse(options)).toMatch(message);
  });

  it("names every problem at once", () => {
    const message = refuse({ streamName: "", applicationName: 7, maxLeases: 0 });
    for (const field of ["streamName", "applicationName", "maxLeases", "processRecords"]) {
      expect(message).toContain(field);
    }
  });

  it("docs/reference/consumer-options.md is what the options say (UPDATE_DOCS=1 writes it)", () => {
    const file = new URL("../../../docs/reference/consumer-options.md", import.meta.url);
    const table = optionsMarkdown(workerOptionTable as unknown as OptionTable<WorkerOptions>);
    const page = `# Worker options\n\nGenerated from the code. \`new Worker({ streamName, applicationName, processRecords })\` is enough; all else has a default.\n\n${table}`;
    if (process.env["UPDATE_DOCS"] === "1") writeFileSync(file, page);
    expect(readFileSync(file, "utf8")).toBe(page);
  });

  it("run() may be called once", async () => {
    const worker = new Worker(base);
    await worker.stop();
    await expect(worker.run()).rejects.toMatchObject({ code: "CLOSED" });
  });
});
