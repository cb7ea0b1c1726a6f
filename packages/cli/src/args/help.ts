/** --help, printed from the same table that parses. */

import { type FlagSpec, type FlagTable, flagVariable, type PositionalSpec } from "./flags.ts";

export interface HelpSections {
  readonly name: string;
  readonly summary: string;
  /** How it is called, if not by `shardline NAME`. */
  readonly invocation?: readonly string[];
  readonly positionals: readonly PositionalSpec[];
  readonly flags: FlagTable;
  /** More paragraphs, each with a title. */
  readonly sections: readonly { readonly title: string; readonly lines: readonly string[] }[];
}

export function helpText(help: HelpSections): string {
  const words = [
    ...(help.invocation ?? ["shardline", help.name]),
    ...help.positionals.map(({ name }) => name),
  ];
  const required = Object.entries(help.flags).filter(([, spec]) => isRequired(spec));
  const usage = [...words, ...required.map(([name, spec]) => flagUsage(name, spec)), "[options]"];
  const lines = [`Usage: ${usage.join(" ")}`, "", help.summary, ""];
  if (help.positionals.length > 0) {
    lines.push(...columns(help.positionals.map(({ name, doc }) => [name, doc])), "");
  }
  lines.push("Options:");
  lines.push(
    ...columns([
      ...Object.entries(help.flags).map(([name, spec]): [string, string] => [
        flagUsage(name, spec),
        flagDoc(spec),
      ]),
      ["--help", "print this and exit"],
    ]),
  );
  for (const section of help.sections) {
    lines.push("", `${section.title}:`, ...section.lines.map((line) => `  ${line}`.trimEnd()));
  }
  const example = Object.keys(help.flags).find((name) => name.includes("-")) ?? "json";
  lines.push(
    "",
    `Every option can also come from the environment: --${example} is ${flagVariable(example)}.`,
  );
  return `${lines.join("\n")}\n`;
}

function isRequired(spec: FlagSpec): boolean {
  return "required" in spec && spec.required === true;
}

function flagUsage(name: string, spec: FlagSpec): string {
  if (spec.kind === "switch") return spec.negatable ? `--[no-]${name}` : `--${name}`;
  return `--${name} ${spec.value}`;
}

function flagDoc(spec: FlagSpec): string {
  if (spec.kind === "many") return `${spec.doc} (may be repeated)`;
  if (spec.kind === "switch") return spec.default === true ? `${spec.doc} (default)` : spec.doc;
  return spec.default === undefined ? spec.doc : `${spec.doc} (default ${spec.default})`;
}

const TEXT_COLUMN = 28;

/** Two columns; a long left side gets a line of its own. */
export function columns(rows: readonly (readonly [string, string])[]): string[] {
  return rows.flatMap(([left, right]) => {
    const head = `  ${left}`;
    if (head.length > TEXT_COLUMN - 2) return [head, " ".repeat(TEXT_COLUMN) + right];
    return [head.padEnd(TEXT_COLUMN) + right];
  });
}
