import type { Command } from "../args/command.ts";
import { localCommand } from "./local.ts";
import { putCommand } from "./put.ts";
import { tailCommand } from "./tail.ts";
import { workCommand } from "./work.ts";

/** In the order of the help. */
export const commands: readonly Command[] = [localCommand, putCommand, tailCommand, workCommand];
