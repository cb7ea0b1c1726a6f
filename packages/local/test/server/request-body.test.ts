import { PassThrough } from "node:stream";
import { afterEach, expect, test, vi } from "vitest";
import { readBody } from "../../src/server/request-body.ts";
import type { WireRequest } from "../../src/server/wire-port.ts";

afterEach(() => {
  vi.useRealTimers();
});

const make = (
  headers: Record<string, string> = {},
): { stream: PassThrough; request: WireRequest } => {
  const stream = new PassThrough();
  return { stream, request: Object.assign(stream, { headers }) as unknown as WireRequest };
};

test("a body up to the bound is whole, one byte more is too large", async () => {
  const within = make();
  within.stream.end(Buffer.alloc(100, 1));
  expect(await readBody(within.request, 100)).toMatchObject({
    kind: "whole",
    bytes: Buffer.alloc(100, 1),
  });
  const over = make();
  over.stream.write(Buffer.alloc(60));
  over.stream.end(Buffer.alloc(41));
  expect(await readBody(over.request, 100)).toEqual({ kind: "too large" });
});

test("a client that goes away or never comes to the end leaves a broken body", async () => {
  const gone = make();
  const broken = readBody(gone.request);
  gone.stream.write("half");
  gone.stream.destroy();
  expect(await broken).toEqual({ kind: "broken" });
  vi.useFakeTimers();
  const slow = make();
  const late = readBody(slow.request);
  slow.stream.write("half");
  await vi.advanceTimersByTimeAsync(120_000);
  expect(await late).toEqual({ kind: "broken" });
  expect(slow.stream.destroyed).toBe(true);
});

test("what is sent beyond the bound is read and forgotten, to a limit", async () => {
  const { stream, request } = make();
  stream.on("error", () => {});
  stream.write(Buffer.alloc(101));
  expect(await readBody(request, 100)).toEqual({ kind: "too large" });
  stream.write(Buffer.alloc(300));
  await new Promise((resolve) => setImmediate(resolve));
  expect(stream.destroyed).toBe(false);
  stream.write(Buffer.alloc(101));
  await new Promise((resolve) => stream.once("close", resolve));
  expect(stream.destroyed).toBe(true);
});

test.each([{}, { "content-length": "70000" }, { "content-length": "5" }])(
  "chunks come together in order, whatever was announced: %j",
  async (headers) => {
    const { stream, request } = make(headers);
    const chunks = Array.from({ length: 70 }, (_c, i) => Buffer.alloc(1000, i));
    const read = readBody(request);
    for (const chunk of chunks) stream.write(chunk);
    stream.end();
    expect(await read).toMatchObject({ kind: "whole", bytes: Buffer.concat(chunks) });
  },
);

test("bytes stay until they are released, and make room for another body then", async () => {
  const first = make();
  first.stream.end("first body");
  const one = await readBody(first.request);
  const second = make();
  second.stream.end("second");
  const two = await readBody(second.request);
  if (one.kind !== "whole" || two.kind !== "whole") throw new Error("not whole");
  expect(String(one.bytes)).toBe("first body");
  one.release();
  one.release();
  const others = await Promise.all(
    ["third", "fourth"].map((text) => {
      const { stream, request } = make();
      stream.end(text);
      return readBody(request);
    }),
  );
  expect(others.map((body) => body.kind === "whole" && String(body.bytes))).toEqual([
    "third",
    "fourth",
  ]);
  expect(String(two.bytes)).toBe("second");
});
