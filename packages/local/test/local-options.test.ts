import { readFileSync, writeFileSync } from "node:fs";
import { optionsMarkdown } from "@shardline/model";
import { expect, test } from "vitest";
import { LOCAL_OPTIONS } from "../src/index.ts";

test("docs/reference/local-options.md is what the options say (UPDATE_DOCS=1 writes it)", () => {
  const file = new URL("../../../docs/reference/local-options.md", import.meta.url);
  const page = [
    "# Options of `startLocal`",
    "",
    "Generated from the code. All are optional. What the command `shardline local` takes is in [cli.md](../cli.md).",
    "",
    optionsMarkdown(LOCAL_OPTIONS),
  ].join("\n");
  if (process.env["UPDATE_DOCS"] === "1") writeFileSync(file, page);
  expect(readFileSync(file, "utf8")).toBe(page);
});
