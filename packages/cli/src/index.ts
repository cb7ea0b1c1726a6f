export type { Command } from "./args/command.ts";
export { commands } from "./commands/index.ts";
export { demoCommand } from "./demo/command.ts";
export type { Io } from "./io.ts";
export { Output } from "./io.ts";
export { run } from "./run.ts";
