/** What editors show of an option is what its table says, so that no range or default is told twice. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { workerOptionTable } from "@shardline/consumer";
import { type OptionSpec, optionValueText } from "@shardline/model";
import { PRODUCER_OPTIONS } from "@shardline/producer";
import { expect, it } from "vitest";
import { ROOT } from "./pages.ts";

const WIDTH = 98;

it.each<[string, string, string, Readonly<Record<string, OptionSpec>>]>([
  ["packages/producer/src/options.ts", "ProducerOptions", "KPL", PRODUCER_OPTIONS],
  ["packages/consumer/src/options.ts", "WorkerOptions", "KCL", workerOptionTable],
])(
  "%s says of each option what its table says (UPDATE_DOCS=1 writes it)",
  (path, name, library, table) => {
    const file = join(ROOT, path);
    const source = readFileSync(file, "utf8");
    const start = source.indexOf(`export interface ${name} {`);
    const end = source.indexOf("\n}\n", start);
    const seen: string[] = [];
    const fields = source
      .slice(start, end)
      .replaceAll(
        /^( {2}\/\*\*(?:(?!\*\/)[^])*\*\/\n)?( {2}readonly (\w+)\??:)/gm,
        (_, __, field: string, option: string) => {
          seen.push(option);
          return commentOf(option, table[option], library) + field;
        },
      );
    const expected = source.slice(0, start) + fields + source.slice(end);
    if (process.env["UPDATE_DOCS"] === "1") writeFileSync(file, expected);
    expect(seen.toSorted()).toEqual(Object.keys(table).toSorted());
    expect(readFileSync(file, "utf8")).toBe(expected);
  },
);

function commentOf(option: string, spec: OptionSpec | undefined, library: string): string {
  if (spec === undefined) throw new Error(`${option} is in no table`);
  const value = optionValueText(option, spec);
  const counterpart =
    spec.counterpart === undefined ? "" : ` ${library} counterpart: ${spec.counterpart}.`;
  const text = `${spec.doc}\n${value.charAt(0).toUpperCase()}${value.slice(1)}.${counterpart}`;
  const lines = text.split("\n").flatMap((line) => wrap(line, WIDTH - "   * ".length));
  return `  /**\n${lines.map((line) => `   * ${line}\n`).join("")}   */\n`;
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
