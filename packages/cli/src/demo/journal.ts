/**
 * What a demo worker writes for each record it processes, one line each, appended before
 * processRecords returns: a process that is killed right after has lost nothing of it.
 */

import { createHash } from "node:crypto";

/** A processed record. */
export interface Delivery {
  /** From a clock that all processes of the machine share. */
  readonly atUs: number;
  /** Grows with each tenure of the shard. */
  readonly fence: number;
  readonly shardId: string;
  readonly sequenceNumber: string;
  readonly subSequenceNumber: number;
  /** Of the payload: a record must not only arrive, it must arrive whole. */
  readonly digest: string;
}

export function digestOf(data: Uint8Array): string {
  return createHash("sha256").update(data).digest("hex").slice(0, 16);
}

export function journalLine(delivery: Delivery): string {
  const { atUs, fence, shardId, sequenceNumber, subSequenceNumber, digest } = delivery;
  return `${atUs} ${fence} ${shardId} ${sequenceNumber} ${subSequenceNumber} ${digest}\n`;
}

/** Undefined for anything but a whole line. */
export function parseJournalLine(line: string): Delivery | undefined {
  const [atUs, fence, shardId, sequenceNumber, subSequenceNumber, digest, ...rest] =
    line.split(" ");
  if (digest?.length !== 16 || rest.length > 0) return undefined;
  return {
    atUs: Number(atUs),
    fence: Number(fence),
    shardId: shardId ?? "",
    sequenceNumber: sequenceNumber ?? "",
    subSequenceNumber: Number(subSequenceNumber),
    digest,
  };
}

/** Monotonic, and the same for all processes of this machine. */
export function sharedClockUs(): number {
  return Number(process.hrtime.bigint() / 1000n);
}

/** One key for each user record in a stream. */
export function recordId(position: {
  readonly sequenceNumber: string;
  readonly subSequenceNumber: number;
}): string {
  return `${position.sequenceNumber}/${position.subSequenceNumber}`;
}
