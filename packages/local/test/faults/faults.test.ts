import { InvalidOptionsError } from "@shardline/model";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  type FaultRule,
  Faults,
  type LocalServer,
  SeededRandom,
  settle,
  startLocal,
  VirtualClock,
} from "../../src/index.ts";
import {
  exchange,
  operation,
  signedAs,
  type Version,
  type WireAnswer,
} from "../server/wire-client.ts";

const target = { service: "kinesis", operation: "PutRecord", resource: "orders" } as const;

describe("rules", () => {
  const make = (): { faults: Faults; clock: VirtualClock } => {
    const clock = new VirtualClock();
    return { faults: new Faults(clock, new SeededRandom(1)), clock };
  };

  test("meet by service, operation and resource; the first that meets decides", () => {
    const { faults } = make();
    const throttle = { kind: "throttle" } as const;
    faults.add({ service: "dynamodb", action: throttle });
    faults.add({ operation: "GetRecords", action: throttle });
    faults.add({ resource: "clicks", action: throttle });
    expect(faults.meet(target)).toBeUndefined();
    faults.add({ operation: "PutRecord", resource: "orders", action: { kind: "reset" } });
    faults.add({ action: throttle });
    expect(faults.meet(target)).toEqual({ kind: "reset" });
    expect(faults.meet({ ...target, resource: undefined })).toEqual(throttle);
    expect(faults.list().map(({ hits }) => hits)).toEqual([0, 0, 0, 1, 1]);
  });

  test("end after so many requests, or so much time, or by hand", async () => {
    const { faults, clock } = make();
    faults.add({ times: 2, action: { kind: "reset" } });
    expect([1, 2, 3].map(() => faults.meet(target)?.kind)).toEqual(["reset", "reset", undefined]);
    faults.add({ forMs: 1000, action: { kind: "stall" } });
    await clock.advance(999);
    expect(faults.meet(target)?.kind).toBe("stall");
    await clock.advance(1);
    expect(faults.meet(target)).toBeUndefined();
    const id = faults.add({ action: { kind: "drop" } });
    expect(faults.remove(id)).toBe(true);
    expect(faults.remove(id)).toBe(false);
    expect(faults.list()).toEqual([]);
  });

  test("meet a share of the requests", () => {
    const { faults } = make();
    faults.add({ probability: 0.25, action: { kind: "throttle" } });
    const met = Array.from({ length: 4000 }, () => faults.meet(target)).filter(Boolean);
    expect(met.length).toBeGreaterThan(900);
    expect(met.length).toBeLessThan(1100);
  });

  test.each([
    [{}, "action"],
    [{ action: "drop" }, "action"],
    [{ action: { kind: "explode" } }, "one of error, throttle"],
    [{ action: { kind: "constructor" } }, "one of error, throttle"],
    [{ action: { kind: "delay" } }, "delayMs"],
    [{ action: { kind: "delay", delayMs: -1 } }, "delayMs"],
    [{ action: { kind: "error" } }, "code"],
    [{ action: { kind: "error", code: "X", statusCode: 200 } }, "statusCode"],
    [{ action: { kind: "drop" }, probability: 2 }, "probability"],
    [{ action: { kind: "drop" }, times: 0 }, "times"],
    [{ action: { kind: "failEntries", entries: "1" } }, "entries"],
    [{ action: { kind: "drop" }, stream: "x" }, "stream"],
  ])("%j is refused by name", (rule, named) => {
    const { faults } = make();
    expect(() => faults.add(rule as unknown as FaultRule)).toThrow(InvalidOptionsError);
    expect(() => faults.add(rule as unknown as FaultRule)).toThrow(named);
  });
});

const versions: Version[] = ["http/1.1", "h2c"];

