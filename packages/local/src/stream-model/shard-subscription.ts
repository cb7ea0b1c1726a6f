import type { ModelConsumer } from "./consumer.ts";
import { resourceInUse, resourceNotFound } from "./errors.ts";
import type { Instant } from "./instant.ts";
import type { ShardPosition } from "./iterator.ts";
import type { KinesisModel } from "./kinesis-model.ts";
import { ReadPace } from "./read-pace.ts";
import { type Reading, readShard } from "./read.ts";
import type { ServiceError } from "./service-error.ts";
import type { ModelShard } from "./shard.ts";
import type { ModelStream } from "./stream.ts";
import type { Subscription, SubscriptionEvent, SubscriptionStep } from "./subscription.ts";

/** A second call for the same consumer and shard is refused this long, and takes over after it.
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_SubscribeToShard.html */
const TAKEOVER_AFTER_MS = 5000;
/**
 * An idle subscription sends an empty event this often, so that the reader's place moves on. No page
 * says how often, nor how large an event may be: the three are ours.
 */
const IDLE_EVENT_MS = 5000;
const MAX_EVENT_BYTES = 1024 * 1024;
const MAX_EVENT_RECORDS = 10_000;

export interface SubscriptionPlace {
  readonly model: KinesisModel;
  readonly stream: ModelStream;
  readonly consumer: ModelConsumer;
  readonly shard: ModelShard;
}

/**
 * A running SubscribeToShard call. It ends after five minutes, at the end of the shard, or when it
 * is replaced by a later call of the same consumer and shard.
 */
export class ShardSubscription implements Subscription {
  readonly #place: SubscriptionPlace;
  readonly #endsAtMs: number;
  readonly #pace: ReadPace = new ReadPace();
  /** Undefined once the last event of the shard was given. */
  #position: ShardPosition | undefined;
  #lastEventAtMs: number | undefined;
  #ended: { readonly error?: ServiceError } | undefined;
  #onReady: (() => void) | undefined;

  private constructor(place: SubscriptionPlace, position: ShardPosition, instant: Instant) {
    this.#place = place;
    this.#position = position;
    this.#endsAtMs = instant.nowMs + place.model.config.subscriptionMs;
  }

  /** @throws ServiceError ResourceInUseException within five seconds of the last one */
  static open(
    place: SubscriptionPlace,
    position: ShardPosition,
    instant: Instant,
  ): ShardSubscription {
    const { consumer, shard } = place;
    const running = consumer.subscriptions.get(shard.shardId);
    if (running !== undefined && instant.nowMs - running.startedAtMs < TAKEOVER_AFTER_MS) {
      throw resourceInUse(
        `Another active subscription exists for this consumer: ${consumer.arn} and shard: ${shard.shardId}`,
      );
    }
    running?.replace();
    const subscription = new ShardSubscription(place, position, instant);
    const replace = (): void => subscription.#replaced();
    consumer.subscriptions.set(shard.shardId, { startedAtMs: instant.nowMs, replace });
    return subscription;
  }

  next(instant: Instant): SubscriptionStep {
    const { model, shard } = this.#place;
    model.advance(instant);
    this.#checkPlace();
    if (
      this.#ended === undefined &&
      (this.#position === undefined || instant.nowMs >= this.#endsAtMs)
    ) {
      this.#ended = {};
    }
    if (this.#ended !== undefined) return { kind: "ended", ...this.#ended };
    if (model.config.quotas && this.#pace.paidAtMs > instant.nowMs) {
      return this.#wait(Math.ceil(this.#pace.paidAtMs));
    }
    const reading = this.#read(instant);
    const idleUntilMs = (this.#lastEventAtMs ?? Number.NEGATIVE_INFINITY) + IDLE_EVENT_MS;
    if (reading.records.length > 0 || reading.next === undefined || instant.nowMs >= idleUntilMs) {
      return this.#event(reading, instant);
    }
    shard.waiters.add(this.#wake);
    return this.#wait(idleUntilMs);
  }

  onReady(wake: () => void): void {
    this.#onReady = wake;
  }

  close(): void {
    this.#ended ??= {};
    this.#place.shard.waiters.delete(this.#wake);
    this.#onReady = undefined;
  }

  #read(instant: Instant): Reading {
    const { model, stream, shard } = this.#place;
    const from = this.#position as ShardPosition;
    return readShard(model, stream, shard, from, instant, MAX_EVENT_RECORDS, MAX_EVENT_BYTES);
  }

  #event(reading: Reading, instant: Instant): SubscriptionEvent {
    const { shard } = this.#place;
    const { records, millisBehindLatest: MillisBehindLatest } = reading;
    this.#position = reading.next;
    this.#lastEventAtMs = instant.nowMs;
    this.#pace.charge(reading.sizeBytes, instant.nowMs);
    if (reading.next === undefined) {
      return {
        kind: "event",
        event: { Records: records, MillisBehindLatest, ChildShards: shard.childShards() },
      };
    }
    const last = records.at(-1)?.SequenceNumber;
    const ContinuationSequenceNumber = last ?? shard.tipSequenceNumber(instant.wallMs);
    return {
      kind: "event",
      event: { Records: records, ContinuationSequenceNumber, MillisBehindLatest },
    };
  }

  #wait(untilMs: number): SubscriptionStep {
    const dueMs = this.#place.model.transitions.nextDueMs ?? Number.POSITIVE_INFINITY;
    return { kind: "wait", untilMs: Math.min(untilMs, this.#endsAtMs, dueMs) };
  }

  /** The stream or the consumer may be gone since the last step. */
  #checkPlace(): void {
    const { model, stream, consumer } = this.#place;
    if (this.#ended !== undefined) return;
    const alive =
      model.streamById(stream.identity.streamId) === stream &&
      stream.settings.status !== "DELETING";
    if (!alive) {
      const error = `Stream ${stream.name} under account ${stream.identity.accountId} not found.`;
      this.#ended = { error: resourceNotFound(error) };
    } else if (stream.consumers.get(consumer.name) !== consumer || consumer.status === "DELETING") {
      this.#ended = { error: resourceNotFound(`Consumer ${consumer.arn} not found.`) };
    }
  }

  #replaced(): void {
    const { consumer, shard } = this.#place;
    this.#ended ??= {
      error: resourceInUse(
        `Another active subscription exists for this consumer: ${consumer.arn} and shard: ${shard.shardId}`,
      ),
    };
    shard.waiters.delete(this.#wake);
    this.#wake();
  }

  readonly #wake = (): void => this.#onReady?.();
}
