/** The pages that people read, and what is fenced in them. */

import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT: string = fileURLToPath(new URL("../../", import.meta.url));

export interface Page {
  /** From the root of the project. */
  readonly path: string;
  readonly text: string;
}

export interface Block {
  readonly page: string;
  /** Of the fence, from 1. */
  readonly line: number;
  /** The words after the fence: `ts`, `console`. */
  readonly info: string;
  readonly code: string;
}

export function pages(): Page[] {
  const paths = [
    join(ROOT, "README.md"),
    join(ROOT, "CONTRIBUTING.md"),
    join(ROOT, "SECURITY.md"),
    join(ROOT, "examples/README.md"),
    ...markdownBelow(join(ROOT, "docs")),
    ...readdirSync(join(ROOT, "packages")).map((name) => join(ROOT, "packages", name, "README.md")),
  ];
  return paths.map((path) => ({ path: relative(ROOT, path), text: readFileSync(path, "utf8") }));
}

function markdownBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return markdownBelow(path);
    return entry.name.endsWith(".md") ? [path] : [];
  });
}

export function blocksOf({ path, text }: Page): Block[] {
  const blocks: Block[] = [];
  let open: { line: number; info: string; code: string[] } | undefined;
  for (const [index, line] of text.split("\n").entries()) {
    const fence = /^```(.*)$/.exec(line);
    if (fence === null) open?.code.push(line);
    else if (open === undefined) open = { line: index + 1, info: fence[1] ?? "", code: [] };
    else {
      blocks.push({ page: path, line: open.line, info: open.info, code: open.code.join("\n") });
      open = undefined;
    }
  }
  return blocks;
}
