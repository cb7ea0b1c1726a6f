/** Rules come from JSON too (the admin endpoint, the command line), so each is checked in full. */

import { compileOptions, type OptionSpec, type OptionTable } from "@shardline/model";
import type { FaultAction, FaultRule } from "./fault.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

const text = (doc: string, required = false): OptionSpec => ({
  kind: "string",
  minLength: 1,
  maxLength: 1024,
  required,
  doc,
});

const RULE: OptionTable<FaultRule> = {
  service: {
    kind: "choice",
    choices: ["kinesis", "dynamodb"],
    default: undefined,
    doc: "Only requests to this service.",
  },
  operation: text("Only this operation."),
  resource: text("Only this stream or table."),
  action: {
    kind: "custom",
    expected: "an object with a `kind`",
    accepts: (value) => typeof value === "object" && value !== null && "kind" in value,
    required: true,
    doc: "What happens.",
  },
  times: {
    kind: "integer",
    min: 1,
    max: Number.MAX_SAFE_INTEGER,
    default: undefined,
    doc: "Ends after so many requests.",
  },
  probability: {
    kind: "number",
    min: 0,
    max: 1,
    default: undefined,
    doc: "Meets this share of requests.",
  },
  forMs: {
    kind: "integer",
    min: 1,
    max: 365 * DAY_MS,
    default: undefined,
    doc: "Ends after so many milliseconds.",
  },
};

type ActionOf<Kind extends FaultAction["kind"]> = Extract<FaultAction, { readonly kind: Kind }>;

const kind = (name: string): OptionSpec => ({
  kind: "choice",
  choices: [name],
  default: undefined,
  doc: "Which action.",
});

const ACTIONS: { readonly [K in FaultAction["kind"]]: OptionTable<ActionOf<K>> } = {
  error: {
    kind: kind("error"),
    code: text("The service's name of the error.", true),
    message: text("Its message."),
    statusCode: {
      kind: "integer",
      min: 400,
      max: 599,
      default: undefined,
      doc: "HTTP status; 400 by default.",
    },
  },
  throttle: { kind: kind("throttle") },
  delay: {
    kind: kind("delay"),
    delayMs: {
      kind: "custom",
      expected: `an integer in 1 … ${DAY_MS}`,
      accepts: (value) =>
        Number.isSafeInteger(value) && Number(value) >= 1 && Number(value) <= DAY_MS,
      required: true,
      doc: "How much later.",
    },
  },
  drop: { kind: kind("drop") },
  reset: { kind: kind("reset") },
  goaway: { kind: kind("goaway") },
  stall: { kind: kind("stall") },
  failEntries: {
    kind: kind("failEntries"),
    entries: {
      kind: "custom",
      expected: "a list of indices",
      accepts: (value) => Array.isArray(value) && value.every((i) => Number.isSafeInteger(i)),
      required: false,
      doc: "Which entries of the request fail; all if absent.",
    },
    code: text("Error code of those entries."),
    message: text("Error message of those entries."),
  },
};

/** @throws InvalidOptionsError naming every problem of the rule. */
export function checkFaultRule(rule: unknown): asserts rule is FaultRule {
  const { action } = compileOptions<FaultRule>("fault rule", RULE, rule);
  const table = Object.hasOwn(ACTIONS, action.kind) ? ACTIONS[action.kind] : undefined;
  if (table === undefined) {
    const choices = Object.keys(ACTIONS);
    const anyKind: OptionSpec = { kind: "choice", choices, default: undefined, doc: "" };
    compileOptions("fault action", { kind: anyKind }, { kind: action.kind });
    throw new TypeError("unreachable: the kind was refused");
  }
  compileOptions<FaultAction>("fault action", table as OptionTable<FaultAction>, action);
}