describe.each(versions)("over %s", (version) => {
  let server: LocalServer;
  const clock = new VirtualClock();
  beforeEach(async () => {
    server = await startLocal({ streams: [{ name: "orders", shards: 1 }], clock });
  });
  afterEach(() => server.close());

  const record = { PartitionKey: "k", Data: "" };
  const put = (): ReturnType<typeof operation> =>
    operation(server.kinesisUrl, "PutRecord", { StreamName: "orders", ...record }, version);

  async function stored(): Promise<number> {
    const call = (name: string, input: object): ReturnType<typeof operation> =>
      operation(server.kinesisUrl, name, input);
    const { output } = await call("GetShardIterator", {
      ...{ StreamName: "orders", ShardId: "shardId-000000000000" },
      ShardIteratorType: "TRIM_HORIZON",
    });
    const read = await call("GetRecords", { ShardIterator: output["ShardIterator"] });
    return (read.output["Records"] as unknown[]).length;
  }

  const only = (action: FaultRule["action"]): number =>
    server.faults.add({ operation: "PutRecord", times: 1, action });

  test("an error is answered and the record is not stored", async () => {
    only({ kind: "error", code: "InternalFailure", message: "no luck", statusCode: 500 });
    expect(await put()).toMatchObject({
      status: 500,
      output: { __type: "InternalFailure", message: "no luck" },
    });
    only({ kind: "throttle" });
    expect(await put()).toMatchObject({
      status: 400,
      output: { __type: "ProvisionedThroughputExceededException" },
    });
    expect(await stored()).toBe(0);
  });

  test("a dropped answer leaves the record stored", async () => {
    only({ kind: "drop" });
    await expect(put()).rejects.toThrow();
    expect(await stored()).toBe(1);
  });

  test.each(["reset", "goaway"] as const)("a %s leaves it unstored", async (kind) => {
    only({ kind });
    await expect(put()).rejects.toThrow();
    expect(await stored()).toBe(0);
    expect(await put()).toMatchObject({ status: 200 });
  });

  test("a delay lasts as long as the clock says", async () => {
    only({ kind: "delay", delayMs: 60_000 });
    let status = 0;
    const answered = put().then((answer) => {
      status = answer.status;
    });
    while (clock.pendingTimers === 0) await settle();
    await clock.advance(59_999);
    expect(status).toBe(0);
    await clock.advance(1);
    await answered;
    expect(status).toBe(200);
  });

  test("a stalled request is never answered, and close() ends it", async () => {
    const id = only({ kind: "stall" });
    const answered = put();
    while (server.faults.list().some((fault) => fault.id === id)) await settle();
    await Promise.all([expect(answered).rejects.toThrow(), server.close()]);
  });

  test("chosen entries fail, the others are stored, each answer in its place", async () => {
    const Records = Array.from({ length: 5 }, () => record);
    const putAll = (): ReturnType<typeof operation> =>
      operation(server.kinesisUrl, "PutRecords", { StreamName: "orders", Records }, version);
    server.faults.add({ times: 1, action: { kind: "failEntries", entries: [1, 4] } });
    const { output } = await putAll();
    expect(output["FailedRecordCount"]).toBe(2);
    const failed = { ErrorCode: "ProvisionedThroughputExceededException" };
    const done = { ShardId: "shardId-000000000000" };
    expect(output["Records"]).toMatchObject([done, failed, done, done, failed]);
    expect(await stored()).toBe(3);
    server.faults.add({ times: 1, action: { kind: "failEntries", code: "InternalFailure" } });
    expect((await putAll()).output).toMatchObject({
      FailedRecordCount: 5,
      Records: Array.from({ length: 5 }, () => ({ ErrorCode: "InternalFailure" })),
    });
    expect(await stored()).toBe(3);
  });

  test("the lease database has them too", async () => {
    const call = (): Promise<WireAnswer> =>
      exchange(
        server.dynamodbUrl,
        {
          "content-type": "application/x-amz-json-1.0",
          "x-amz-target": "DynamoDB_20120810.CreateTable",
          authorization: signedAs("AKIDEXAMPLE"),
        },
        JSON.stringify({
          TableName: "leases",
          AttributeDefinitions: [{ AttributeName: "leaseKey", AttributeType: "S" }],
          KeySchema: [{ AttributeName: "leaseKey", KeyType: "HASH" }],
          BillingMode: "PAY_PER_REQUEST",
        }),
        { version },
      );
    const rule = { service: "dynamodb", resource: "leases", times: 1 } as const;
    server.faults.add({ ...rule, action: { kind: "throttle" } });
    const throttled = await call();
    expect(throttled.status).toBe(400);
    expect(throttled.body.toString()).toContain("#ProvisionedThroughputExceededException");
    server.faults.add({ ...rule, action: { kind: "drop" } });
    await expect(call()).rejects.toThrow();
    expect((await call()).body.toString()).toContain("ResourceInUseException");
  });
});
