/** What is done becomes durable: `Progress` on one side, the `Tenure` that writes on the other. */

import {
  type Checkpoint,
  compareCheckpoints,
  isSentinel,
  isSequenceNumber,
  type RecordPosition,
} from "@shardline/model";
import type { Progress } from "./core/progress.ts";
import { CheckpointOutOfRangeError, LeaseLostError, ServiceFailedError } from "./errors.ts";
import type { Checkpointer, PreparedCheckpoint } from "./processor.ts";
import type { Tenure, TenureWrite } from "./tenure.ts";

export class ShardCheckpointer {
  readonly #shardId: string;
  readonly #tenure: Tenure;
  readonly #progress: Progress;
  readonly #onChange: () => void;
  #inFlight: Promise<TenureWrite> | undefined;
  /** Announced and not yet committed: a checkpoint of ours would wipe it out. */
  #prepared: Checkpoint | undefined;
  /** What the user's functions get. */
  readonly face: Checkpointer;

  /** @param onChange called when anything became done or durable. */
  constructor(shardId: string, tenure: Tenure, progress: Progress, onChange: () => void) {
    this.#shardId = shardId;
    this.#tenure = tenure;
    this.#progress = progress;
    this.#onChange = onChange;
    this.face = Object.assign((position?: RecordPosition) => this.#checkpoint(position), {
      prepare: (position: RecordPosition, state?: Uint8Array) => this.#prepare(position, state),
    });
  }

  /** The batch's function returned: what it announced is done, or void. */
  batchDone(last: RecordPosition): void {
    this.#prepared = undefined;
    this.#progress.completeThrough(last);
    this.#onChange();
  }

  /** Somebody else has them now: nobody will acknowledge them. */
  deadLettered(records: readonly RecordPosition[]): void {
    for (const record of records) this.#progress.completeOne(record);
    this.#onChange();
  }

  readonly acknowledge = (record: RecordPosition): void => {
    const position = this.#checked(record);
    if (!this.#progress.completeOne(position)) throw this.#outOfRange(position);
    this.#onChange();
  };

  /** For the renewal to take along; nothing while a prepared checkpoint must stay. */
  due(): { readonly checkpoint: Checkpoint; readonly written: () => void } | undefined {
    if (!this.#progress.hasNews || this.#prepared !== undefined) return undefined;
    const target = this.#progress.done;
    return {
      checkpoint: target.checkpoint,
      written: () => {
        this.#progress.written(target);
        this.#onChange();
      },
    };
  }

  /** Makes durable what is done by now. `ok` also if there was nothing to write. */
  async flush(): Promise<"ok" | "lost" | TenureWrite> {
    const wanted = this.#progress.done.ordinal;
    while (this.#progress.durableOrdinal < wanted) {
      if (!this.#tenure.isHeld()) return "lost";
      this.#inFlight ??= this.#write();
      const result = await this.#inFlight;
      if (result.kind === "lost") return "lost";
      if (result.kind === "failed") return result;
    }
    return "ok";
  }

  async #write(): Promise<TenureWrite> {
    const target = this.#progress.done;
    this.#prepared = undefined;
    const result = await this.#tenure.checkpoint(target.checkpoint);
    this.#inFlight = undefined;
    if (result.kind === "ok") {
      this.#progress.written(target);
      this.#onChange();
    }
    return result;
  }

  async #checkpoint(given?: RecordPosition): Promise<void> {
    if (!this.#tenure.isHeld()) throw new LeaseLostError(this.#shardId);
    const last = this.#progress.lastDelivered;
    if (given === undefined && isSentinel(last.sequenceNumber)) return;
    const position = given === undefined ? last : this.#checked(given);
    if (!this.#progress.completeThrough(position)) throw this.#outOfRange(position);
    this.#onChange();
    this.#settle(await this.flush());
  }

  async #prepare(given: RecordPosition, state?: Uint8Array): Promise<PreparedCheckpoint> {
    if (!this.#tenure.isHeld()) throw new LeaseLostError(this.#shardId);
    const checkpoint = this.#checked(given);
    if (compareCheckpoints(checkpoint, this.#progress.lastDelivered) > 0) {
      throw this.#outOfRange(checkpoint);
    }
    this.#prepared = checkpoint;
    // A copy: the slice() of a Buffer would share its bytes.
    const pending =
      state === undefined ? { checkpoint } : { checkpoint, state: new Uint8Array(state) };
    const result = await this.#tenure.checkpoint(this.#progress.durable, pending);
    if (result.kind !== "ok") this.#prepared = undefined;
    this.#settle(result.kind === "ok" ? "ok" : result);
    return { commit: () => this.#commit(checkpoint) };
  }

  async #commit(checkpoint: Checkpoint): Promise<void> {
    if (!this.#tenure.isHeld()) throw new LeaseLostError(this.#shardId);
    this.#progress.completeThrough(checkpoint);
    this.#onChange();
    if (this.#progress.hasNews) {
      this.#settle(await this.flush());
    } else if (this.#tenure.lease.pending !== undefined) {
      this.#prepared = undefined;
      const result = await this.#tenure.checkpoint(this.#progress.durable);
      this.#settle(result.kind === "ok" ? "ok" : result);
    }
  }

  #settle(result: "ok" | "lost" | TenureWrite): void {
    if (result === "ok") return;
    if (result === "lost" || result.kind !== "failed") throw new LeaseLostError(this.#shardId);
    throw new ServiceFailedError(`checkpoint of ${this.#shardId}`, result);
  }

  #checked({ sequenceNumber, subSequenceNumber }: RecordPosition): Checkpoint {
    const position = { sequenceNumber, subSequenceNumber };
    const sound =
      typeof sequenceNumber === "string" &&
      isSequenceNumber(sequenceNumber) &&
      Number.isSafeInteger(subSequenceNumber) &&
      subSequenceNumber >= 0;
    if (!sound) throw this.#outOfRange(position);
    return position;
  }

  #outOfRange(position: Checkpoint): CheckpointOutOfRangeError {
    return new CheckpointOutOfRangeError(this.#shardId, position, this.#progress.lastDelivered);
  }
}
