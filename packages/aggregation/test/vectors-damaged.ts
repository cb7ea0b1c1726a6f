import { MAGIC } from "../src/format.ts";
import { seal } from "./reference.ts";
import {
  both,
  bytes,
  H,
  HALF,
  hex,
  MAX,
  of,
  one,
  plain,
  UPPER,
  type Vector,
  type VectorRecord,
} from "./vector.ts";

export function damaged(): Vector[] {
  const canonical = false;
  return [
    {
      name: "bad-key-index",
      why: "the KCL drops the rest, silently",
      hex: hex(seal(of(["a"], [], [one(0, "1"), one(9, "2"), one(0, "3")]))),
      kcl: [["a", null, H("1")]],
      lenient: [
        ["a", null, H("1")],
        ["a", null, H("3")],
      ],
      canonical,
    },
    {
      name: "bad-hash-key-index",
      why: "the same for the other table",
      hex: hex(seal(of(["a"], [], [one(0, "1"), one(0, "2", 0), one(0, "3")]))),
      kcl: [["a", null, H("1")]],
      lenient: [
        ["a", null, H("1")],
        ["a", null, H("3")],
      ],
      canonical,
    },
    {
      name: "negative-index",
      why: "an index above 2^31 is negative to the KCL",
      hex: hex(seal(bytes("0a0161 1a0908ffffffff0f 1a0131"))),
      kcl: [],
      lenient: [],
      canonical,
    },
    {
      name: "hash-key-no-number",
      why: "the KCL fails on it and drops the rest",
      hex: hex(seal(of(["a"], ["x"], [one(0, "1"), one(0, "2", 0), one(0, "3")]))),
      kcl: [["a", null, H("1")]],
      lenient: [
        ["a", null, H("1")],
        ["a", "x", H("2")],
        ["a", null, H("3")],
      ],
      canonical,
    },
  ];
}

/** MD5 of "a" begins 0c, of "pk1" f7: lower and upper half. */
export function ranges(): Vector[] {
  const canonical = true;
  const lowAndHigh = hex(
    seal(of(["pk1", "a"], [], [one(0, "1"), one(0, "2"), one(1, "3"), one(0, "4")])),
  );
  const all: VectorRecord[] = [
    ["pk1", null, H("1")],
    ["pk1", null, H("2")],
    ["a", null, H("3")],
    ["pk1", null, H("4")],
  ];
  const outside = { canonical: false, range: UPPER };
  return [
    {
      name: "one-record-out-of-range",
      why: "the KCL drops the whole aggregate for one stranger",
      hex: lowAndHigh,
      range: UPPER,
      kcl: [],
      lenient: all,
      canonical,
    },
    {
      name: "hash-key-decides",
      why: "an explicit hash key counts, not the key's MD5",
      hex: hex(seal(of(["a"], [MAX], [one(0, "1", 0), one(0, "2", 0)]))),
      range: UPPER,
      ...both([
        ["a", MAX, H("1")],
        ["a", MAX, H("2")],
      ]),
      canonical,
    },
    {
      name: "first-key-of-the-range",
      why: "both ends belong to a range",
      hex: hex(seal(of(["a"], [BigInt(`0x${HALF}`).toString()], [one(0, "1", 0)]))),
      ...both([["a", BigInt(`0x${HALF}`).toString(), H("1")]]),
      ...outside,
    },
    {
      name: "one-below-the-range",
      why: "and nothing beside them",
      hex: hex(seal(of(["a"], [(BigInt(`0x${HALF}`) - 1n).toString()], [one(0, "1", 0)]))),
      kcl: [],
      lenient: [["a", (BigInt(`0x${HALF}`) - 1n).toString(), H("1")]],
      ...outside,
    },
    {
      name: "beyond-the-key-space",
      why: "2^128 lies in no shard's range",
      hex: hex(seal(of(["a"], [(2n ** 128n).toString()], [one(0, "1", 0)]))),
      kcl: [],
      lenient: [["a", (2n ** 128n).toString(), H("1")]],
      ...outside,
    },
  ];
}

export function notAggregates(): Vector[] {
  const good = seal(of(["a"], [], [one(0, "1"), one(0, "2")]));
  const flipped = Buffer.from(good);
  flipped[flipped.length - 1] = (flipped.at(-1) as number) ^ 1;
  const without = (message: string): string => hex(seal(bytes(message)));
  return [
    { name: "nothing", why: "no bytes", hex: "", ...plain },
    { name: "three-bytes", why: "shorter than the magic", hex: "f3899a", ...plain },
    { name: "magic-alone", why: "nothing behind the magic", hex: hex(MAGIC), ...plain },
    {
      name: "nineteen-bytes",
      why: "no room for a checksum",
      hex: hex(Buffer.concat([MAGIC, Buffer.alloc(15)])),
      ...plain,
    },
    {
      name: "twenty-bytes",
      why: "an empty message is no aggregate, its checksum right or not",
      hex: hex(seal(new Uint8Array(0))),
      ...plain,
    },
    { name: "wrong-magic", why: "one bit is enough", hex: `f2${hex(good).slice(2)}`, ...plain },
    {
      name: "wrong-checksum",
      why: "then the bytes are one record as they stand",
      hex: hex(flipped),
      ...plain,
    },
    {
      name: "truncated-record",
      why: "a length beyond the end",
      hex: without("0a0161 1a0908001a0131"),
      ...plain,
    },
    {
      name: "no-key-index",
      why: "a required field is missing",
      hex: without("0a0161 1a031a0131"),
      ...plain,
    },
    {
      name: "no-data",
      why: "a required field is missing",
      hex: without("0a0161 1a020800"),
      ...plain,
    },
    {
      name: "tag-without-key",
      why: "a required field of a tag is missing",
      hex: without("0a0161 1a0708001a01312200"),
      ...plain,
    },
    {
      name: "varint-of-eleven-bytes",
      why: "longer than any number",
      hex: without("0a0161 1a1008ffffffffffffffffffff01 1a0131"),
      ...plain,
    },
    {
      name: "field-number-0",
      why: "no field has it",
      hex: without("0000 0a0161 1a0508001a0131"),
      ...plain,
    },
    {
      name: "wire-type-6",
      why: "there is none",
      hex: without("0a0161 2600 1a0508001a0131"),
      ...plain,
    },
    {
      name: "end-of-no-group",
      why: "a group ends that never began",
      hex: without("0a0161 1a0508001a0131 24"),
      ...plain,
    },
    {
      name: "unended-group",
      why: "a group that never ends",
      hex: without("0a0161 1a0508001a0131 232001"),
      ...plain,
    },
    {
      name: "negative-length",
      why: "a length of 2^31 and more",
      hex: without("0a0161 1affffffff0f"),
      ...plain,
    },
  ];
}
