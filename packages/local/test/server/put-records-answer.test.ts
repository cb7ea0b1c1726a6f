import fc from "fast-check";
import { expect, test } from "vitest";
import { jsonCodec } from "../../src/server/codec.ts";

test("the answer to PutRecords is what JSON.stringify gives", () => {
  const stored = fc.record({
    SequenceNumber: fc.bigInt().map(String),
    ShardId: fc.constant("shardId-0"),
  });
  const failed = fc.record({ ErrorCode: fc.string(), ErrorMessage: fc.string({ unit: "binary" }) });
  const answer = fc.record(
    {
      FailedRecordCount: fc.nat(),
      Records: fc.array(fc.oneof(stored, failed)),
      EncryptionType: fc.constant("KMS"),
    },
    { requiredKeys: ["FailedRecordCount", "Records"] },
  );
  fc.assert(
    fc.property(answer, (output) => {
      expect(JSON.parse(Buffer.concat(jsonCodec.encode(output)).toString())).toEqual(output);
    }),
  );
  expect.hasAssertions();
});
