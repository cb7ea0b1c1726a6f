/** Every option: missing, of the wrong type, below, at and above its bounds; and its page is current. */

import { readFileSync, writeFileSync } from "node:fs";
import { InvalidOptionsError, type OptionSpec, optionsMarkdown } from "@shardline/model";
import { describe, expect, it } from "vitest";
import { PRODUCER_OPTIONS, Producer, type ProducerOptions } from "../src/index.ts";
import { producerConfig } from "../src/options.ts";
import { newWorld } from "./world.ts";

const { clock, kinesis } = newWorld();
const ARN = "arn:aws:kinesis:us-east-1:123456789012:stream/s";

function config(name: string, value: unknown): Record<string, unknown> {
  // Options that only fit together with a companion get it.
  const companions: Record<string, ProducerOptions> = {
    lingerMs: { recordTtlMs: 86_400_000 },
    recordTtlMs: { lingerMs: 0 },
    retryBaseMs: { retryCapMs: 600_000 },
    retryCapMs: { retryBaseMs: 1 },
  };
  const own = name === "kinesis" || name === "aws" ? {} : { kinesis };
  const options = { clock, ...own, ...companions[name], [name]: value };
  return producerConfig(options as ProducerOptions) as unknown as Record<string, unknown>;
}

function problemsOf(
  make: () => unknown,
): readonly { path: string; value: string; expected: string }[] {
  try {
    make();
  } catch (error) {
    if (error instanceof InvalidOptionsError) return error.problems;
    throw error;
  }
  return [];
}

const specs = Object.entries<OptionSpec>(PRODUCER_OPTIONS);
const numeric = specs.filter(([, spec]) => spec.kind === "integer") as [
  string,
  Extract<OptionSpec, { kind: "integer" | "number" }>,
][];

/** For each kind, something that it is not. */
const wrongTypes: Record<OptionSpec["kind"], unknown> = {
  integer: "7",
  number: "7",
  boolean: "true",
  choice: "no such choice",
  string: 7,
  custom: "no port",
};

describe("every option", () => {
  it.each(specs)("%s: of the wrong type is refused by name", (name, spec) => {
    expect(problemsOf(() => config(name, wrongTypes[spec.kind]))).toMatchObject([{ path: name }]);
    expect(problemsOf(() => config(name, null))).toMatchObject([{ path: name, value: "null" }]);
  });

  it.each(specs.filter(([name]) => name !== "kinesis"))(
    "%s: missing takes its default",
    (name, spec) => {
      const compiled = config(name, undefined)[name];
      const hasPort = ["clock", "random", "logger"].includes(name);
      const fallback = "default" in spec ? spec.default : undefined;
      expect(hasPort ? typeof compiled : compiled).toBe(hasPort ? "object" : fallback);
    },
  );

  it.each(numeric)("%s: holds its bounds", (name, { min, max }) => {
    expect(config(name, min)[name]).toBe(min);
    expect(config(name, max)[name]).toBe(max);
    for (const bad of [min - 1, max + 1, min + 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      const expected = `an integer in ${min} … ${max}`;
      expect(problemsOf(() => config(name, bad))).toEqual([
        { path: name, value: String(bad), expected },
      ]);
    }
  });

  it.each([
    ["streamName", "a", "x".repeat(128), ["", "x".repeat(129), "a b", "é"]],
    ["streamArn", ARN, `${ARN}-2`, ["", "arn:aws:s3:::bucket", "s"]],
  ] as const)("%s: holds its form", (name, least, most, bad) => {
    expect(config(name, least)[name]).toBe(least);
    expect(config(name, most)[name]).toBe(most);
    for (const value of bad) expect(problemsOf(() => config(name, value))).toHaveLength(1);
  });
});

describe("a set of options", () => {
  it("names an unknown option and the one that was meant", () => {
    const problems = problemsOf(() => new Producer({ streamNam: "s" } as ProducerOptions));
    expect(problems).toMatchObject([{ path: "streamNam" }]);
    expect(problems[0]?.expected).toContain("streamName");
  });

  it.each<[string, ProducerOptions]>([
    ["streamArn", { streamName: "s", streamArn: ARN }],
    ["lingerMs", { lingerMs: 1000, recordTtlMs: 1000 }],
    ["retryBaseMs", { retryBaseMs: 500, retryCapMs: 400 }],
    ["aws", { kinesis, aws: {} }],
  ])("that contradicts itself is refused: %s", (path, options) => {
    expect(problemsOf(() => producerConfig(options))).toMatchObject([{ path }]);
  });

  it("reports all problems at once", () => {
    const bad = {
      lingerMs: -1,
      order: "sorted",
      maxBufferedBytes: 0,
    } as unknown as ProducerOptions;
    expect(problemsOf(() => new Producer(bad)).map((p) => p.path)).toEqual([
      "order",
      "lingerMs",
      "maxBufferedBytes",
    ]);
  });
});

describe("docs/reference/producer-options.md", () => {
  it("is what the options say (UPDATE_DOCS=1 writes it)", () => {
    const file = new URL("../../../docs/reference/producer-options.md", import.meta.url);
    const page = `# Producer options\n\nGenerated from the code. All are optional; a producer without a stream needs one for each record.\n\n${optionsMarkdown(PRODUCER_OPTIONS)}`;
    if (process.env["UPDATE_DOCS"] === "1") writeFileSync(file, page);
    expect(readFileSync(file, "utf8")).toBe(page);
  });
});
