/**
 * A second, slow and independent reader of the KPL's record format, so that the checkers do not
 * trust the code that they check. It reads what the simulated producers write and no more.
 */

import { createHash } from "node:crypto";

export interface EnvelopeMember {
  readonly partitionKey: string;
  readonly explicitHashKey: string | undefined;
  readonly data: Uint8Array;
}

const MAGIC = "f3899ac2";
const DIGEST_BYTES = 16;
const utf8 = new TextDecoder();

/** The members of an aggregate, or undefined for a plain record. */
export function readEnvelope(data: Uint8Array): readonly EnvelopeMember[] | undefined {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (bytes.length <= 4 + DIGEST_BYTES || bytes.toString("hex", 0, 4) !== MAGIC) return undefined;
  const message = bytes.subarray(4, -DIGEST_BYTES);
  const digest = createHash("md5").update(message).digest();
  if (!digest.equals(bytes.subarray(-DIGEST_BYTES))) return undefined;
  const partitionKeys: string[] = [];
  const explicitHashKeys: string[] = [];
  const members: EnvelopeMember[] = [];
  for (const [field, value] of fields(message)) {
    if (typeof value === "number") throw new Error(`envelope: field ${field} is not bytes`);
    if (field === 1) partitionKeys.push(utf8.decode(value));
    else if (field === 2) explicitHashKeys.push(utf8.decode(value));
    else members.push(member(value, partitionKeys, explicitHashKeys));
  }
  return members;
}

function member(
  message: Uint8Array,
  partitionKeys: readonly string[],
  explicitHashKeys: readonly string[],
): EnvelopeMember {
  const found = new Map(fields(message));
  const data = found.get(3);
  const partitionKey = partitionKeys[found.get(1) as number];
  const hashKeyIndex = found.get(2) as number | undefined;
  if (partitionKey === undefined || !(data instanceof Uint8Array)) {
    throw new Error("envelope: a member without key or data");
  }
  return {
    partitionKey,
    explicitHashKey: hashKeyIndex === undefined ? undefined : explicitHashKeys[hashKeyIndex],
    data,
  };
}

function* fields(message: Uint8Array): Generator<[number, number | Uint8Array]> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = message[at++];
      if (byte === undefined) throw new Error("envelope: cut off");
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
  };
  while (at < message.length) {
    const tag = varint();
    const value = varint();
    if ((tag & 7) === 0) {
      yield [tag >>> 3, value];
    } else {
      yield [tag >>> 3, message.subarray(at, at + value)];
      at += value;
    }
  }
}
