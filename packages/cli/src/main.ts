/** The `shardline` command: the one place that ends the process. */

import { readFileSync } from "node:fs";
import { commands } from "./commands/index.ts";
import { processIo } from "./io.ts";
import { run } from "./run.ts";

const { version } = JSON.parse(
  readFileSync(new URL("../package.json", import.meta.url), "utf8"),
) as { readonly version: string };

// The SDK's advice on Node.js versions would otherwise come before every one-line error.
process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";

process.exit(await run(commands, version, process.argv.slice(2), processIo()));
