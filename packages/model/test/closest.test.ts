import { describe, expect, it } from "vitest";
import { closest } from "../src/closest.ts";

const names = ["dynamodb-endpoint", "endpoint", "file", "max-memory", "json"];

describe("closest", () => {
  it.each([
    ["endpont", "endpoint"],
    ["flie", "file"],
    ["memory", "max-memory"],
    ["JSON", "json"],
    ["json-lines", "json"],
    ["x", undefined],
    ["", undefined],
    ["colour", undefined],
  ])("takes %j for %j", (given, meant) => {
    expect(closest(given, names)).toBe(meant);
  });
});
