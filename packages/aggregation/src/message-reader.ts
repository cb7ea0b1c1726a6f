/**
 * A reader of protocol buffers over foreign bytes. Nothing here throws: whatever the official parser
 * would refuse sets `failed`, and every length is checked against what is left.
 * https://protobuf.dev/programming-guides/encoding/
 */

const MAX_VARINT_BYTES = 10;
/** The official parser's bound for groups inside groups. */
const MAX_GROUP_DEPTH = 100;

export const VARINT = 0;
export const LENGTH_DELIMITED = 2;

export class MessageReader {
  readonly bytes: Uint8Array;
  offset: number;
  readonly end: number;
  failed = false;

  constructor(bytes: Uint8Array, offset: number, end: number) {
    this.bytes = bytes;
    this.offset = offset;
    this.end = end;
  }

  /** The low 32 bits of a varint as a signed integer: what Java's parser and its casts see. */
  int32(): number {
    const { bytes } = this;
    const first = this.offset < this.end ? (bytes[this.offset] as number) : 0x80;
    if (first < 0x80) {
      this.offset++;
      return first;
    }
    let value = 0;
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      if (this.offset >= this.end) break;
      const byte = bytes[this.offset++] as number;
      if (i < 5) value |= (byte & 0x7f) << (7 * i);
      if (byte < 0x80) return value;
    }
    this.failed = true;
    return 0;
  }

  /** A field's header; 0 at the end or when it is no header. */
  tag(): number {
    if (this.offset >= this.end) return 0;
    const tag = this.int32();
    if (tag >>> 3 === 0) this.failed = true;
    return this.failed ? 0 : tag;
  }

  /** A length that fits into what is left; 0 when it does not. */
  length(): number {
    const length = this.int32();
    if (length >= 0 && length <= this.end - this.offset) return length;
    this.failed = true;
    return 0;
  }

  /** Passes over the value of a field that is not known. */
  skip(tag: number, depth = 0): void {
    switch (tag & 7) {
      case VARINT:
        this.int32();
        return;
      case 1:
        this.#advance(8);
        return;
      case LENGTH_DELIMITED:
        this.#advance(this.length());
        return;
      case 3:
        this.#skipGroup(tag, depth + 1);
        return;
      case 5:
        this.#advance(4);
        return;
      default:
        this.failed = true;
    }
  }

  #skipGroup(startTag: number, depth: number): void {
    if (depth > MAX_GROUP_DEPTH) {
      this.failed = true;
      return;
    }
    const endTag = (startTag & ~7) | 4;
    while (!this.failed) {
      const tag = this.tag();
      if (tag === endTag) return;
      // The end of the bytes inside a group is an error too.
      if (tag === 0) this.failed = true;
      else this.skip(tag, depth);
    }
  }

  #advance(length: number): void {
    if (length > this.end - this.offset) this.failed = true;
    else this.offset += length;
  }
}
