import { describe, expect, it } from "vitest";
import { compileOptions, type OptionTable, optionsMarkdown } from "../src/options.ts";

interface Config {
  readonly name: string;
  readonly count: number;
  readonly ratio: number;
  readonly on: boolean;
  readonly mode: string;
  readonly port: object | undefined;
}

const table: OptionTable<Config> = {
  name: {
    kind: "string",
    minLength: 1,
    maxLength: 8,
    pattern: /^[a-z]+$/,
    required: true,
    doc: "",
  },
  count: { kind: "integer", min: 1, max: 9, default: 3, doc: "How many.", counterpart: "Count" },
  ratio: { kind: "number", min: 0, max: 1, default: 0.5, doc: "" },
  on: { kind: "boolean", default: false, doc: "" },
  mode: { kind: "choice", choices: ["a", "b"], default: "a", doc: "" },
  port: {
    kind: "custom",
    expected: "an object",
    accepts: (value) => typeof value === "object",
    required: false,
    doc: "",
  },
};

const compile = (given: unknown): Readonly<Config> => compileOptions("thing", table, given);

describe("compileOptions", () => {
  it("fills defaults, treats undefined as not given, and freezes", () => {
    const config = compile({ name: "x", count: undefined });
    expect(config).toEqual({
      name: "x",
      count: 3,
      ratio: 0.5,
      on: false,
      mode: "a",
      port: undefined,
    });
    expect(Object.isFrozen(config)).toBe(true);
  });

  it.each([
    [{}, "name: got nothing, expected a string of 1 to 8 characters"],
    [{ name: "UP" }, 'name: got "UP"'],
    [{ name: "x", count: 0 }, "count: got 0, expected an integer in 1 … 9"],
    [{ name: "x", count: 10 }, "count: got 10"],
    [{ name: "x", count: 1.5 }, "count: got 1.5"],
    [{ name: "x", count: "3" }, 'count: got "3"'],
    [{ name: "x", ratio: Number.NaN }, "ratio: got NaN, expected a number in 0 … 1"],
    [{ name: "x", on: 1 }, "on: got 1, expected true or false"],
    [{ name: "x", mode: "c" }, 'mode: got "c", expected one of a, b'],
    [{ name: "x", port: () => 1 }, "port: got a function, expected an object"],
    [
      { name: "x", coutn: 1 },
      "coutn: got an unknown option, expected a known option (did you mean count?)",
    ],
    [{ name: "x", __proto__x: 1 }, "__proto__x: got an unknown option"],
    [null, "options: got null, expected an object"],
    [[], "options: got an array, expected an object"],
  ])("refuses %j", (given, message) => {
    expect(() => compile(given)).toThrowError(message);
  });

  it("reports all problems at once", () => {
    expect(() => compile({ count: 0, on: "yes" })).toThrowError(
      expect.objectContaining({
        code: "INVALID_OPTIONS",
        problems: [
          expect.objectContaining({ path: "name" }),
          expect.objectContaining({ path: "count" }),
          expect.objectContaining({ path: "on" }),
        ],
      }),
    );
  });

  it("quotes no secret, whatever its type", () => {
    const secret: OptionTable<{ readonly key: object }> = {
      key: {
        ...{ kind: "custom", expected: "a key", required: false, secret: true, doc: "" },
        accepts: (value) => typeof value === "object",
      },
    };
    for (const key of ["AKIA-and-more", 4711]) {
      const message = expect.not.stringMatching(/AKIA|4711/) as string;
      const error = expect.objectContaining({ code: "INVALID_OPTIONS", message }) as Error;
      expect(() => compileOptions("thing", secret, { key })).toThrowError(error);
    }
  });

  it("is not misled by inherited properties", () => {
    expect(() => compile(Object.create({ name: "x" }))).toThrowError("name: got nothing");
  });

  it("prints the reference table", () => {
    expect(optionsMarkdown(table)).toContain(
      "| `count` | an integer in 1 … 9 | 3 | Count | How many. |",
    );
  });
});
