/**
 * A moment in an operation's input or output, tagged so that each wire can write it its own way:
 * JSON as epoch seconds with a fraction (which `JSON.stringify` does by `toJSON`), CBOR as tag 1.
 */
export class Timestamp {
  readonly epochMs: number;

  constructor(epochMs: number) {
    this.epochMs = epochMs;
  }

  toJSON(): number {
    return this.epochMs / 1000;
  }
}
