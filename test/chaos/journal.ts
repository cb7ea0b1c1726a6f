/** What a worker under attack writes for each record, and what the records say. */

import { readFileSync } from "node:fs";

/** Records tell who they are, so that the books need nothing but the journals. */
export interface Payload {
  readonly key: string;
  /** Counts the records of all keys, in the order in which they were put. */
  readonly index: number;
}

export interface Delivery extends Payload {
  /** From a clock that all processes of the machine share. */
  readonly atUs: number;
  /** Grows with each tenure of the shard. */
  readonly fence: number;
  readonly shardId: string;
  readonly sequenceNumber: string;
  readonly subSequenceNumber: number;
}

export function payloadOf({ key, index }: Payload): string {
  return `${key} ${index}`;
}

/** @throws Error for what the load has not put: a record must arrive as it was sent. */
export function parsePayload(text: string): Payload {
  const [, key, index] = /^(key-\d+) (\d+)$/.exec(text) ?? [];
  if (key === undefined) throw new Error(`not a record of the load: ${text.slice(0, 80)}`);
  return { key, index: Number(index) };
}

export function deliveryLine(d: Delivery): string {
  return `${d.atUs} ${d.fence} ${d.shardId} ${d.sequenceNumber} ${d.subSequenceNumber} ${d.key} ${d.index}\n`;
}

/** In the order in which they were written; a line cut off by a kill is left out. */
export function readJournal(path: string): Delivery[] {
  const lines = readFileSync(path, "latin1").split("\n").slice(0, -1);
  return lines.map((line) => {
    const [atUs, fence, shardId = "", sequenceNumber = "", sub, key = "", index] = line.split(" ");
    return {
      atUs: Number(atUs),
      fence: Number(fence),
      ...{ shardId, sequenceNumber, key },
      subSequenceNumber: Number(sub),
      index: Number(index),
    };
  });
}
