import fc from "fast-check";
import { expect, test } from "vitest";
import { jsonCodec } from "../../src/server/codec.ts";
import { payloadBase64, Timestamp } from "../../src/operations/operation.ts";

test("an answer with records is what JSON.stringify gives", () => {
  const record = fc.record(
    {
      SequenceNumber: fc.bigInt({ min: 0n }).map(String),
      ApproximateArrivalTimestamp: fc.maxSafeNat().map((ms) => new Timestamp(ms)),
      Data: fc.oneof(
        { weight: 9, arbitrary: fc.uint8Array({ maxLength: 100 }) },
        // Some answers are of several parts.
        fc.integer({ min: 20_000, max: 60_000 }).map((length) => new Uint8Array(length)),
      ),
      PartitionKey: fc.oneof(fc.string({ unit: "binary" }), fc.constant('\ud800"\\')),
      EncryptionType: fc.constant("KMS"),
    },
    { requiredKeys: ["SequenceNumber", "ApproximateArrivalTimestamp", "Data"] },
  );
  const answer = fc.record(
    { MillisBehindLatest: fc.nat(), NextShardIterator: fc.string(), Records: fc.array(record) },
    { requiredKeys: ["Records"] },
  );
  fc.assert(
    fc.property(answer, (output) => {
      const Records = output.Records.map((one) => ({ ...one, Data: payloadBase64(one.Data) }));
      expect(JSON.parse(Buffer.concat(jsonCodec.encode(output)).toString())).toEqual(
        JSON.parse(JSON.stringify({ ...output, Records })),
      );
    }),
  );
  expect.hasAssertions();
});
