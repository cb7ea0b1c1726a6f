import {
  type Clock,
  type Failure,
  type KinesisApi,
  type Logger,
  type Random,
  type StreamDescription,
  type StreamRef,
  type Timer,
} from "@shardline/model";
import type { Arrival } from "./core/aggregate.ts";
import type { CoreConfig } from "./core/config.ts";
import type { Settlement } from "./core/entry.ts";
import { Pipeline } from "./core/pipeline.ts";
import type { Request } from "./core/request.ts";
import { producerEvents } from "./diagnostics.ts";
import type { Reporter } from "./reporter.ts";
import { send } from "./sender.ts";
import { type LoadedShardMap, ShardMapLoader } from "./shard-map-loader.ts";
import type { Slots } from "./slots.ts";

export interface LoopPorts {
  readonly kinesis: KinesisApi;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly slots: Slots;
  readonly signal: AbortSignal;
  readonly settle: (settlement: Settlement) => void;
  readonly reporter: Reporter | undefined;
  /** Nothing was put for `idleMs` and nothing is outstanding. */
  readonly idle: () => void;
}

export interface LoopConfig {
  readonly core: CoreConfig;
  readonly requestTimeoutMs: number;
  readonly shardMapRefreshMs: number;
  readonly distributionDefault: "AUTO" | "USER_PARTITION_KEY";
  readonly maxRecordBytes: number | undefined;
  /** No timer but while told to hurry. */
  readonly lambda: boolean;
  /** Undefined: it is never given up. */
  readonly idleMs: number | undefined;
}

/**
 * Runs the pipeline of one stream: performs its requests, reports their outcomes, and wakes it at
 * the times it names. A burst of puts makes one turn.
 */
export class RunLoop {
  readonly name: string;
  readonly #stream: StreamRef;
  readonly #config: LoopConfig;
  readonly #ports: LoopPorts;
  readonly #pipeline: Pipeline;
  readonly #loader: ShardMapLoader;
  readonly #inFlight = new Set<Request>();
  #scheduled = false;
  #timer: Timer | undefined;
  #timerAtMs = Number.POSITIVE_INFINITY;
  #outstanding = 0;
  #epoch = 0;
  #ended = false;
  /** Why nothing can be put at all. */
  #refusal: { readonly code: string; readonly message: string } | undefined;
  /** The last that was had. */
  #description: StreamDescription | undefined;
  /** What the stream takes, once it is known. */
  maxRecordBytes: number | undefined;
  #lastPutMs = 0;
  #hurry = false;
  #idleTimer: Timer | undefined;

