import { describe, expect, it } from "vitest";
import type { FlagTable } from "../../src/args/flags.ts";
import { parseCommandLine } from "../../src/args/parse.ts";

const table = {
  file: { kind: "text", value: "FILE", doc: "" },
  from: { kind: "text", value: "WHERE", default: "start", doc: "" },
  "kinesis-port": { kind: "integer", value: "PORT", min: 0, max: 65_535, default: 4567, doc: "" },
  "tls-port": { kind: "integer", value: "PORT", min: 0, max: 65_535, doc: "" },
  stream: { kind: "many", value: "NAME", doc: "" },
  follow: { kind: "switch", default: true, negatable: true, doc: "" },
  json: { kind: "switch", doc: "" },
} as const satisfies FlagTable;

const stream = [{ name: "STREAM", doc: "name of the stream" }];
const parse = (argv: string[], env: Record<string, string> = {}) =>
  parseCommandLine(table, stream, ["orders", ...argv], env);

describe("parseCommandLine", () => {
  it("fills in defaults", () => {
    expect(parse([])).toEqual({
      positionals: ["orders"],
      flags: {
        file: undefined,
        from: "start",
        "kinesis-port": 4567,
        "tls-port": undefined,
        stream: [],
        follow: true,
        json: false,
      },
    });
  });

  it("reads values in both spellings, lists, switches and their negation", () => {
    const { flags } = parse([
      ...["--file", "a b", "--kinesis-port=0", "--stream", "x", "--stream=y"],
      ...["--no-follow", "--json"],
    ]);
    expect(flags).toMatchObject({
      file: "a b",
      "kinesis-port": 0,
      stream: ["x", "y"],
      follow: false,
      json: true,
    });
  });

  it("takes flags before the environment, and the environment before defaults", () => {
    const env = {
      SHARDLINE_KINESIS_PORT: "1",
      SHARDLINE_FROM: "env",
      SHARDLINE_JSON: "true",
      SHARDLINE_FOLLOW: "0",
      SHARDLINE_STREAM: "a,b",
      SHARDLINE_FILE: "",
    };
    expect(parse(["--from", "flag"], env).flags).toMatchObject({
      from: "flag",
      "kinesis-port": 1,
      json: true,
      follow: false,
      stream: ["a", "b"],
      file: undefined,
    });
  });

  it.each([
    [["--fiel", "x"], "unknown option --fiel (did you mean --file?)"],
    [["--no-folow"], "unknown option --no-folow (did you mean --no-follow?)"],
    [["--no-json"], "unknown option --no-json (did you mean --json?)"],
    [["--colour"], "unknown option --colour"],
    [["-f"], "unknown option -f"],
    [["--__proto__"], "unknown option --__proto__"],
    [["--file"], "--file needs a value: --file FILE"],
    [["--file", ""], "--file is empty: give it a value, FILE"],
    [["--json=yes"], "--json takes no value"],
    [["--kinesis-port", "x"], '--kinesis-port: got "x", expected an integer in 0 … 65535'],
    [["--kinesis-port", "65536"], '--kinesis-port: got "65536"'],
    [["--kinesis-port", "-1"], '--kinesis-port: got "-1"'],
    [["--kinesis-port", "1.5"], '--kinesis-port: got "1.5"'],
    [["more"], 'unexpected argument "more"'],
  ])("refuses %j", (argv, message) => {
    expect(() => parse(argv)).toThrowError(message);
  });

  it("names a missing or empty argument, a missing flag, and a wrong variable", () => {
    expect(() => parseCommandLine(table, stream, [], {})).toThrowError(
      "STREAM is missing: name of the stream",
    );
    expect(() => parseCommandLine(table, stream, [""], {})).toThrowError("STREAM is empty");
    const needed = {
      handler: { kind: "text", value: "FILE", required: true, doc: "why" },
    } as const;
    expect(() => parseCommandLine(needed, [], [], {})).toThrowError(
      "--handler is missing: --handler FILE (why)",
    );
    expect(() => parse([], { SHARDLINE_JSON: "maybe" })).toThrowError(
      'SHARDLINE_JSON: got "maybe", expected true or false',
    );
    expect(() => parse([], { SHARDLINE_TLS_PORT: "https" })).toThrowError(
      'SHARDLINE_TLS_PORT: got "https", expected an integer',
    );
  });
});
