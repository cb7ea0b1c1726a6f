/** The user's module → the functions of a worker. */

import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { WorkerOptions } from "@shardline/consumer";
import { CliError } from "../errors.ts";

const OPTIONAL = ["onShardStart", "onShardEnd", "onLeaseLost", "onStop", "onDeadLetter"] as const;

export type Handlers = Pick<WorkerOptions, "processRecords" | (typeof OPTIONAL)[number]>;

/**
 * Imports `file`. Its default export, or else its export `processRecords`, is processRecords; the
 * other functions of a worker may be exported by their names.
 * @throws CliError if it cannot be loaded or exports no such function.
 */
export async function loadHandlers(file: string): Promise<Handlers> {
  const path = resolve(file);
  let module: Record<string, unknown>;
  try {
    module = (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  } catch (error) {
    throw new CliError(`--handler: ${reasonOf(error, path)}`, { cause: error });
  }
  return handlersOf(module, file);
}

/** @throws CliError */
function handlersOf(module: Readonly<Record<string, unknown>>, file: string): Handlers {
  const processRecords = module["default"] ?? module["processRecords"];
  if (typeof processRecords !== "function") {
    throw new CliError(
      `--handler: ${file} has no default export that is a function: export default async function ({ records }) { … }`,
    );
  }
  const handlers: Record<string, unknown> = { processRecords };
  for (const name of OPTIONAL) {
    const given = module[name];
    if (given === undefined) continue;
    if (typeof given !== "function") {
      throw new CliError(`--handler: ${file} exports ${name}, which is not a function`);
    }
    handlers[name] = given;
  }
  return handlers as unknown as Handlers;
}

function reasonOf(error: unknown, path: string): string {
  const { code, message } = error as NodeJS.ErrnoException;
  // The module itself, not one that it imports.
  if (code === "ERR_MODULE_NOT_FOUND" && message.includes(`'${path}'`)) {
    return `${path} does not exist`;
  }
  if (code === "ERR_UNKNOWN_FILE_EXTENSION") return `${path}: give JavaScript, .mjs or .js`;
  return `${path} failed to load: ${message ?? String(error)}`;
}
