/** `npm run demo`. */

import { processIo } from "../io.ts";
import { run } from "../run.ts";
import { demoCommand } from "./command.ts";

process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";

process.exit(await run([demoCommand], "", ["demo", ...process.argv.slice(2)], processIo()));
