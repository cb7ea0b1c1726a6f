import { readFileSync, writeFileSync } from "node:fs";
import { optionsMarkdown } from "@shardline/model";
import { expect, it } from "vitest";
import { CONNECTION_OPTIONS } from "../src/connection.ts";
import { createKinesis } from "../src/index.ts";
import { KINESIS_OPTIONS, LEASE_TABLE_OPTIONS } from "../src/options.ts";

it("credentials of the wrong type are refused and not repeated", () => {
  const credentials = "wJalrXUtnFEMI" as never;
  const refused = expect.objectContaining({
    code: "INVALID_OPTIONS",
    message: expect.not.stringContaining("wJalr") as string,
    problems: [expect.objectContaining({ path: "credentials" })],
  }) as Error;
  expect(() => createKinesis({ credentials })).toThrowError(refused);
});

it("docs/reference/aws-options.md is what the options say (UPDATE_DOCS=1 writes it)", () => {
  const file = new URL("../../../docs/reference/aws-options.md", import.meta.url);
  const page = [
    "# Options of the AWS adapters",
    "",
    "Generated from the code. What is not given is found as the AWS SDK finds it.",
    "",
    "## The option `aws` of `Producer` and of `Worker`",
    "",
    "One shape for both, so that one object serves a producer and a worker.",
    "",
    optionsMarkdown(CONNECTION_OPTIONS),
    "## `createKinesis`",
    "",
    optionsMarkdown(KINESIS_OPTIONS),
    "## `createLeaseTable`",
    "",
    optionsMarkdown(LEASE_TABLE_OPTIONS),
  ].join("\n");
  if (process.env["UPDATE_DOCS"] === "1") writeFileSync(file, page);
  expect(readFileSync(file, "utf8")).toBe(page);
});
