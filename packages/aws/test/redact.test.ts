import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readPutRecordsOutput } from "../src/put-records/answer.ts";
import { toFailure } from "../src/outcome.ts";
import { redacted } from "../src/redact.ts";

const constraint =
  "failed to satisfy constraint: Member must have length less than or equal to 256";
const refusal = (key: string, member = "records.1.member.partitionKey"): string =>
  `1 validation error detected: Value '${key}' at '${member}' ${constraint}`;

describe("what the service quotes", () => {
  it("of a record is taken out, whatever the key looks like", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: "binary", maxLength: 300 }), (key) => {
        expect(redacted(refusal(key))).toBe(refusal("…"));
      }),
    );
    for (const key of ["it's", "x' at 'y", "a\nb", "' failed to satisfy", "Value 'q' at 'z"]) {
      expect(redacted(refusal(key))).toBe(refusal("…"));
    }
  });

  it("is taken out of each of several complaints", () => {
    const message = `2 validation errors detected: Value 'k1' at 'records.1.member.partitionKey' ${constraint}; Value 'k2' at 'records.2.member.partitionKey' ${constraint}`;
    expect(redacted(message)).not.toMatch(/k1|k2/);
    expect(redacted(message)).toContain("records.2.member.partitionKey");
  });

  it("stays where it is the name of a thing", () => {
    expect(redacted(refusal("my stream", "streamName"))).toBe(refusal("my stream", "streamName"));
  });

  it("is taken out where the end is missing, and of hash keys", () => {
    expect(redacted("Value 'secret")).not.toContain("secret");
    const range =
      "Invalid ExplicitHashKey. It must be in the range: [0, 2^128-1]. Specified value was ";
    expect(redacted(`${range}340282366920938463463374607431768211456`)).toBe(`${range}…`);
  });
});

it("failures hold nothing of it: of a request, of an entry, of an answer that is no JSON", () => {
  const site = { service: "Kinesis", operation: "PutRecords", writes: true } as const;
  const thrown = Object.assign(new Error(refusal("secret\nkey")), {
    name: "ValidationException",
    $metadata: { httpStatusCode: 400 },
  });
  expect(toFailure(thrown, site).message).not.toMatch(/secret|key'/);
  const answer = readPutRecordsOutput(
    { Records: [{ ErrorCode: "ValidationException", ErrorMessage: refusal("secret") }] },
    1,
  );
  expect(JSON.stringify(answer)).not.toContain("secret");
  let noJson: unknown;
  try {
    JSON.parse('{"Data": secret}');
  } catch (error) {
    noJson = error;
  }
  const malformed = toFailure(noJson, { ...site, operation: "GetRecords", writes: false });
  expect(malformed).toMatchObject({ reason: "malformed", code: "SyntaxError" });
  expect(malformed.message).not.toContain("secret");
});
