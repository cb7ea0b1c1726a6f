/** Resource policies: which accounts may do what with a stream or consumer of another account. */

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
export function statementsOf(policy: string): readonly Statement[] {
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
