/**
 * TransactWriteItems: every action is rehearsed against the tables, which nobody else touches
 * meanwhile; if all would succeed they are carried out.
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
 */

import { DatabaseError, type DynaliteStore } from "./dynalite-store.ts";
import type { Item } from "./dynalite-types.ts";
import { tableNameOf } from "./table-name.ts";

type Request = Record<string, unknown>;

interface Step {
  readonly operation: "PutItem" | "UpdateItem" | "DeleteItem";
  readonly request: Request;
  /** A ConditionCheck is a deletion that is only rehearsed. */
  readonly checkOnly: boolean;
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html */
const MAX_ACTIONS = 100;
const OPERATION_OF = {
  Put: "PutItem",
  Update: "UpdateItem",
  Delete: "DeleteItem",
  ConditionCheck: "DeleteItem",
} as const;

/** The tables to hold, for the gate. */
export function transactionTables(input: Request): string[] {
  return [...new Set(steps(input).map(({ request }) => tableNameOf(request)))].sort();
}

export async function transactWrite(store: DynaliteStore, input: Request): Promise<object> {
  const all = steps(input);
  const reasons: object[] = [];
  let failed = false;
  for (const step of all) {
    const reason = await rehearse(store, step);
    failed ||= reason !== undefined;
    reasons.push(reason ?? { Code: "None" });
  }
  if (failed) throw cancelled(reasons);
  for (const { operation, request, checkOnly } of all) {
    if (!checkOnly) await store.execute(operation, request);
  }
  return {};
}

/** Why the action would fail; undefined if it would not. */
async function rehearse(store: DynaliteStore, step: Step): Promise<object | undefined> {
  let seen: Item | undefined;
  const through = store.rehearsing((item) => {
    seen = item;
  });
  try {
    await store.execute(step.operation, step.request, {}, through);
    return undefined;
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    const code = String(error.body["__type"]).split("#").pop() ?? "";
    if (code !== "ConditionalCheckFailedException") throw error;
    const wanted = step.request["ReturnValuesOnConditionCheckFailure"] === "ALL_OLD";
    return {
      Code: "ConditionalCheckFailed",
      Message: error.message,
      ...(wanted && seen !== undefined && { Item: seen }),
    };
  }
}

function steps(input: Request): Step[] {
  const items = input["TransactItems"];
  if (!Array.isArray(items) || items.length < 1 || items.length > MAX_ACTIONS) {
    throw DatabaseError.validation(
      `1 validation error detected: Value at 'transactItems' failed to satisfy constraint: Member must have length between 1 and ${MAX_ACTIONS}`,
    );
  }
  return items.map((item: Record<string, Request>) => {
    const kinds = Object.keys(item ?? {}) as (keyof typeof OPERATION_OF)[];
    const [kind] = kinds;
    const request = kind === undefined ? undefined : item[kind];
    if (kinds.length !== 1 || kind === undefined || OPERATION_OF[kind] === undefined || !request) {
      throw DatabaseError.validation(
        "TransactItems can only contain one of Check, Put, Update or Delete",
      );
    }
    return { operation: OPERATION_OF[kind], request, checkOnly: kind === "ConditionCheck" };
  });
}

function cancelled(reasons: readonly object[]): DatabaseError {
  const codes = reasons.map((reason) => ("Code" in reason ? reason.Code : "None")).join(", ");
  return new DatabaseError(400, {
    __type: "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
    message: `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`,
    CancellationReasons: reasons,
  });
}