  constructor(name: string, stream: StreamRef, config: LoopConfig, ports: LoopPorts) {
    this.name = name;
    this.#stream = stream;
    this.#config = config;
    this.#ports = ports;
    this.maxRecordBytes = config.maxRecordBytes;
    this.#pipeline = new Pipeline(config.core, ports.random, {
      wrongShard: (entry, actual, resent) => {
        const records = entry.members.length;
        const predicted = entry.lane.shardId;
        producerEvents.publish("wrong-shard", { stream: name, predicted, actual, records, resent });
      },
      throttled: (shardId, share) => {
        producerEvents.publish("throttled", { stream: name, shardId, share });
      },
    });
    const { kinesis, clock, random, signal } = ports;
    const { requestTimeoutMs, shardMapRefreshMs: refreshMs, lambda } = config;
    const ownTimer = !lambda;
    this.#loader = new ShardMapLoader(
      { kinesis, stream, clock, random, requestTimeoutMs, refreshMs, ownTimer, signal },
      { loaded: (map) => this.#mapLoaded(map), failed: (failed) => this.#mapFailed(failed) },
    );
  }

  get outstanding(): number {
    return this.#outstanding;
  }

  accept(arrival: Arrival, nowMs: number): void {
    this.#outstanding++;
    this.#lastPutMs = nowMs;
    this.#ports.reporter?.received(this.name);
    this.#pipeline.accept(arrival, nowMs);
    this.touch();
  }

  /** Something changed: take a turn after the work at hand. */
  touch(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(this.#turn);
  }

  /** Send without waiting for company, until told otherwise. */
  setHurry(hurry: boolean): void {
    this.#hurry = hurry;
    if (hurry) this.#pipeline.hurry();
    else this.#pipeline.calm();
    if (hurry) this.touch();
  }

  /** Fails what was not sent yet; with `inFlight` also what is on its way, as unknown. */
  abandon(code: string, message: string, inFlight: boolean): void {
    this.#pipeline.abandon(code, message);
    if (inFlight) {
      this.#ended = true;
      for (const { entries } of this.#inFlight) {
        for (const entry of entries) {
          this.#settle({ kind: "unknown", entry, code, message });
        }
      }
      this.#inFlight.clear();
    } else this.#refusal = { code, message };
    this.#settleAll();
  }

  stop(): void {
    this.#ended = true;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#idleTimer?.cancel();
    this.#loader.stop();
  }

  readonly #touched = (): void => {
    this.touch();
  };

  readonly #turn = (): void => {
    this.#scheduled = false;
    if (this.#ended) return;
    const { clock, slots } = this.#ports;
    const nowMs = clock.nowMs();
    if (this.#refusal !== undefined) {
      this.#pipeline.abandon(this.#refusal.code, this.#refusal.message);
    }
    for (const request of this.#pipeline.poll(nowMs, slots.free)) this.#perform(request, nowMs);
    if (slots.free <= 0 && this.#outstanding > 0) slots.onFree(this.#touched);
    if (this.#outstanding > 0) {
      if (this.#pipeline.wantsShardMap) this.#loader.want();
      else if (this.#config.lambda) this.#loader.wantIfOld();
    }
    this.#settleAll();
    this.#arm(nowMs);
  };

  #perform(request: Request, nowMs: number): void {
    const { kinesis, clock, slots, signal } = this.#ports;
    slots.take();
    this.#inFlight.add(request);
    request.startedAtMs = nowMs;
    const options = { timeoutMs: this.#config.requestTimeoutMs, signal };
    void send(kinesis, clock, this.#stream, request, options).then((outcome) => {
      this.#completed(request, outcome);
    });
  }

  #completed(request: Request, outcome: Parameters<Pipeline["complete"]>[1]): void {
    this.#ports.slots.release();
    if (!this.#inFlight.delete(request) || this.#ended) return;
    if (outcome.kind === "failed") {
      const { code, message, ambiguous } = outcome;
      const entries = request.entries.length;
      const event = { stream: this.name, code, message, ambiguous, entries };
      producerEvents.publish("request-failed", event);
      this.#ports.logger.debug(event, "request failed");
    }
    const nowMs = this.#ports.clock.nowMs();
    this.#ports.reporter?.requested(this.name, request, outcome, nowMs, this.#outstanding);
    this.#pipeline.complete(request, outcome, nowMs);
    this.#settleAll();
    this.touch();
  }

  #settleAll(): void {
    for (const settlement of this.#pipeline.takeSettled()) this.#settle(settlement);
  }

  #settle(settlement: Settlement): void {
    const { entry } = settlement;
    this.#outstanding -= entry.members.length;
    if (settlement.kind !== "ok") {
      const { kind, code, message } = settlement;
      const records = entry.members.length;
      const attempts = entry.attempts.length;
      const event = { stream: this.name, kind, code, message, records, attempts };
      producerEvents.publish("records-failed", event);
      this.#ports.logger.warn(event, "records failed");
    }
    this.#ports.reporter?.settled(this.name, settlement);
    this.#ports.settle(settlement);
    if (this.#outstanding === 0) this.#watchIdleness();
  }

  #watchIdleness(): void {
    const { idleMs } = this.#config;
    if (idleMs === undefined || this.#idleTimer !== undefined || this.#ended) return;
    const { clock, idle } = this.#ports;
    const fire = (): void => {
      this.#idleTimer = undefined;
      if (this.#outstanding > 0) return;
      if (clock.nowMs() - this.#lastPutMs >= idleMs) idle();
      else this.#watchIdleness();
    };
    const leftMs = Math.max(0, this.#lastPutMs + idleMs - clock.nowMs());
    this.#idleTimer = clock.setTimer(leftMs, fire, { background: true });
  }

  #arm(nowMs: number): void {
    const { lambda } = this.#config;
    // Nothing to wait for must not keep the process alive.
    const isQuiet = this.#outstanding === 0 || (lambda && !this.#hurry);
    const wakeAtMs = this.#pipeline.wakeAtMs(this.#ports.slots.free);
    const atMs = isQuiet ? Number.POSITIVE_INFINITY : wakeAtMs;
    if (atMs === this.#timerAtMs && this.#timer !== undefined) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#timerAtMs = atMs;
    if (atMs === Number.POSITIVE_INFINITY) return;
    const fire = (): void => {
      this.#timer = undefined;
      this.#turn();
    };
    this.#timer = this.#ports.clock.setTimer(Math.max(0, atMs - nowMs), fire);
  }

  #mapLoaded(map: LoadedShardMap): void {
    const { core, distributionDefault, maxRecordBytes } = this.#config;
    this.#description = map.description ?? this.#description;
    this.maxRecordBytes = maxRecordBytes ?? this.#description?.maxRecordBytes;
    const nowMs = this.#ports.clock.nowMs();
    const distribution = this.#description?.recordDistributionStrategy ?? distributionDefault;
    const stream = this.name;
    if (distribution === "AUTO" && core.order !== "none") {
      const message = "the stream's distribution strategy is AUTO: it keeps no order";
      this.#refusal = { code: "OrderNotSupported", message };
    } else if (distribution === "AUTO") {
      if (!this.#pipeline.isUnrouted) {
        producerEvents.publish("aggregation-off", { stream, reason: "auto-distribution" });
        const why = "the stream distributes records itself (AUTO): aggregation is off";
        this.#ports.logger.warn({ stream }, why);
      }
      this.#pipeline.goUnrouted(nowMs);
    } else {
      this.#refusal = undefined;
      this.#pipeline.setShardMap(map.shards, nowMs, this.maxRecordBytes);
      const event = { stream, epoch: ++this.#epoch, openShards: map.shards.length };
      producerEvents.publish("shard-map", event);
      this.#ports.logger.debug(event, "shard map loaded");
    }
    this.touch();
  }

  #mapFailed(failed: Failure): void {
    const { code, message, reason } = failed;
    const stream = this.name;
    const nowMs = this.#ports.clock.nowMs();
    const degraded = this.#epoch === 0 && this.#config.core.order === "none";
    if (reason === "not-found" && this.#epoch === 0) this.#pipeline.abandon(code, message);
    else if (degraded) this.#pipeline.goUnrouted(nowMs);
    const event = { stream, code, message, degraded };
    producerEvents.publish("shard-map-failed", event);
    this.#ports.logger.warn(event, "could not read the stream's shards");
    this.touch();
  }
}
