import type { Command } from "../args/command.ts";
import { localCommand } from "./local.ts";
import { tailCommand } from "./tail.ts";

/** In the order of the help. */
export const commands: readonly Command[] = [localCommand, tailCommand];
