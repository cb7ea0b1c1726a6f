/**
 * The golden vectors: bytes, and what a KCL 3 reader makes of them. Built with protobufjs or by hand,
 * never with our encoder. Run the tests with UPDATE_VECTORS=1 to write them.
 */

import { seal } from "./reference.ts";
import { both, bytes, H, hex, MAX, of, one, type Vector } from "./vector.ts";
import { damaged, notAggregates, ranges } from "./vectors-damaged.ts";

export function buildVectors(): Vector[] {
  return [...written(), ...foreign(), ...damaged(), ...ranges(), ...notAggregates()];
}

function written(): Vector[] {
  const canonical = true;
  return [
    {
      name: "two-of-one-key",
      why: "the smallest aggregate that a KPL writes",
      hex: hex(seal(of(["a"], [], [one(0, "1"), one(0, "2")]))),
      ...both([
        ["a", null, H("1")],
        ["a", null, H("2")],
      ]),
      canonical,
    },
    {
      name: "empty-data",
      why: "data is written even when it is empty",
      hex: hex(seal(of(["k"], [], [one(0, ""), one(0, "")]))),
      ...both([
        ["k", null, ""],
        ["k", null, ""],
      ]),
      canonical,
    },
    {
      name: "integer-like-keys",
      why: "tables are in the order of first use, whatever the keys look like",
      hex: hex(
        seal(of(["10", "2", "b", "1"], [], [one(0, "w"), one(1, "x"), one(2, "y"), one(3, "z")])),
      ),
      ...both([
        ["10", null, H("w")],
        ["2", null, H("x")],
        ["b", null, H("y")],
        ["1", null, H("z")],
      ]),
      canonical,
    },
    {
      name: "prototype-keys",
      why: "keys are data, not properties",
      hex: hex(seal(of(["__proto__", "constructor"], [], [one(0, "p"), one(1, "c"), one(0, "q")]))),
      ...both([
        ["__proto__", null, H("p")],
        ["constructor", null, H("c")],
        ["__proto__", null, H("q")],
      ]),
      canonical,
    },
    {
      name: "hash-keys-at-the-ends",
      why: "0 and 2^128-1; records without one stay without",
      hex: hex(seal(of(["k"], ["0", MAX], [one(0, "a", 0), one(0, "b", 1), one(0, "c")]))),
      ...both([
        ["k", "0", H("a")],
        ["k", MAX, H("b")],
        ["k", null, H("c")],
      ]),
      canonical,
    },
    {
      name: "utf8-keys",
      why: "lengths are in bytes",
      hex: hex(seal(of(["é", "\u{1f600}"], [], [one(0, "1"), one(1, "2")]))),
      ...both([
        ["é", null, H("1")],
        ["\u{1f600}", null, H("2")],
      ]),
      canonical,
    },
    {
      name: "longest-key",
      why: "256 characters of four bytes each",
      hex: hex(seal(of(["\u{1f600}".repeat(256)], [], [one(0, "1"), one(0, "2")]))),
      ...both([
        ["\u{1f600}".repeat(256), null, H("1")],
        ["\u{1f600}".repeat(256), null, H("2")],
      ]),
      canonical,
    },
    {
      name: "length-of-two-varint-bytes",
      why: "data of 127 and 128 bytes",
      hex: hex(seal(of(["k"], [], [one(0, "x".repeat(127)), one(0, "x".repeat(128))]))),
      ...both([
        ["k", null, H("x".repeat(127))],
        ["k", null, H("x".repeat(128))],
      ]),
      canonical,
    },
  ];
}

function foreign(): Vector[] {
  const canonical = false;
  const a = both([["a", null, H("1")]]);
  return [
    {
      name: "one-record",
      why: "a KPL sends it raw, readers open it all the same",
      hex: hex(seal(of(["a"], [], [one(0, "1")]))),
      ...a,
      canonical,
    },
    {
      name: "tags",
      why: "tags are ignored",
      hex: hex(
        seal(of(["a"], [], [{ ...one(0, "1"), tags: [{ key: "t", value: "v" }, { key: "u" }] }])),
      ),
      ...a,
      canonical,
    },
    {
      name: "unused-and-repeated-keys",
      why: "tables may hold more than is used, and one key twice",
      hex: hex(seal(of(["b", "a", "a"], ["7"], [one(1, "1"), one(2, "2")]))),
      ...both([
        ["a", null, H("1")],
        ["a", null, H("2")],
      ]),
      canonical,
    },
    {
      name: "tables-after-records",
      why: "fields come in any order",
      hex: hex(seal(bytes("1a0508001a0131 0a0161"))),
      ...a,
      canonical,
    },
    {
      name: "unknown-fields",
      why: "unknown fields of every wire type are passed over",
      hex: hex(
        seal(
          bytes("0a0161 2001 2900000000000000ff 320101 3500000000 3b20013c 1a07 08001a0131 2801"),
        ),
      ),
      ...a,
      canonical,
    },
    {
      name: "last-scalar-wins",
      why: "of a field given twice the last one counts",
      hex: hex(seal(bytes("0a0162 0a0161 1a0a 08000801 1a0130 1a0131"))),
      ...a,
      canonical,
    },
    {
      name: "long-varints",
      why: "a varint may have ten bytes",
      hex: hex(seal(bytes("0a818080800061 1a0708808000 1a0131"))),
      ...a,
      canonical,
    },
    {
      name: "wrong-wire-type-is-unknown",
      why: "a known number with another wire type is an unknown field",
      hex: hex(seal(bytes("0a0161 0805 1a0508001a0131"))),
      ...a,
      canonical,
    },
    {
      name: "no-records",
      why: "an aggregate of none: nothing is delivered",
      hex: hex(seal(of(["a"], [], []))),
      ...both([]),
      canonical,
    },
    {
      name: "non-utf8-key",
      why: "what is no UTF-8 reads as U+FFFD",
      hex: hex(seal(bytes("0a01ff 1a0508001a0131"))),
      ...both([["\ufffd", null, H("1")]]),
      canonical,
    },
    {
      name: "index-of-33-bits",
      why: "readers keep the low 32 bits of an index",
      hex: hex(seal(bytes("0a0161 1a09088080808010 1a0131"))),
      ...a,
      canonical,
    },
  ];
}
