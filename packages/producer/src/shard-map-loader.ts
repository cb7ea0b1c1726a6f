import {
  backoffMs,
  type Clock,
  type Failure,
  isOpen,
  type KinesisApi,
  type Outcome,
  type Random,
  type Shard,
  type StreamDescription,
  type StreamRef,
  type Timer,
} from "@shardline/model";

const RETRY = { baseMs: 500, capMs: 30_000 };
/** Evidence of a reshard comes in bursts; one look answers it all. */
const MIN_INTERVAL_MS = 200;

export interface LoadedShardMap {
  /** Undefined if the stream could not be described; its shards are known all the same. */
  readonly description: StreamDescription | undefined;
  readonly shards: readonly Shard[];
}

export interface ShardMapSink {
  loaded(map: LoadedShardMap): void;
  failed(failure: Failure): void;
}

export interface LoaderPorts {
  readonly kinesis: KinesisApi;
  readonly stream: StreamRef;
  readonly clock: Clock;
  readonly random: Random;
  readonly requestTimeoutMs: number;
  readonly refreshMs: number;
  /** False: it refreshes only when asked to. */
  readonly ownTimer: boolean;
  readonly signal: AbortSignal;
}

/**
 * Keeps the shard map fresh: at once when it is wanted, else at a jittered interval, so that a fleet
 * that started together does not ask together. One load at a time; failures are retried, ever slower.
 */
export class ShardMapLoader {
  readonly #ports: LoaderPorts;
  readonly #sink: ShardMapSink;
  #loading = false;
  #failures = 0;
  #loadedAtMs = Number.NEGATIVE_INFINITY;
  #timer: Timer | undefined;
  #timerAtMs = Number.POSITIVE_INFINITY;

  constructor(ports: LoaderPorts, sink: ShardMapSink) {
    this.#ports = ports;
    this.#sink = sink;
  }

  /** A newer map is wanted. A load that runs is answer enough: if it came too early, there will be new evidence. */
  want(): void {
    if (this.#loading) return;
    if (this.#failures > 0 && this.#timer !== undefined) return;
    const waitMs = this.#loadedAtMs + MIN_INTERVAL_MS - this.#ports.clock.nowMs();
    if (waitMs > 0) this.#schedule(waitMs, false);
    else void this.#load();
  }

  /** For those without a timer of its own. */
  wantIfOld(): void {
    const { clock, refreshMs } = this.#ports;
    if (clock.nowMs() - this.#loadedAtMs >= refreshMs) this.want();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  async #load(): Promise<void> {
    this.stop();
    this.#loading = true;
    const outcome = await this.#fetch();
    this.#loading = false;
    const { clock, ownTimer, random, refreshMs, signal } = this.#ports;
    if (signal.aborted) return;
    if (outcome.kind === "failed") {
      this.#schedule(backoffMs(RETRY, this.#failures++, random), true);
      this.#sink.failed(outcome);
      return;
    }
    this.#failures = 0;
    this.#loadedAtMs = clock.nowMs();
    this.#sink.loaded(outcome);
    const { description } = outcome;
    const intervalMs = description === undefined ? Math.min(refreshMs, RETRY.capMs) : refreshMs;
    if (ownTimer) this.#schedule(intervalMs * (0.8 + 0.4 * random.next()), true);
  }

  async #fetch(): Promise<Outcome<LoadedShardMap>> {
    const { kinesis, stream, requestTimeoutMs, signal } = this.#ports;
    const options = { timeoutMs: requestTimeoutMs, signal };
    const described = await kinesis.describeStream(stream, options);
    // The shards are worth having without the description: DescribeStreamSummary is limited to 20
    // calls a second for the whole account, and a fleet that starts together passes that.
    // https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DescribeStreamSummary.html
    if (described.kind === "failed" && described.reason === "not-found") return described;
    const listed = await kinesis.listShards({ stream, filter: { kind: "at-latest" } }, options);
    if (listed.kind === "failed") return listed;
    const description = described.kind === "ok" ? described.description : undefined;
    // Emulators that do not know the filter list closed shards too.
    return { kind: "ok", description, shards: listed.shards.filter(isOpen) };
  }

  #schedule(delayMs: number, background: boolean): void {
    const { clock } = this.#ports;
    const atMs = clock.nowMs() + delayMs;
    if (this.#timer !== undefined && this.#timerAtMs <= atMs) return;
    this.stop();
    this.#timerAtMs = atMs;
    const fire = (): void => {
      this.#timer = undefined;
      void this.#load();
    };
    this.#timer = clock.setTimer(delayMs, fire, { background });
  }
}
