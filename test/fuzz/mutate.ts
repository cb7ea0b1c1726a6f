import { createHash } from "node:crypto";

export interface Chance {
  below(bound: number): number;
}

const MAGIC = Buffer.from("f3899ac2", "hex");
const TAGS = [0x08, 0x0a, 0x10, 0x12, 0x1a, 0x20, 0x22, 0x23, 0x24, 0x25, 0x21, 0x26];
const BYTES = [0x00, 0x01, 0x7f, 0x80, 0xff];

/** Changes some bytes between magic and checksum; most of the time both are made right again. */
export function mutate(input: Buffer, other: Buffer, chance: Chance): Buffer {
  let message: Buffer = Buffer.from(input.subarray(4, Math.max(4, input.length - 16)));
  for (let i = 1 + chance.below(4); i > 0; i--) message = mutateOnce(message, other, chance);
  if (chance.below(40) === 0) return message;
  const sum = createHash("md5").update(message).digest();
  if (chance.below(40) === 0) sum[0] = (sum[0] ?? 0) ^ 1;
  return Buffer.concat([MAGIC, message, sum]);
}

function mutateOnce(message: Buffer, other: Buffer, chance: Chance): Buffer {
  const at = chance.below(message.length + 1);
  const length = chance.below(Math.min(16, message.length - at + 1));
  switch (chance.below(7)) {
    case 0:
      message[at] = chance.below(256);
      return message;
    case 1:
      message[at] = BYTES[chance.below(BYTES.length)] as number;
      return message;
    case 2:
      message[at] = (message[at] ?? 0) ^ (1 << chance.below(8));
      return message;
    case 3:
      return Buffer.concat([message.subarray(0, at), message.subarray(at + length)]);
    case 4:
      return Buffer.concat([
        message.subarray(0, at),
        message.subarray(at, at + length),
        message.subarray(at),
      ]);
    case 5: {
      const tag = Buffer.of(TAGS[chance.below(TAGS.length)] as number, chance.below(12));
      return Buffer.concat([message.subarray(0, at), tag, message.subarray(at)]);
    }
    default: {
      const from = chance.below(other.length + 1);
      const piece = other.subarray(from, from + chance.below(64));
      return Buffer.concat([message.subarray(0, at), piece, message.subarray(at)]);
    }
  }
}
