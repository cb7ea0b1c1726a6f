import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteRange, payloadBytes } from "../../src/stream-model/payload.ts";
import { RecordChunk } from "../../src/stream-model/record-chunk.ts";
import { Timestamp } from "../../src/stream-model/timestamp.ts";
import type { WireRecord } from "../../src/stream-model/wire-record.ts";

const bytes = fc.uint8Array({ maxLength: 300 });
const payload = fc.oneof(
  bytes,
  bytes.map((data) => Buffer.from(data).toString("base64")),
  bytes.map((data) => new ByteRange(Buffer.concat([Buffer.of(1, 2), data]), 2, data.length + 2)),
);
const record: fc.Arbitrary<WireRecord> = fc.record(
  {
    SequenceNumber: fc.bigInt({ min: 0n, max: 10n ** 60n }).map(String),
    ApproximateArrivalTimestamp: fc.maxSafeNat().map((ms) => new Timestamp(ms)),
    Data: payload,
    // Half of a surrogate pair too: the service takes any text that its reader takes.
    PartitionKey: fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.constant("\ud800x")),
    EncryptionType: fc.constant("KMS" as const),
  },
  { requiredKeys: ["SequenceNumber", "ApproximateArrivalTimestamp", "Data"] },
);

describe("RecordChunk", () => {
  it("gives back what it was given, and fills exactly the room that it asked for", () => {
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 20 }), (records) => {
        const room = records.reduce((sum, one) => sum + RecordChunk.roomFor(one), 0);
        const chunk = new RecordChunk(room, 7, 1000, 0);
        for (const [i, one] of records.entries()) chunk.append(one, 1000 + i);
        expect(chunk.freeBytes).toBe(0);
        expect(records.map((_one, i) => chunk.record(i))).toEqual(
          records.map((one) => ({ ...one, Data: new Uint8Array(payloadBytes(one.Data)) })),
        );
        expect(records.map((_one, i) => chunk.endBytes(i))).toEqual(
          records.map((_one, i) => 1000 + i),
        );
      }),
    );
    expect.hasAssertions();
  });
});
