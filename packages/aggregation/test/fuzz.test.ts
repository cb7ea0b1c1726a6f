import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeAggregate, KCL_DECODING } from "../src/decode.ts";
import { MAGIC } from "../src/format.ts";
import { buildVectors } from "./vectors.ts";

const seeds = buildVectors().map((vector) => Buffer.from(vector.hex, "hex"));
const range = { start: "4".padEnd(32, "0"), end: "c".padEnd(32, "0") };

/** The long runs are in test/fuzz. */
describe("any bytes", () => {
  it("give an answer whose counts add up", () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 });
    const sealed = fc.tuple(fc.constantFrom(...seeds), changes).map(([seed, edits]) => {
      const message = Buffer.from(seed.subarray(4, Math.max(4, seed.length - 16)));
      for (const [at, value] of edits) if (message.length > 0) message[at % message.length] = value;
      return Buffer.concat([MAGIC, message, createHash("md5").update(message).digest()]);
    });
    fc.assert(
      fc.property(fc.oneof(sealed, fc.uint8Array({ maxLength: 60 })), (bytes) => {
        for (const options of [{}, { range, ...KCL_DECODING }]) {
          const decoded = decodeAggregate(bytes, options);
          const kept = decoded.kind === "plain" ? 0 : decoded.records.length + decoded.dropped;
          expect(kept).toBe(decoded.kind === "plain" ? 0 : decoded.total);
        }
      }),
      { numRuns: 20_000 },
    );
  });
});
