/** Resource policies: which accounts may do what with a stream or consumer of another account. */

import { utf8ByteLength } from "@shardline/model";

interface Statement {
  readonly Effect?: unknown;
  readonly Principal?: unknown;
  readonly Action?: unknown;
}

/** Does the policy (JSON text) allow the action to the account, and nothing in it deny it? */
export function permits(policy: string | undefined, accountId: string, action: string): boolean {
  if (policy === undefined) return false;
  const matching = statementsOf(policy).filter(
    (statement) => names(statement.Principal, accountId) && covers(statement.Action, action),
  );
  return (
    matching.some((statement) => statement.Effect === "Allow") &&
    !matching.some((statement) => statement.Effect === "Deny")
  );
}

/** The statements of a policy; none if it is not one. */
function statementsOf(policy: string): readonly Statement[] {
  try {
    const parsed = JSON.parse(policy) as { readonly Statement?: unknown } | null;
    return listOf(parsed?.Statement).filter(
      (item): item is Statement => typeof item === "object" && item !== null,
    );
  } catch {
    return [];
  }
}

function names(principal: unknown, accountId: string): boolean {
  if (principal === "*") return true;
  if (typeof principal !== "object" || principal === null) return false;
  const accounts = listOf((principal as { readonly AWS?: unknown }).AWS);
  return accounts.some(
    (name) =>
      typeof name === "string" &&
      (name === "*" || name === accountId || name.startsWith(`arn:aws:iam::${accountId}:`)),
  );
}

function covers(actions: unknown, action: string): boolean {
  return listOf(actions).some((pattern) => {
    if (typeof pattern !== "string") return false;
    const escaped = pattern
      .replaceAll(/[.+^${}()|[\]\\]/g, "\\$&")
      .replaceAll("*", ".*")
      .replaceAll("?", ".");
    return new RegExp(`^${escaped}$`, "i").test(`kinesis:${action}`);
  });
}

function listOf(value: unknown): readonly unknown[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}

/** https://docs.aws.amazon.com/streams/latest/dev/resource-based-policy-examples.html */
const MAX_POLICY_BYTES = 20 * 1024;

/** What is wrong with a policy, or undefined. */
export function policyProblem(policy: string): string | undefined {
  if (utf8ByteLength(policy) > MAX_POLICY_BYTES)
    return `it is larger than ${MAX_POLICY_BYTES} bytes`;
  const statements = statementsOf(policy);
  if (statements.length === 0) return "it is not JSON with at least one Statement";
  for (const { Effect, Principal, Action } of statements) {
    if (Effect !== "Allow" && Effect !== "Deny")
      return "the Effect of a statement must be Allow or Deny";
    if (Principal === undefined) return "a statement has no Principal";
    if (Action === undefined) return "a statement has no Action";
  }
  return undefined;
}
