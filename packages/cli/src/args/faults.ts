/** `--fault`: a rule as JSON, or in short as name=value pairs. */

import { UsageError } from "../errors.ts";

const ACTION_FIELDS: ReadonlySet<string> = new Set([
  "code",
  "message",
  "statusCode",
  "delayMs",
  "entries",
]);

export const FAULT_SECTION: { readonly title: string; readonly lines: readonly string[] } = {
  title: "Faults, as name=value pairs or as JSON",
  lines: [
    "action=throttle | error | delay | drop | reset | goaway | stall | failEntries",
    "which requests: service=kinesis|dynamodb, operation=PutRecords, resource=NAME",
    "how often: probability=0.1, times=5, forMs=10000",
    "more of the action: code=…, message=…, statusCode=…, delayMs=…, entries=0+2",
    "--fault operation=PutRecords,action=throttle,probability=0.1",
    "--fault operation=GetRecords,action=delay,delayMs=500,times=20",
  ],
};

/** The rule as data; its fields are checked by the server that gets it. */
export function parseFault(text: string): unknown {
  return text.trimStart().startsWith("{") ? parseJson(text) : parsePairs(text);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`--fault: not JSON: ${reason}`);
  }
}

function parsePairs(text: string): unknown {
  const rule: Record<string, unknown> = {};
  const action: Record<string, unknown> = {};
  for (const pair of text.split(",")) {
    const [, name, value] = /^\s*([A-Za-z]+)=(.+?)\s*$/.exec(pair) ?? [];
    if (name === undefined || value === undefined) {
      throw new UsageError(
        `--fault: got ${JSON.stringify(pair)}, expected name=value pairs with commas between them, as in operation=PutRecords,action=throttle`,
      );
    }
    if (name === "action") action["kind"] = value;
    else if (name === "entries") action[name] = value.split("+").map(Number);
    else (ACTION_FIELDS.has(name) ? action : rule)[name] = numberOrText(value);
  }
  if (action["kind"] === undefined)
    throw new UsageError("--fault: give action=…, as in action=throttle");
  return { ...rule, action };
}

function numberOrText(value: string): number | string {
  return /^[0-9]+(\.[0-9]+)?$/.test(value) ? Number(value) : value;
}
