/** The `shardline` command: the one place that ends the process. */

import { readFileSync } from "node:fs";
import { commands } from "./commands/index.ts";
import { processIo } from "./io.ts";
import { run } from "./run.ts";

const { version } = JSON.parse(
  readFileSync(new URL("../package.json", import.meta.url), "utf8"),
) as { readonly version: string };

process.exit(await run(commands, version, process.argv.slice(2), processIo()));
