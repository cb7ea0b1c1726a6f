/** Command-line words → typed values. Flags win over the environment, which wins over defaults. */

import { parseArgs } from "node:util";
import { closest } from "@shardline/model";
import { UsageError } from "../errors.ts";
import {
  type FlagSpec,
  type FlagTable,
  type FlagValues,
  flagVariable,
  type PositionalSpec,
} from "./flags.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface ParsedArgs<T extends FlagTable> {
  readonly flags: FlagValues<T>;
  /** As many as the command asks for. */
  readonly positionals: readonly string[];
}

interface Given {
  readonly texts: Map<string, string[]>;
  readonly switches: Map<string, boolean>;
  readonly positionals: string[];
}

/** @throws UsageError on anything that the command does not know. */
export function parseCommandLine<T extends FlagTable>(
  table: T,
  positionals: readonly PositionalSpec[],
  argv: readonly string[],
  env: Environment,
): ParsedArgs<T> {
  const given = readWords(table, argv);
  checkPositionals(positionals, given.positionals);
  const flags: Record<string, unknown> = {};
  for (const [name, spec] of Object.entries(table)) {
    flags[name] = flagValue(name, spec, given, env);
  }
  return { flags: flags as FlagValues<T>, positionals: given.positionals };
}

function readWords(table: FlagTable, argv: readonly string[]): Given {
  const options: Record<string, { type: "string" | "boolean" }> = {};
  for (const [name, spec] of Object.entries(table)) {
    options[name] = { type: spec.kind === "switch" ? "boolean" : "string" };
  }
  const { tokens } = parseArgs({ args: [...argv], options, strict: false, tokens: true });
  const given: Given = { texts: new Map(), switches: new Map(), positionals: [] };
  for (const token of tokens) {
    if (token.kind === "positional") given.positionals.push(token.value);
    if (token.kind === "option") readOption(table, token, given);
  }
  return given;
}

function readOption(
  table: FlagTable,
  token: { readonly name: string; readonly rawName: string; readonly value?: string | undefined },
  given: Given,
): void {
  const negated = token.name.startsWith("no-") ? token.name.slice("no-".length) : undefined;
  const positive = Object.hasOwn(table, token.name) ? table[token.name] : undefined;
  const negative =
    negated !== undefined && Object.hasOwn(table, negated) ? table[negated] : undefined;
  const spec = positive ?? negative;
  const isNegative = positive === undefined && spec?.kind === "switch" && spec.negatable === true;
  if (
    spec === undefined ||
    (positive === undefined && !isNegative) ||
    !token.rawName.startsWith("--")
  ) {
    throw unknownOption(token.rawName, token.name, table);
  }
  const name = isNegative ? (negated ?? "") : token.name;
  if (spec.kind === "switch") {
    if (token.value !== undefined) throw new UsageError(`--${token.name} takes no value`);
    given.switches.set(name, !isNegative);
    return;
  }
  if (token.value === undefined) {
    throw new UsageError(`--${token.name} needs a value: --${token.name} ${spec.value}`);
  }
  const values = given.texts.get(name);
  if (values === undefined) given.texts.set(name, [token.value]);
  else values.push(token.value);
}

function unknownOption(rawName: string, name: string, table: FlagTable): UsageError {
  const names = Object.entries(table).flatMap(([known, spec]) =>
    spec.kind === "switch" && spec.negatable === true ? [known, `no-${known}`] : [known],
  );
  const near = closest(name, names);
  const hint = near === undefined ? "" : ` (did you mean --${near}?)`;
  return new UsageError(`unknown option ${rawName}${hint}`);
}

function checkPositionals(wanted: readonly PositionalSpec[], given: readonly string[]): void {
  const missing = wanted[given.length];
  if (missing !== undefined) throw new UsageError(`${missing.name} is missing: ${missing.doc}`);
  const extra = given[wanted.length];
  if (extra !== undefined) throw new UsageError(`unexpected argument ${JSON.stringify(extra)}`);
  const blank = wanted[given.indexOf("")];
  if (blank !== undefined) throw new UsageError(`${blank.name} is empty`);
}

function flagValue(name: string, spec: FlagSpec, given: Given, env: Environment): unknown {
  const variable = flagVariable(name);
  // An empty variable counts as not set, as it does for the AWS SDK.
  const fromEnv = env[variable] === "" ? undefined : env[variable];
  const texts = given.texts.get(name);
  const text = texts?.at(-1) ?? fromEnv;
  const source = texts === undefined ? variable : `--${name}`;
  switch (spec.kind) {
    case "switch":
      return given.switches.get(name) ?? switchFromEnv(variable, fromEnv) ?? spec.default ?? false;
    case "many":
      return texts ?? fromEnv?.split(",") ?? [];
    case "integer":
      return text === undefined ? spec.default : parseInteger(source, text, spec);
    case "text":
      if (text === "") throw new UsageError(`${source} is empty: give it a value, ${spec.value}`);
      if (text === undefined && spec.required === true) {
        throw new UsageError(`--${name} is missing: --${name} ${spec.value} (${spec.doc})`);
      }
      return text ?? spec.default;
  }
}

function switchFromEnv(variable: string, text: string | undefined): boolean | undefined {
  if (text === undefined) return undefined;
  if (/^(1|true|yes|on)$/i.test(text)) return true;
  if (/^(0|false|no|off)$/i.test(text)) return false;
  throw new UsageError(`${variable}: got ${JSON.stringify(text)}, expected true or false`);
}

function parseInteger(
  source: string,
  text: string,
  bounds: { readonly min: number; readonly max: number },
): number {
  const value = /^-?[0-9]{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= bounds.min && value <= bounds.max) return value;
  const expected = `an integer in ${bounds.min} … ${bounds.max}`;
  throw new UsageError(`${source}: got ${JSON.stringify(text)}, expected ${expected}`);
}
