/**
 * Streams on disk. Every change of the model is written before the request that made it is answered:
 * a killed process has lost nothing that it acknowledged. (Writes reach the operating system, not
 * necessarily the platter: a power cut may cost the last moments.)
 */

import { ShardlineError } from "@shardline/model";
import { ClassicLevel } from "classic-level";
import type { Change } from "../stream-model/changes.ts";
import type { KinesisModel } from "../stream-model/kinesis-model.ts";
import {
  ACCOUNTS,
  accountKey,
  type KeyRange,
  parseRecordKey,
  RECORDS,
  recordKey,
  recordsOfStream,
  recordsThrough,
  STREAMS,
  streamKey,
  VERSION_KEY,
} from "./record-key.ts";
import { decodeRecord, encodeRecord } from "./stored-record.ts";

type Write =
  | { readonly type: "put"; readonly key: string; readonly value: string }
  | { readonly type: "del"; readonly key: string };

/** Of the layout of keys and values. */
const FORMAT_VERSION = "1";
const WRITE_BUFFER_BYTES = 32 * 1024 * 1024;
const RECORDS_A_RESTORE = 1000;

export class StreamStore {
  readonly #db: ClassicLevel<string, string>;
  #pending: Write[] = [];
  /** Whole ranges to forget, after the writes before them; by their start, a longer one replaces. */
  #forgets: Map<string, KeyRange> = new Map();
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  private constructor(db: ClassicLevel<string, string>) {
    this.#db = db;
  }

  /** @throws ShardlineError if the directory is in use, unreadable, or of another version. */
  static async open(path: string): Promise<StreamStore> {
    const db = new ClassicLevel<string, string>(path, { writeBufferSize: WRITE_BUFFER_BYTES });
    try {
      await db.open();
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      const isLocked = String((cause as { code?: string }).code) === "LEVEL_LOCKED";
      const why = isLocked ? "another process uses it" : String(cause);
      throw new ShardlineError("INVALID_OPTIONS", `dataDir: cannot open ${path}: ${why}`, {
        cause,
      });
    }
    const version = await db.get(VERSION_KEY);
    if (version === undefined) await db.put(VERSION_KEY, FORMAT_VERSION);
    else if (version !== FORMAT_VERSION) {
      await db.close();
      const expected = `expected ${FORMAT_VERSION}; use the release that wrote it, or another directory`;
      throw new ShardlineError(
        "INVALID_OPTIONS",
        `dataDir: ${path} has format ${version}, ${expected}`,
      );
    }
    return new StreamStore(db);
  }

  /**
   * Gives the model what is stored and from then on stores what it changes.
   * @returns how many stored records were unreadable and are skipped.
   */
  async attach(model: KinesisModel): Promise<number> {
    const streams = new Set<string>();
    for await (const value of this.#db.values(STREAMS)) {
      const change = JSON.parse(value) as Extract<Change, { kind: "stream" }>;
      streams.add(change.stream.streamId);
      model.restore([change]);
    }
    for await (const value of this.#db.values(ACCOUNTS)) {
      model.restore([JSON.parse(value) as Change]);
    }
    const unreadable = await this.#restoreRecords(model, streams);
    model.onChange((change) => this.#note(change));
    return unreadable;
  }

  /** Resolves when everything noted so far is written; undefined if it already is. */
  flushed(): Promise<void> | undefined {
    if (this.#pending.length === 0 && this.#forgets.size === 0) return this.#running;
    this.#next ??= (this.#running ?? Promise.resolve())
      .catch(() => {})
      .then(() => {
        this.#running = this.#next;
        this.#next = undefined;
        return this.#write();
      });
    return this.#next;
  }

  async close(): Promise<void> {
    try {
      await this.flushed();
    } finally {
      await this.#db.close();
    }
  }

  async #write(): Promise<void> {
    const writes = this.#pending;
    const forgets = this.#forgets;
    this.#pending = [];
    this.#forgets = new Map();
    try {
      if (writes.length > 0) await this.#db.batch(writes);
      for (const range of forgets.values()) await this.#db.clear(range);
      this.#running = undefined;
    } catch (error) {
      // Nobody was told that these are stored; they are tried again with the next.
      this.#pending = [...writes, ...this.#pending];
      this.#forgets = new Map([...forgets, ...this.#forgets]);
      this.#running = undefined;
      throw error;
    }
  }

  #note(change: Change): void {
    switch (change.kind) {
      case "records":
        for (const { shardId, record } of change.appended) {
          const key = recordKey(change.streamId, shardId, record.SequenceNumber);
          this.#pending.push({ type: "put", key, value: encodeRecord(record) });
        }
        return;
      case "stream": {
        const key = streamKey(change.stream.streamId);
        this.#pending.push({ type: "put", key, value: JSON.stringify(change) });
        return;
      }
      case "account": {
        const key = accountKey(change.account.accountId, change.account.region);
        this.#pending.push({ type: "put", key, value: JSON.stringify(change) });
        return;
      }
      case "stream-deleted":
        this.#pending.push({ type: "del", key: streamKey(change.streamId) });
        this.#forget(recordsOfStream(change.streamId));
        return;
      case "trimmed": {
        const { streamId, shardId, throughSequenceNumber } = change;
        this.#forget(recordsThrough(streamId, shardId, throughSequenceNumber));
      }
    }
  }

  #forget(range: KeyRange): void {
    this.#forgets.set(range.gte, range);
  }

  async #restoreRecords(model: KinesisModel, streams: ReadonlySet<string>): Promise<number> {
    let unreadable = 0;
    let batch: Extract<Change, { kind: "records" }>[] = [];
    for await (const [key, value] of this.#db.iterator(RECORDS)) {
      const at = parseRecordKey(key);
      const record = at && decodeRecord(at.sequenceNumber, value);
      if (at === undefined || record === undefined) {
        unreadable++;
      } else if (streams.has(at.streamId)) {
        const appended = [{ shardId: at.shardId, record }];
        batch.push({ kind: "records", streamId: at.streamId, appended });
        if (batch.length >= RECORDS_A_RESTORE) {
          model.restore(batch);
          batch = [];
        }
      } else {
        // The process was killed between deleting the stream and its records.
        this.#forget(recordsOfStream(at.streamId));
      }
    }
    model.restore(batch);
    return unreadable;
  }
}
