/** Writes what --help prints into docs/cli.md. Build first. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { commands, demoCommand } from "@shardline/cli";

const path = join(import.meta.dirname, "../docs/cli.md");
let text = readFileSync(path, "utf8");
for (const command of [...commands, demoCommand]) {
  const mark = `<!-- help:${command.name} -->\n`;
  const block = new RegExp(`${mark}(\n\`\`\`text\n[^]*?\`\`\`\n)?`);
  if (!block.test(text)) throw new Error(`docs/cli.md has no ${mark}`);
  text = text.replace(block, () => `${mark}\n\`\`\`text\n${command.help()}\`\`\`\n`);
}
writeFileSync(path, text);
