import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readLines } from "../src/lines.ts";

async function linesOf(chunks: Uint8Array[], maxLineBytes = 1000): Promise<string[]> {
  async function* source(): AsyncGenerator<Uint8Array> {
    yield* chunks;
  }
  const lines: string[] = [];
  for await (const some of readLines(source(), maxLineBytes)) {
    lines.push(...some.map((line) => line.toString("latin1")));
  }
  return lines;
}

const bytes = (text: string): Buffer => Buffer.from(text, "latin1");

describe("readLines", () => {
  it("gives the same lines however the bytes are cut", async () => {
    const text = fc
      .array(fc.constantFrom("\n", "\r\n", "\r", "a", "bc", "\u00ff", "\u0000"), { maxLength: 40 })
      .map((parts) => parts.join(""));
    await fc.assert(
      fc.asyncProperty(text, fc.array(fc.nat(60), { maxLength: 6 }), async (whole, cuts) => {
        const at = [...cuts.map((cut) => Math.min(cut, whole.length)), 0, whole.length];
        at.sort((a, b) => a - b);
        const chunks = at.slice(1).map((end, i) => bytes(whole.slice(at[i], end)));
        const expected = whole.split("\n");
        if (expected.at(-1) === "") expected.pop();
        expect(await linesOf(chunks)).toEqual(
          expected.map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line)),
        );
      }),
    );
  });

  it("keeps empty lines, which are records too, and needs no end of the last one", async () => {
    expect(await linesOf([bytes("a\n\nb")])).toEqual(["a", "", "b"]);
    expect(await linesOf([bytes("a\n\n")])).toEqual(["a", ""]);
    expect(await linesOf([])).toEqual([]);
  });

  it("takes lines of exactly the limit, with either end", async () => {
    expect(await linesOf([bytes("abcd\nabcd\r\nabcd")], 4)).toEqual(["abcd", "abcd", "abcd"]);
    await expect(linesOf([bytes("abcde\n")], 4)).rejects.toThrowError("line 1: longer than 4");
    await expect(linesOf([bytes("\nabc"), bytes("de")], 4)).rejects.toThrowError("line 2");
  });

  it("refuses a longer one by its number, and holds no more of it than the limit", async () => {
    let given = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      yield bytes("first\n");
      while (true) {
        given += 100;
        yield bytes("x".repeat(100));
      }
    }
    const read = async (): Promise<void> => {
      for await (const _ of readLines(endless(), 1000)) continue;
    };
    await expect(read()).rejects.toThrowError("line 2: longer than 1000 bytes");
    expect(given).toBeLessThanOrEqual(1100);
  });
});
