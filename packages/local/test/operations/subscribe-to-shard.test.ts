import { compareSequenceNumbers } from "@shardline/model";
import { beforeEach, describe, expect, it } from "vitest";
import {
  ServiceError,
  type Subscription,
  type SubscriptionStep,
} from "../../src/operations/operation.ts";
import { HALF, Service, shardId, textOf } from "../service.ts";

const LATEST = { Type: "LATEST" };
const HORIZON = { Type: "TRIM_HORIZON" };

function consumerArn(service: Service, StreamARN: string): string {
  const answer = service.call("DescribeStreamConsumer", { StreamARN, ConsumerName: "c" });
  return (answer as unknown as { ConsumerDescription: { ConsumerARN: string } }).ConsumerDescription
    .ConsumerARN;
}

describe("SubscribeToShard", () => {
  let service: Service;
  let consumer: string;

  beforeEach(() => {
    service = new Service();
    const StreamARN = service.create(1);
    const answer = service.call("RegisterStreamConsumer", { StreamARN, ConsumerName: "c" });
    consumer = (answer as unknown as { Consumer: { ConsumerARN: string } }).Consumer.ConsumerARN;
  });

  function subscribe(StartingPosition: object = HORIZON, id = shardId(0)): Subscription {
    return service.subscribe({ ConsumerARN: consumer, ShardId: id, StartingPosition });
  }

  function next(subscription: Subscription): SubscriptionStep {
    return subscription.next({ nowMs: service.nowMs, wallMs: service.wallMs });
  }

  function event(subscription: Subscription): (SubscriptionStep & { kind: "event" })["event"] {
    const step = next(subscription);
    if (step.kind !== "event") throw new Error(`got ${step.kind}`);
    return step.event;
  }

  function refusal(StartingPosition: object = HORIZON): string {
    return service.error("SubscribeToShard", {
      ConsumerARN: consumer,
      ShardId: shardId(0),
      StartingPosition,
    }).code;
  }

  it("gives what is there, then waits, and wakes when a record comes", () => {
    service.put("a");
    const subscription = subscribe();
    expect(event(subscription).Records.map(textOf)).toEqual(["a"]);
    expect(next(subscription)).toEqual({ kind: "wait", untilMs: service.nowMs + 5000 });
    let woken = 0;
    subscription.onReady(() => woken++);
    service.put("b");
    service.put("c");
    expect(woken).toBe(1);
    expect(event(subscription).Records.map(textOf)).toEqual(["b", "c"]);
  });

  it("sends an event at once and then at least every five seconds, with numbers that advance", () => {
    const subscription = subscribe(LATEST);
    const numbers = [event(subscription).ContinuationSequenceNumber as string];
    for (let i = 0; i < 5; i++) {
      const wait = next(subscription);
      if (wait.kind !== "wait") throw new Error(wait.kind);
      expect(wait.untilMs - service.nowMs).toBeLessThanOrEqual(5000);
      service.pass(wait.untilMs - service.nowMs);
      const { Records, ContinuationSequenceNumber, MillisBehindLatest } = event(subscription);
      expect({ Records, MillisBehindLatest }).toEqual({ Records: [], MillisBehindLatest: 0 });
      numbers.push(ContinuationSequenceNumber as string);
    }
    expect(numbers.toSorted(compareSequenceNumbers)).toEqual(numbers);
    expect(new Set(numbers).size).toBe(numbers.length);
  });

  it.each(["AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"])(
    "continues %s a continuation number",
    (Type) => {
      service.put("a");
      const first = subscribe();
      event(first);
      service.pass(5000);
      const { ContinuationSequenceNumber } = event(first);
      service.put("b");
      service.pass(1);
      const second = subscribe({ Type, SequenceNumber: ContinuationSequenceNumber });
      expect(event(second).Records.map(textOf)).toEqual(["b"]);
    },
  );

  it("continues after an event with records without losing or repeating one", () => {
    service.put("a");
    const { ContinuationSequenceNumber } = event(subscribe());
    service.put("b");
    service.pass(5000);
    const again = subscribe({
      Type: "AFTER_SEQUENCE_NUMBER",
      SequenceNumber: ContinuationSequenceNumber,
    });
    expect(event(again).Records.map(textOf)).toEqual(["b"]);
  });

  it("ends after five minutes without an error", () => {
    const subscription = subscribe(LATEST);
    event(subscription);
    service.pass(5 * 60 * 1000 - 1);
    expect(next(subscription).kind).toBe("event");
    expect(next(subscription)).toEqual({ kind: "wait", untilMs: service.nowMs + 1 });
    service.pass(1);
    expect(next(subscription)).toEqual({ kind: "ended" });
    expect(next(subscription)).toEqual({ kind: "ended" });
  });

  it("refuses a second call within five seconds, even after the first reader went away", () => {
    const first = subscribe(LATEST);
    service.pass(4999);
    expect(refusal()).toBe("ResourceInUseException");
    first.close();
    expect(refusal()).toBe("ResourceInUseException");
  });

  it("lets a call after five seconds take over: the first one ends with ResourceInUse", () => {
    const first = subscribe(LATEST);
    event(first);
    expect(next(first).kind).toBe("wait");
    let woken = 0;
    first.onReady(() => woken++);
    service.pass(5000);
    const second = subscribe(LATEST);
    expect(woken).toBe(1);
    const step = next(first);
    expect(step).toMatchObject({ kind: "ended", error: { code: "ResourceInUseException" } });
    expect(step.kind === "ended" && step.error).toBeInstanceOf(ServiceError);
    expect(next(second).kind).toBe("event");
  });

  it("ends a closed shard with its children and no continuation number", () => {
    service.put("last");
    service.split(shardId(0));
    const subscription = subscribe();
    const final = event(subscription);
    expect(final.Records.map(textOf)).toEqual(["last"]);
    expect("ContinuationSequenceNumber" in final).toBe(false);
    expect(final.ChildShards).toEqual([
      {
        ShardId: shardId(1),
        ParentShards: [shardId(0)],
        HashKeyRange: { StartingHashKey: "0", EndingHashKey: (BigInt(HALF) - 1n).toString() },
      },
      {
        ShardId: shardId(2),
        ParentShards: [shardId(0)],
        HashKeyRange: { StartingHashKey: HALF, EndingHashKey: (2n ** 128n - 1n).toString() },
      },
    ]);
    expect(next(subscription)).toEqual({ kind: "ended" });
  });

  it("wakes a waiting reader when its shard is closed, delayed or not", () => {
    const slow = new Service({ updatingMs: 2000 });
    const StreamARN = slow.create(1);
    slow.call("RegisterStreamConsumer", { StreamARN, ConsumerName: "c" });
    const ConsumerARN = consumerArn(slow, StreamARN);
    const subscription = slow.subscribe({
      ConsumerARN,
      ShardId: shardId(0),
      StartingPosition: LATEST,
    });
    const step = (): SubscriptionStep =>
      subscription.next({ nowMs: slow.nowMs, wallMs: slow.wallMs });
    step();
    expect(step().kind).toBe("wait");
    let woken = 0;
    subscription.onReady(() => woken++);
    slow.split(shardId(0));
    expect(woken).toBe(1);
    expect(step()).toEqual({ kind: "wait", untilMs: slow.nowMs + 2000 });
    slow.pass(2000);
    expect(step()).toMatchObject({ kind: "event", event: { Records: [], ChildShards: [{}, {}] } });
  });

  it("ends with ResourceNotFound when the consumer or the stream goes", () => {
    const first = subscribe(LATEST);
    event(first);
    expect(next(first).kind).toBe("wait");
    let woken = 0;
    first.onReady(() => woken++);
    service.call("DeregisterStreamConsumer", { ConsumerARN: consumer });
    expect(woken).toBe(1);
    expect(next(first)).toMatchObject({
      kind: "ended",
      error: { code: "ResourceNotFoundException" },
    });
    expect(refusal()).toBe("ResourceNotFoundException");
  });

  it("paces a reader at 2 MiB/s where quotas are on", () => {
    const limited = new Service({ quotas: true });
    const StreamARN = limited.create(1);
    limited.call("RegisterStreamConsumer", { StreamARN, ConsumerName: "c" });
    const ConsumerARN = consumerArn(limited, StreamARN);
    for (let i = 0; i < 20; i++) {
      limited.put("x".repeat(1_000_000), "k");
      limited.pass(1000);
    }
    const subscription = limited.subscribe({
      ConsumerARN,
      ShardId: shardId(0),
      StartingPosition: HORIZON,
    });
    const startMs = limited.nowMs;
    let records = 0;
    while (records < 20) {
      const step = subscription.next({ nowMs: limited.nowMs, wallMs: limited.wallMs });
      if (step.kind === "event") records += step.event.Records.length;
      else if (step.kind === "wait") limited.pass(step.untilMs - limited.nowMs);
      else throw new Error("ended");
    }
    // 20 MB less a second's burst.
    expect(limited.nowMs - startMs).toBeGreaterThan(7500);
    expect(limited.nowMs - startMs).toBeLessThan(10_500);
  });

  it("needs an active consumer and the consumer's own shard ids", () => {
    const slow = new Service({ creatingMs: 1000 });
    slow.create(1);
    slow.pass(1000);
    const StreamARN = "arn:aws:kinesis:us-east-1:000000000000:stream/s";
    slow.call("RegisterStreamConsumer", { StreamARN, ConsumerName: "c" });
    const ConsumerARN = consumerArn(slow, StreamARN);
    const input = {
      ConsumerARN,
      ShardId: shardId(0),
      StartingPosition: LATEST,
    };
    expect(slow.error("SubscribeToShard", input).code).toBe("ResourceInUseException");
    slow.pass(1000);
    expect(slow.error("SubscribeToShard", { ...input, ShardId: shardId(9) }).code).toBe(
      "ResourceNotFoundException",
    );
    expect(slow.subscribe(input)).toHaveProperty("next");
  });
});
