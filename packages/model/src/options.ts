/**
 * Options are described once, in a table: it validates, fills defaults, freezes, and prints the
 * reference page. All problems are reported together.
 */

import { closest } from "./closest.ts";
import { InvalidOptionsError, type OptionProblem } from "./errors.ts";

interface Described {
  /** What it does and why one would change it. */
  readonly doc: string;
  /** The KPL or KCL option of the same meaning. */
  readonly counterpart?: string;
}

export type OptionSpec =
  | (Described & {
      readonly kind: "integer" | "number";
      readonly min: number;
      readonly max: number;
      readonly default: number | undefined;
    })
  | (Described & { readonly kind: "boolean"; readonly default: boolean })
  | (Described & {
      readonly kind: "choice";
      readonly choices: readonly string[];
      readonly default: string | undefined;
    })
  | (Described & {
      readonly kind: "string";
      readonly minLength: number;
      readonly maxLength: number;
      readonly pattern?: RegExp;
      readonly required: boolean;
    })
  /** A port, a function or a nested object, checked by `accepts`. */
  | (Described & {
      readonly kind: "custom";
      readonly expected: string;
      readonly accepts: (value: unknown) => boolean;
      readonly required: boolean;
      /** Its value is not quoted in a problem, not even one of the wrong type. */
      readonly secret?: true;
    });

export type OptionTable<Config extends object> = { readonly [K in keyof Config]-?: OptionSpec };

/** The same option, for a call where what is not given is taken from elsewhere. */
export function withoutDefault(spec: OptionSpec): OptionSpec {
  return { ...spec, default: undefined } as OptionSpec;
}

/**
 * Checks `given` against `table` and returns the complete, frozen configuration.
 * `undefined` counts as not given.
 * @throws InvalidOptionsError naming every problem.
 */
export function compileOptions<Config extends object>(
  subject: string,
  table: OptionTable<Config>,
  given: unknown,
  check?: (config: Config) => readonly OptionProblem[],
): Readonly<Config> {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    const value = describe(given);
    throw new InvalidOptionsError(subject, [{ path: "options", value, expected: "an object" }]);
  }
  const problems: OptionProblem[] = [];
  const names = Object.keys(table);
  for (const name of Object.keys(given)) {
    if (names.includes(name)) continue;
    const near = closest(name, names);
    const expected = `a known option${near === undefined ? "" : ` (did you mean ${near}?)`}`;
    problems.push({ path: name, value: "an unknown option", expected });
  }
  const config: Record<string, unknown> = {};
  for (const name of names) {
    const spec = table[name as keyof Config];
    const value = Object.hasOwn(given, name) ? (given as Record<string, unknown>)[name] : undefined;
    if (value === undefined) {
      if ("required" in spec && spec.required) {
        problems.push({ path: name, value: "nothing", expected: expectation(spec) });
      }
      config[name] = "default" in spec ? spec.default : undefined;
    } else if (conforms(spec, value)) {
      config[name] = value;
    } else {
      const shown = "secret" in spec ? `a ${typeof value}` : describe(value);
      problems.push({ path: name, value: shown, expected: expectation(spec) });
    }
  }
  if (problems.length === 0 && check !== undefined) problems.push(...check(config as Config));
  if (problems.length > 0) throw new InvalidOptionsError(subject, problems);
  return Object.freeze(config) as Readonly<Config>;
}

/** The reference page's table, in Markdown. */
export function optionsMarkdown<Config extends object>(table: OptionTable<Config>): string {
  const rows = Object.entries<OptionSpec>(table).map(([name, spec]) => {
    const fallback = "default" in spec ? (spec.default ?? "") : spec.required ? "required" : "";
    return `| \`${name}\` | ${expectation(spec)} | ${fallback} | ${spec.counterpart ?? ""} | ${spec.doc} |`;
  });
  const head = "| option | value | default | KPL / KCL | meaning |\n|---|---|---|---|---|";
  return `${head}\n${rows.join("\n")}\n`;
}

/** The value that an option takes, in words, and what it is if not given. */
export function optionValueText(name: string, spec: OptionSpec): string {
  const [, unit] = Object.entries(UNITS).find(([suffix]) => name.endsWith(suffix)) ?? [];
  const expected = expectation(spec);
  const value = unit === undefined ? expected : `${unit}, ${expected}`;
  if ("required" in spec && spec.required) return `${value}; required`;
  const fallback = "default" in spec ? spec.default : undefined;
  return fallback === undefined ? value : `${value}; default ${fallback}`;
}

const UNITS: Readonly<Record<string, string>> = {
  Ms: "milliseconds",
  Bytes: "bytes",
  Percent: "percent",
};

function conforms(spec: OptionSpec, value: unknown): boolean {
  switch (spec.kind) {
    case "integer":
      return Number.isSafeInteger(value) && within(value as number, spec.min, spec.max);
    case "number":
      return Number.isFinite(value) && within(value as number, spec.min, spec.max);
    case "boolean":
      return typeof value === "boolean";
    case "choice":
      return typeof value === "string" && spec.choices.includes(value);
    case "string":
      return (
        typeof value === "string" &&
        within(value.length, spec.minLength, spec.maxLength) &&
        (spec.pattern?.test(value) ?? true)
      );
    case "custom":
      return spec.accepts(value);
  }
}

function within(value: number, min: number, max: number): boolean {
  return value >= min && value <= max;
}

function expectation(spec: OptionSpec): string {
  switch (spec.kind) {
    case "integer":
      return `an integer in ${spec.min} … ${spec.max}`;
    case "number":
      return `a number in ${spec.min} … ${spec.max}`;
    case "boolean":
      return "true or false";
    case "choice":
      return `one of ${spec.choices.join(", ")}`;
    case "string": {
      const pattern = spec.pattern === undefined ? "" : ` matching ${spec.pattern.source}`;
      return `a string of ${spec.minLength} to ${spec.maxLength} characters${pattern}`;
    }
    case "custom":
      return spec.expected;
  }
}

/** Says what a value is without quoting anything long. */
function describe(value: unknown): string {
  if (typeof value === "number" || typeof value === "boolean" || value === null) {
    return String(value);
  }
  if (typeof value === "string") return JSON.stringify(value.slice(0, 60));
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
