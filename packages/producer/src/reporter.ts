import type { MetricDimensions, Metrics, Outcome, PutRecordsAnswer } from "@shardline/model";
import type { Settlement } from "./core/entry.ts";
import type { Request } from "./core/request.ts";

type Level = "none" | "summary" | "detailed";
type Granularity = "global" | "stream" | "shard";

/** The KPL's metrics, by its names, levels and dimensions. */
export class Reporter {
  readonly #metrics: Metrics;
  readonly #isDetailed: boolean;
  readonly #granularity: Granularity;
  /** One object for each set of dimensions. */
  readonly #dimensions = new Map<string, MetricDimensions>();

  /** Undefined where nobody listens. */
  static from(options: {
    readonly metrics: Metrics | undefined;
    readonly metricsLevel: Level;
    readonly metricsGranularity: Granularity;
  }): Reporter | undefined {
    const { metrics, metricsLevel, metricsGranularity } = options;
    if (metrics === undefined || metricsLevel === "none") return undefined;
    return new Reporter(metrics, metricsLevel, metricsGranularity);
  }

  constructor(metrics: Metrics, level: Level, granularity: Granularity) {
    this.#metrics = metrics;
    this.#isDetailed = level === "detailed";
    this.#granularity = granularity;
  }

  received(stream: string): void {
    if (!this.#isDetailed) return;
    this.#metrics.record("UserRecordsReceived", 1, "Count", this.#of(stream));
  }

  requested(
    stream: string,
    request: Request,
    outcome: Outcome<PutRecordsAnswer>,
    nowMs: number,
    pending: number,
  ): void {
    const metrics = this.#metrics;
    const ofStream = this.#of(stream);
    const { entries } = request;
    if (this.#isDetailed) {
      const users = entries.reduce((sum, entry) => sum + entry.members.length, 0);
      metrics.record("UserRecordsPending", pending, "Count", ofStream);
      metrics.record("RequestTime", nowMs - request.startedAtMs, "Milliseconds", ofStream);
      metrics.record("KinesisRecordsPerPutRecordsRequest", entries.length, "Count", ofStream);
      metrics.record("UserRecordsPerPutRecordsRequest", users, "Count", ofStream);
    }
    if (outcome.kind === "failed") {
      metrics.record("ErrorsByCode", 1, "Count", this.#of(stream, undefined, outcome.code));
      metrics.record("AllErrors", 1, "Count", ofStream);
      // Unlike the KPL, which counts no Kinesis record of a request that failed as a whole.
      for (const { lane } of entries) {
        metrics.record("KinesisRecordsPut", 0, "Count", this.#of(stream, lane.shardId));
      }
      return;
    }
    for (const [i, result] of outcome.entries.entries()) {
      const entry = entries[i];
      if (entry === undefined) break;
      const stored = result.kind === "ok";
      const shardId = stored ? result.shardId : entry.lane.shardId;
      const ofShard = this.#of(stream, shardId);
      metrics.record("KinesisRecordsPut", stored ? 1 : 0, "Count", ofShard);
      metrics.record("AllErrors", stored ? 0 : 1, "Count", ofShard);
      if (!stored)
        metrics.record("ErrorsByCode", 1, "Count", this.#of(stream, shardId, result.code));
      if (!this.#isDetailed) continue;
      metrics.record("UserRecordsPerKinesisRecord", entry.members.length, "Count", ofShard);
      if (stored) metrics.record("KinesisRecordsDataPut", entry.data.length, "Bytes", ofShard);
    }
  }

  settled(stream: string, settlement: Settlement): void {
    const metrics = this.#metrics;
    const { entry } = settlement;
    const stored = settlement.kind === "ok";
    const ofShard = this.#of(stream, stored ? settlement.shardId : entry.lane.shardId);
    const retries = Math.max(0, entry.attempts.length - 1);
    for (const member of entry.members) {
      metrics.record("UserRecordsPut", stored ? 1 : 0, "Count", ofShard);
      let previousMs = member.acceptedAtMs;
      for (const { startedAtMs, endedAtMs } of entry.attempts) {
        metrics.record("BufferingTime", startedAtMs - previousMs, "Milliseconds", ofShard);
        previousMs = endedAtMs;
      }
      if (this.#isDetailed) metrics.record("RetriesPerRecord", retries, "Count", ofShard);
      if (!stored && settlement.code === "Expired") {
        metrics.record("UserRecordExpired", 1, "Count", ofShard);
      }
    }
    if (this.#isDetailed && stored) {
      metrics.record("UserRecordsDataPut", entry.userBytes, "Bytes", ofShard);
    }
  }

  #of(stream: string, shardId?: string, code?: string): MetricDimensions {
    const key = `${stream}\n${shardId ?? ""}\n${code ?? ""}`;
    const known = this.#dimensions.get(key);
    if (known !== undefined) return known;
    const dimensions: Record<string, string> = {};
    if (code !== undefined) dimensions["ErrorCode"] = code;
    if (this.#granularity !== "global") dimensions["StreamName"] = stream;
    if (this.#granularity === "shard" && shardId !== undefined) dimensions["ShardId"] = shardId;
    this.#dimensions.set(key, dimensions);
    return dimensions;
  }
}
